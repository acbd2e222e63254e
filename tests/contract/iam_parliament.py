#!/usr/bin/env python3
"""The shipped policies against parliament, which knows IAM's actions, resources and condition keys.

    iam_parliament.py POLICY.json...

Prints each finding and exits 1 when there is one. Two things are not findings: an action that is
younger than parliament's data (listed below; it must really be unknown there), and a statement that
has only some of the resources that its action needs while another statement has the others, since
that is how conditions are set for each of them.
"""

import json
import sys
from pathlib import Path

import parliament

# Actions younger than parliament's data, each with where it is documented.
NEWER = {
    "ec2:GetImageAncestry": "EC2 API Reference, GetImageAncestry (image*)",
    "ec2:DescribeImageReferences": "EC2 API Reference, DescribeImageReferences (no resource)",
}


def listed(value):
    return [value] if isinstance(value, str) else value


def covered(policy, mismatch):
    """Another statement of the policy has the kind of resource that parliament misses here."""
    kind = mismatch["required_format"].split(":", 5)[5].split("/")[0]
    return any(
        mismatch["action"] in listed(statement["Action"])
        and any(one.split(":", 5)[5].split("/")[0] == kind for one in listed(statement["Resource"]))
        for statement in policy["Statement"]
    )


def newer_out(policy):
    """The policy without the actions that parliament cannot know yet, and those actions."""
    found = set()
    for statement in policy["Statement"]:
        actions = listed(statement["Action"])
        found.update(action for action in actions if action in NEWER)
        statement["Action"] = [action for action in actions if action not in NEWER]
    policy["Statement"] = [one for one in policy["Statement"] if one["Action"]]
    return found


def known(action):
    try:
        return parliament.expand_action(action) != []
    except parliament.UnknownActionException:
        return False


def main():
    wrong, newer, statements = 0, set(), 0
    for path in sys.argv[1:]:
        policy = json.loads(Path(path).read_text())
        statements += len(policy["Statement"])
        newer |= newer_out(policy)
        if not policy["Statement"]:
            continue
        for finding in parliament.analyze_policy_string(json.dumps(policy)).findings:
            if finding.issue == "RESOURCE_MISMATCH" and all(covered(policy, one) for one in finding.detail):
                continue
            wrong += 1
            print(f"{path}: {finding.issue}: {finding.detail} {finding.location}")
    for action in sorted(NEWER):
        if action not in newer or known(action):
            wrong += 1
            print(f"{action} is on the list of newer actions for nothing: take it off")
    print(f"parliament: {len(sys.argv) - 1} policies, {statements} statements, {wrong} findings")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
