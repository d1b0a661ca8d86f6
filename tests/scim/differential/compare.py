"""Sends random PATCHes to a strict provider and compares the results with two oracles.

    compare.py URL TOKEN NODE_MODULES [--seed N] [--operations N] [--sample FILE]

The strict oracle is scim2-models; every difference from it must have one of the reasons in reasons.py, and so must every
difference from scim-patch. `--sample` writes the cases without a difference for the test `scim recorded`.
"""

import argparse
import copy
import http.client
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import generate
import reasons
from oracle import Oracle

HERE = Path(__file__).parent
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Provider:
    def __init__(self, url, token):
        parts = urlsplit(url)
        self.base, self.connection = parts.path, http.client.HTTPConnection(parts.netloc)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}

    def send(self, method, path, body=None):
        data = None if body is None else json.dumps(body)
        self.connection.request(method, self.base + path, data, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    def user(self):
        """Creates the user that all cases change."""
        status, body = self.send("POST", "/Users", {"schemas": [generate.CORE], "userName": "ada", "active": True})
        assert status == 201, body
        return "/Users/" + body["id"]


def canonical(value):
    """Returns the value without null and empty members, with lists in a fixed order (RFC 7643 §2.4 and §2.5)."""
    if isinstance(value, dict):
        members = {key: canonical(item) for key, item in value.items()}
        return {key: item for key, item in sorted(members.items()) if item not in (None, {}, [])}
    if isinstance(value, list):
        items = [canonical(item) for item in value]
        return sorted((item for item in items if item not in (None, {}, [])), key=json.dumps)
    return value


def attributes(resource):
    if not isinstance(resource, dict):
        return resource
    hidden = {"schemas", "meta", "id", "groups"}
    return canonical({key: value for key, value in resource.items() if key not in hidden})


def by_provider(provider, target, user, operations):
    """Returns the resource before the PATCH, and the result of the PATCH."""
    status, before = provider.send("PUT", target, user)
    assert status == 200, (status, before, user)
    status, body = provider.send("PATCH", target, {"schemas": [PATCH], "Operations": operations})
    assert status in (200, 400), (status, body, operations)
    result = {"resource": attributes(body)} if status == 200 else {"error": body.get("scimType")}
    return {key: value for key, value in before.items() if key not in ("meta", "id", "groups")}, result


def by_scim_patch(modules, cases):
    """Returns the results of scim-patch."""
    lines = "".join(json.dumps({"before": before, "operations": ops}) + "\n" for before, ops, _ in cases)
    # Modules are found from the folder of the program.
    program = Path(modules) / "userbook-oracle.mjs"
    program.write_text((HERE / "oracle.mjs").read_text())
    output = subprocess.run(["node", program], input=lines, capture_output=True, text=True, check=True).stdout
    results = [json.loads(line) for line in output.splitlines()]
    assert len(results) == len(cases), (len(results), len(cases))
    return [{"resource": attributes(it["resource"])} if "resource" in it else it for it in results]


def report(name, found, unexplained, compared):
    print(f"{name}: {compared} PATCHes, {compared - sum(found.values()) - len(unexplained)} equal")
    for reason, count in sorted(found.items()):
        print(f"  {count:6} {reason}")
    for before, operations, ours, theirs in unexplained[: int(os.environ.get("SHOWN", "10"))]:
        print(f"  UNEXPLAINED {json.dumps(operations, ensure_ascii=False)}")
        print(f"    before {json.dumps(before, ensure_ascii=False)}")
        print(f"    ours   {json.dumps(ours, ensure_ascii=False)}")
        print(f"    theirs {json.dumps(theirs, ensure_ascii=False)}")
    if unexplained:
        print(f"{name}: {len(unexplained)} differences without a reason", file=sys.stderr)


def compared(name, cases, theirs, explain, *others):
    """Compares all cases, and returns the positions without a difference and whether all differences have reasons."""
    found, unexplained, equal = Counter(), [], []
    for position, ((before, operations, ours), their, *other) in enumerate(zip(cases, theirs, *others)):
        if ours == their:
            equal.append(position)
            continue
        reason = explain(before, operations, ours, their, *other)
        if reason is None:
            unexplained.append((before, operations, ours, their))
        else:
            found[reason] += 1
    report(name, found, unexplained, len(cases))
    return equal, not unexplained


def strict(oracle, before, operations):
    result = oracle.apply(copy.deepcopy(before), copy.deepcopy(operations))
    return {"resource": attributes(result["resource"])} if "resource" in result else result


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("url")
    arguments.add_argument("token")
    arguments.add_argument("modules")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--operations", type=int, default=10_000)
    arguments.add_argument("--sample")
    options = arguments.parse_args()
    provider = Provider(options.url, options.token)
    target = provider.user()
    cases = []
    for user, operations in generate.cases(options.seed, options.operations):
        before, ours = by_provider(provider, target, user, operations)
        cases.append((before, operations, ours))
    oracle = Oracle([provider.send("GET", f"/Schemas/{urn}")[1] for urn in (generate.CORE, generate.ENTERPRISE)])
    theirs = [strict(oracle, before, operations) for before, operations, _ in cases]
    equal, is_explained = compared("scim2-models", cases, theirs, reasons.strict)
    loose = by_scim_patch(options.modules, cases)
    _, is_explained_too = compared("scim-patch", cases, loose, reasons.scim_patch, theirs)
    if options.sample:
        lines = [{"before": cases[at][0], "operations": cases[at][1], "after": theirs[at]} for at in equal]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        Path(options.sample).write_text(text)
    sys.exit(0 if is_explained and is_explained_too else 1)


main()
