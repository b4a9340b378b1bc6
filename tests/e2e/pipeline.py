#!/usr/bin/env python3
"""Looks into the pipelines of examples/review.

pipeline.py check FILE...                is it YAML, without mappings that name a key twice
pipeline.py scripts FILE...              what a shell gets to run
pipeline.py commands FILE...             every kadende command line, one a line
pipeline.py step FILE JOB STEP           the shell text of a GitHub step (by name)
pipeline.py script FILE JOB              the script of a GitLab job
pipeline.py atlantis FILE WORKFLOW STAGE the run steps of an Atlantis workflow
"""
import re
import sys

import yaml


class Strict(yaml.SafeLoader):
    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep) for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise ValueError(f"line {node.start_mark.line + 1}: a key is there twice: {keys}")
        return super().construct_mapping(node, deep)


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Strict)


# What a runner gives to a shell: whatever is below `run` or `script`.
def scripts(tree, inside=False):
    if isinstance(tree, str):
        if inside:
            yield tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from scripts(value, inside or key in ("run", "script"))
    elif isinstance(tree, list):
        for value in tree:
            yield from scripts(value, inside)


def commands(tree):
    for text in scripts(tree):
        for line in text.splitlines():
            for found in re.finditer(r"(?:^|[;&|({]\s*)\s*(kadende [a-z][^;|&>]*)", line):
                yield found.group(1).strip()


def main():
    what, paths = sys.argv[1], sys.argv[2:]
    if what == "check":
        for path in paths:
            load(path)
    elif what == "commands":
        for path in paths:
            for command in commands(load(path)):
                print(command)
    elif what == "scripts":
        for path in paths:
            print("\n".join(scripts(load(path))))
    elif what == "step":
        steps = load(paths[0])["jobs"][paths[1]]["steps"]
        print(next(step["run"] for step in steps if step.get("name") == paths[2]))
    elif what == "script":
        print("\n".join(load(paths[0])[paths[1]]["script"]))
    elif what == "atlantis":
        steps = load(paths[0])["workflows"][paths[1]][paths[2]]["steps"]
        print("\n".join(step["run"] for step in steps if "run" in step))


main()
