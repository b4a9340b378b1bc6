#!/usr/bin/env python3
"""Reads streams of --json as a program would that knows cli/view/README.md and nothing else.

Usage: check_stream.py README NAME=FILE...   NAME: the command, for messages. `events` has no first line `version`.
"""
import json
import re
import sys


def table(text, header):
    """word of the first column -> words of the rest of the row"""
    rows = {}
    lines = text[text.index("\n" + header + "\n") + 1:].splitlines()
    for line in lines:
        if not line.startswith("|"):
            break
        first, rest = re.match(r"\|([^|]*)\|(.*)", line).groups()
        for word in re.findall(r"`([^`]+)`", first):
            rows[word] = set(re.findall(r"`([^`]+)`", rest))
    return rows


def check(name, path, types, kinds):
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    if lines.pop() != "":
        yield "the last line has no end"
    for number, line in enumerate(lines, 1):
        item = json.loads(line)
        kind = item.pop("type", None)
        if kind not in types:
            yield f"{number}: type {kind} is not documented"
            continue
        could_not_begin = kind == "error" and len(lines) == 1
        if number == 1 and name != "events" and kind != "version" and not could_not_begin:
            yield f"the first line is {kind}"
        for key in set(item) - types[kind]:
            yield f"{number}: {kind} has a field {key} that is not documented"
        if kind == "event":
            if item["kind"] not in kinds:
                yield f"{number}: kind {item['kind']} is not documented"
            if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", item["time"]):
                yield f"{number}: time {item['time']}"
            if "slot" in item and "group" not in item:
                yield f"{number}: a slot without a group"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    types, kinds = table(text, "| type | fields |"), table(text, "| kind | about | when |")
    found = []
    for argument in sys.argv[2:]:
        name, path = argument.split("=", 1)
        found += [f"{name}: {offence}" for offence in check(name, path, types, kinds)]
    print("\n".join(found))
    sys.exit(1 if found else 0)


main()
