"""Writes `.chalice/`: the merge template, the configuration, and one policy per function.

`python -m stack.template` after a change in this package; a test fails when it
was forgotten.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stack import functions, storage
from stack.storage import sub

HOME = Path(__file__).parent.parent / ".chalice"
API_STAGE = "api"

# CloudFormation wants letters and digits in a parameter's name: OCPI_PAGE_LIMIT is OcpiPageLimit.
SETTINGS: dict[str, dict[str, Any]] = {
    "OCPI_PARTIES": {
        "Description": "JSON list of the parties this platform hosts: role, country_code, party_id, business_details"
    },
    "OCPI_VERSIONS": {"Default": "2.1.1,2.2.1,2.3.0", "Description": "OCPI versions offered"},
    "OCPI_BASE_URL": {
        "Default": "",
        "Description": "Public base URL without trailing slash; empty: the URL of the API itself",
    },
    "OCPI_PAGE_LIMIT": {"Default": "100", "Description": "Largest page, in objects"},
    "OCPI_RETRY_SCHEDULE": {"Default": "", "Description": "Seconds between delivery attempts; empty: built in"},
    "OCPI_ALLOW_PRIVATE_URLS": {
        "Default": "0",
        "AllowedValues": ["0", "1"],
        "Description": "1 lets partners use http and private addresses; for rehearsals only",
    },
    "OCPI_BACKEND_FUNCTION": {
        "Default": "",
        "Description": "Name of your Lambda function that decides; empty: stored data decides",
    },
    "OCPI_RETENTION_DAYS": {
        "Default": "",
        "Description": "module=days after which objects are forgotten, as sessions=400,cdrs=800; empty: never",
    },
    "OCPI_COMMAND_TIMEOUT": {"Default": "30", "Description": "Seconds a command waits for its result"},
    "OCPI_PULL_INTERVAL": {"Default": "21600", "Description": "Seconds between pulls from each partner; 0: never"},
}


def parameter(setting: str) -> str:
    """The CloudFormation parameter of a setting: `OCPI_PAGE_LIMIT` is `OcpiPageLimit`."""
    return storage.camel(setting.lower())


def merge_template() -> dict[str, Any]:
    """Everything that is added to what `chalice package` makes of the code."""
    parameters: dict[str, Any] = {
        "Stage": {
            "Type": "String",
            "Default": "dev",
            "AllowedPattern": "[a-z0-9][a-z0-9-]{0,19}",
            "Description": "One of several deployments in an account; part of every name",
        }
    }
    parameters |= {parameter(name): {"Type": "String", **rest} for name, rest in SETTINGS.items()}
    parameters["TableProtection"] = {
        "Type": "String",
        "Default": "on",
        "AllowedValues": ["on", "off"],
        "Description": "on: tables refuse to be deleted",
    }
    variables: dict[str, Any] = {"OCPI_STAGE": {"Ref": "Stage"}}
    variables |= {name: {"Ref": parameter(name)} for name in SETTINGS}
    return {
        "Parameters": parameters,
        "Conditions": {"ProtectTables": {"Fn::Equals": [{"Ref": "TableProtection"}, "on"]}},
        "Globals": {"Function": {"Environment": {"Variables": variables}}},
        "Resources": {**storage.resources(), **functions.resources()},
    }


def write(home: Path = HOME) -> None:
    """Write the files that `chalice package` reads."""
    home.mkdir(exist_ok=True)
    for name, content in files().items():
        (home / name).write_text(content)


def files() -> dict[str, str]:
    return {"resources.json": _text(merge_template())}


def _text(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write()
