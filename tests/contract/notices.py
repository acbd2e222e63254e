"""Holds every sample notice, as JSON, to docs/notice.schema.json, and its envelope to CloudEvents' own SDK.

    notices.py NOTICES_EXAMPLE

NOTICES_EXAMPLE is the built `examples/notices`. A schema that lets everything through proves nothing, so each of its
required fields is taken away in turn and must be missed. Prints `N checks passed`; at the first failed check it exits 1.
"""

import copy
import json
import pathlib
import subprocess
import sys

from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from jsonschema import Draft202012Validator, FormatChecker

HERE = pathlib.Path(__file__).resolve().parent
passed = 0


def check(what, held, seen=None):
    global passed
    if not held:
        print(f"FAILED: {what}: {seen!r}")
        sys.exit(1)
    passed += 1


def main():
    schema = json.loads((HERE.parents[1] / "docs" / "notice.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    ran = subprocess.run([sys.argv[1]], capture_output=True, text=True, timeout=60, check=True)
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    check("there are samples", len(events) >= 30, len(events))
    for event in events:
        kind = event["type"]
        faults = [f"{list(fault.absolute_path)}: {fault.message}" for fault in validator.iter_errors(event)]
        check(f"{kind} keeps the schema", not faults, faults)
        body = json.dumps(event).encode()
        read = from_http_event(HTTPMessage({"content-type": "application/cloudevents+json"}, body))
        check(f"{kind} is a CloudEvent", read.get_type() == kind and read.get_id() == event["id"], read)
    told = {event["data"]["event"] for event in events}
    known = set(schema["$defs"]["notice"]["properties"]["event"]["enum"])
    check("every event of the schema is told, and no other", told == known, told ^ known)
    for within, required in ((None, schema["required"]), ("data", schema["$defs"]["notice"]["required"])):
        for name in required:
            torn = copy.deepcopy(events[0])
            del (torn[within] if within else torn)[name]
            check(f"without {name} it is missed", not validator.is_valid(torn))
    print(f"notices: {passed} checks passed, {len(events)} samples of {len(told)} events")


main()
