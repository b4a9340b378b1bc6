#!/usr/bin/env python3
"""replay.py VECTOR: a plugin that says what a vector says, if it hears what the vector says (providers/plugin/vectors)."""
import json
import sys

for line in open(sys.argv[1]):
    side, text = line[0], line[2:].rstrip("\n")
    if side == "<":
        print(text.replace("\\r", "\r"), flush=True)
    elif side == ">":
        heard, wanted = json.loads(sys.stdin.readline() or "null"), json.loads(text)
        for message in (heard, wanted):
            if message and message.get("method") == "initialize":
                message["params"]["directory"] = ""
        if heard != wanted:
            sys.exit(f"heard {heard}, and not {wanted}")
sys.stdin.read()  # until the host is done
