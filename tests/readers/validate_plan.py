#!/usr/bin/env python3
"""Holds plans against plan.schema.json, and against what the published page says in words and no schema can.

Usage: validate_plan.py SCHEMA PLAN...   Exit 1 with one line per offence; 77 where python3-jsonschema is missing.
"""
import json
import sys

try:
    import jsonschema
except ImportError:
    print("SKIPPED: python3-jsonschema is not installed")
    sys.exit(77)


def offences(plan):
    """Rules of the page that tie its sections together."""
    changes = plan["resource_changes"]
    planned = {r["address"]: r["values"] for r in plan["planned_values"]["root_module"]["resources"]}
    prior = {r["address"]: r["values"] for r in plan["prior_state"]["values"]["root_module"]["resources"]}
    seen = set()
    for item in changes:
        address, change = item["address"], item["change"]
        key = (address, item.get("deposed"))
        if key in seen:
            yield f"{key}: address and deposed are not unique"
        seen.add(key)
        index = item.get("index")
        wanted = f'{item["type"]}.{item["name"]}[{json.dumps(index, ensure_ascii=False)}]'
        if address != wanted:
            yield f"{address}: not type, name and index ({wanted})"
        if change["actions"] == ["no-op"] and change["before"] != change["after"]:
            yield f"{address}: no-op with a difference"
        known = set(change["after"] or {})
        unknown = change["after_unknown"] if isinstance(change["after_unknown"], dict) else {}
        if known & set(unknown):
            yield f"{address}: both known and unknown: {known & set(unknown)}"
        if "deposed" in item:
            continue
        if change["after"] != planned.get(address):
            yield f"{address}: after is not what planned_values say"
        if "importing" not in change and change["before"] != prior.get(address):
            yield f"{address}: before is not what prior_state says"
    complete = plan["kadende"]["prior"] == "state" and plan["complete"]
    listed = {item["address"] for item in changes}
    for address in (set(planned) | set(prior)) - listed if complete else ():
        yield f"{address}: has values, but no change"
    if complete and len([c for c in changes if c["change"]["actions"] == ["no-op"] and "importing" not in c["change"]]) \
            != plan["kadende"]["counts"]["unchanged"]:
        yield "the number of no-ops is not the count of unchanged nodes"
    counts = plan["kadende"]["counts"]
    for action, count in (("create", counts["create"] + counts["replace"]),
                          ("delete", counts["destroy"] + counts["replace"])):
        found = len([c for c in changes if action in c["change"]["actions"]])
        if found != count:
            yield f"{found} changes with {action}, {count} counted"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft201909Validator.check_schema(schema)
    validator = jsonschema.Draft201909Validator(schema)
    failed = False
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as file:
            plan = json.load(file)
        found = ["/".join(map(str, e.absolute_path)) + ": " + e.message[:300] for e in validator.iter_errors(plan)]
        found += offences(plan) if not found else []
        for offence in found:
            print(f"{name}: {offence}")
        failed = failed or bool(found)
    sys.exit(1 if failed else 0)


main()
