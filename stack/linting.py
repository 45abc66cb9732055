"""What is wrong with a packaged template: lint of it and of its expansion, logical ids that moved.

Each finds what the other misses: the expansion shows IAM actions that do not
exist, the template shows references that the expansion hides.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

BASELINE = Path(__file__).parent / "logical-ids.json"
REGION = "eu-central-1"
# Replacing one of these loses data or a partner's URL, so neither their ids change nor their names and keys.
LASTING = ("AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::KMS::Alias", "AWS::ApiGateway::RestApi")

# Rules that do not apply, each with its reason.
IGNORED: dict[str, str] = {}


def problems(path: Path) -> list[str]:
    """Every finding as a line; empty when all is well. Writes `expanded.json` beside the template."""
    expanded = expand(json.loads(path.read_text()))
    beside = path.parent / "expanded.json"
    beside.write_text(json.dumps(expanded, indent=1, sort_keys=True) + "\n")
    return [*lint(path), *lint(beside), *moved(logical_ids(expanded), json.loads(BASELINE.read_text()))]


def expand(document: dict[str, Any]) -> dict[str, Any]:
    """The plain CloudFormation that AWS makes of a SAM template."""
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    document = json.loads(json.dumps(document))
    for resource in document["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = {"Bucket": "bucket", "Key": "key"}
    found: dict[str, Any] = Translator(managed_policy_map={}, sam_parser=Parser()).translate(
        sam_template=document, parameter_values={}
    )
    return found


def lint(path: Path) -> list[str]:
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", REGION]
    command += ["--format", "parseable", "-t", str(path)]
    for rule in IGNORED:
        command += ["--ignore-checks", rule]
    done = subprocess.run(command, capture_output=True, text=True)
    return [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]


def logical_ids(expanded: dict[str, Any]) -> dict[str, str]:
    """What each resource is whose replacement would lose something, by logical id: type, name and keys."""
    return {
        name: " ".join(
            [
                resource["Type"],
                *(
                    resource["Properties"][each]["Fn::Sub"]
                    for each in ("TableName", "AliasName")
                    if each in resource["Properties"]
                ),
                *(each["AttributeName"] for each in resource["Properties"].get("KeySchema", [])),
            ]
        )
        for name, resource in sorted(expanded["Resources"].items())
        if resource["Type"] in LASTING
    }


def moved(found: dict[str, str], baseline: dict[str, str]) -> list[str]:
    """Resources that an update of an existing stack would delete or replace."""
    return [
        f"{name}: {before} of the baseline is gone or changed; an update would replace it"
        for name, before in baseline.items()
        if found.get(name) != before
    ]
