#!/usr/bin/env python3
"""zoo.py HABIT [MARK]: a provider of files that is right except for its one bad habit."""
import json
import os
import signal
import subprocess
import sys
import time

HABIT = sys.argv[1] if len(sys.argv) > 1 else "none"
MANIFEST = {"name": "zoo", "version": "1", "listing": "authoritative", "idempotentTokens": True, "abilities": ["retag"],
            "scopeProperties": ["folder"], "mutableProperties": ["note"], "environment": ["ZOO_WANTED", "KADENDE_STATE_KEY"],
            "schema": {"type": "object", "required": ["folder"],
                       "properties": {"folder": {"type": "string"}, "note": {"type": "string"}},
                       "examples": [{"folder": "zoo"}, {"folder": "zoo", "note": "x"}]}}


def say(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def path(folder, id):
    return f"{folder}/{id.replace('/', '_')}"


def read(folder, id):
    try:
        with open(path(folder, id)) as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def write(folder, instance):
    with open(path(folder, instance["id"]) + "#", "w") as file:
        json.dump(instance, file)
    os.replace(path(folder, instance["id"]) + "#", path(folder, instance["id"]))


def instance_of(params, id):
    return {"id": id, "name": params["name"], "tags": params["tags"], "labels": params["labels"], "status": "running",
            "createdAt": "2026-11-22T08:03:46Z"}


def create(params):
    folder = params["properties"]["folder"]
    os.makedirs(folder, exist_ok=True)
    id = params["token"]
    if HABIT == "doubles":
        id += str(time.monotonic_ns())
    if HABIT == "one-instance":
        id = "the-only-one"
    if HABIT == "crash-first" and crash_once():
        os._exit(3)
    instance = read(folder, id) or instance_of(params, id)
    if HABIT == "loses-labels":
        instance["labels"] = {}
    if HABIT == "loses-tags":
        instance["tags"] = {"kadende/lineage": params["tags"]["kadende/lineage"]}
    if HABIT != "liar":
        write(folder, instance)
    if HABIT == "crash-after" and crash_once():
        print("Traceback: the cloud's answer\x1b[31m was odd", file=sys.stderr, flush=True)
        os._exit(3)
    return {"scope": os.path.realpath(folder), "instance": instance}


def crash_once():
    if os.path.exists("crashed"):
        return False
    open("crashed", "w").close()
    return True


def all_of(folder):
    return [read(folder, id) for id in sorted(os.listdir(folder)) if "#" not in id] if os.path.isdir(folder) else []


def list_(params):
    folder = params["scope"]["folder"]
    found = [one for one in all_of(folder) if params["tags"].items() <= one["tags"].items()]
    if HABIT == "half-listing":
        found = found[: len(found) // 2]
    return {"scope": "" if not os.path.isdir(folder) else os.path.realpath(folder), "instances": found}


def describe(params):
    folder = params["scope"]["folder"]
    found = [read(folder, id) for id in set(params["ids"])]
    scope = os.path.realpath(folder) + ("/described" if HABIT == "two-scopes" else "")
    return {"scope": scope, "instances": [one for one in found if one]}


def update(params):
    folder = params["properties"]["folder"]
    instance = read(folder, params["id"])
    if not instance:
        raise LookupError
    if HABIT != "no-update":
        instance.update(tags=params["tags"], labels=params["labels"])
        write(folder, instance)
    return {"instance": {**instance, "tags": params["tags"], "labels": params["labels"]}}


def destroy(params):
    folder = params["scope"]["folder"]
    if read(folder, params["id"]) is None and HABIT == "destroy-once":
        raise LookupError
    if HABIT != "immortal" and read(folder, params["id"]):
        os.remove(path(folder, params["id"]))
    return {}


CALLS = {"list": list_, "describe": describe, "create": create, "update": update, "destroy": destroy}


def misbehave(call):
    """True: the habit was all there is to this call."""
    if HABIT == "hang" or (HABIT == "hang-at-create" and call["method"] == "create"):
        time.sleep(1000)
    elif HABIT == "slow":
        time.sleep(0.3)
    elif HABIT == "garbage":
        print("Hello from the plugin!", flush=True)
    elif HABIT == "huge":
        sys.stdout.write("x" * 3_000_000)
        sys.stdout.flush()
    elif HABIT == "unknown-id":
        say({"id": 4711, "result": {}})
    elif HABIT in ("flood", "flood-and-crash"):
        for i in range(20000):
            print(f"line {i} " + "y" * 100, file=sys.stderr, flush=True)
        if HABIT == "flood-and-crash":
            os._exit(1)
    elif HABIT == "asks-for-ever":
        while True:
            say({"id": "mine", "method": "getSecret"})
    elif HABIT == "mute":
        os.close(1)
        time.sleep(1000)
    elif HABIT == "wrong-answer":
        say({"id": call["id"], "result": {"instances": "none"}})
        return True
    elif HABIT == "twice":
        say({"id": call["id"], "result": CALLS[call["method"]](call["params"])})
    elif HABIT == "asks":
        say({"id": "mine", "method": "getSecret"})
        answer = json.loads(sys.stdin.readline())
        assert answer["id"] == "mine" and answer["error"]["code"] == -32601, answer
    elif HABIT == "leaves-children":
        subprocess.Popen(["sleep", "1000"], start_new_session=True)  # with our pipes
        os._exit(0)
    elif HABIT == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.Popen([sys.executable, __file__, "silent-start"], start_new_session=True)
        time.sleep(1000)
    elif HABIT == "talks":
        say({"method": "log", "params": {"level": "warning", "message": "slow\x1b[0m today"}})
        say({"method": "progress", "params": {"id": call["id"], "message": "half", "fraction": 0.5}})
        say({"method": "weather", "params": {"sun": True}})
    return False


if HABIT == "ends-at-start":
    sys.exit("no credentials in ~/.zoo")
if HABIT == "silent-start":
    time.sleep(1000)
if HABIT == "deaf":
    say({"id": 1, "result": {"protocol": 1, "manifest": MANIFEST}})
    time.sleep(1000)
with open("starts", "a") as file:
    print(os.getpid(), file=file)
with open("environment", "w") as file:
    json.dump(dict(os.environ), file)
for line in sys.stdin:
    call = json.loads(line)
    if "id" not in call:
        continue
    if call["method"] == "initialize":
        say({"id": call["id"], "result": {"protocol": 9 if HABIT == "newer" else 1, "manifest": MANIFEST}})
    elif not misbehave(call):
        try:
            say({"id": call["id"], "result": CALLS[call["method"]](call["params"])})
        except LookupError:
            say({"id": call["id"], "error": {"code": -32000, "message": "none of that id", "data": {"code": "not_found"}}})
        except Exception as error:
            say({"id": call["id"], "error": {"code": -32603, "message": repr(error)}})
