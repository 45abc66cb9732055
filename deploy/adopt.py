"""`python -m deploy.adopt STAGE KEY_ID`: lets a new stack begin with the tables and key that an old one left.

Writes an import for CloudFormation into build/package. An import may bring
nothing new, so its template holds only what outlives a stack; `make deploy`
adds the rest afterwards. The key has no name by which it could be found, hence
its id: without that key nobody can read the tokens that partners gave us.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from stack import template

OUT = Path(__file__).parent.parent / "build" / "package"
# How an import names a resource of each type.
IDENTIFIERS = {"AWS::DynamoDB::Table": "TableName", "AWS::KMS::Alias": "AliasName", "AWS::KMS::Key": "KeyId"}


def kept(whole: dict[str, Any]) -> dict[str, Any]:
    """The part of the template that outlives its stack."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {name: whole["Parameters"][name] for name in ("Stage", "TableProtection")},
        "Conditions": {"ProtectTables": whole["Conditions"]["ProtectTables"]},
        "Resources": {
            name: resource
            for name, resource in whole["Resources"].items()
            if resource.get("DeletionPolicy") == "Retain"
        },
    }


def imports(document: dict[str, Any], stage: str, key: str) -> list[dict[str, Any]]:
    """What `--resources-to-import` wants for each resource of `kept`."""
    found = []
    for name, resource in document["Resources"].items():
        identifier = IDENTIFIERS[resource["Type"]]
        value = resource["Properties"].get(identifier, {"Fn::Sub": key})["Fn::Sub"]
        found.append(
            {
                "ResourceType": resource["Type"],
                "LogicalResourceId": name,
                "ResourceIdentifier": {identifier: value.replace("${Stage}", stage)},
            }
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage")
    parser.add_argument("key", help="the id of the key behind alias/ocpi-<stage>")
    chosen = parser.parse_args()
    document = kept(template.merge_template())
    OUT.mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("kept.json", document),
        (f"kept-{chosen.stage}.json", imports(document, chosen.stage, chosen.key)),
    ):
        (OUT / name).write_text(json.dumps(content, separators=(",", ":")))


if __name__ == "__main__":
    main()
