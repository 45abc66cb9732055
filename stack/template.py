"""Writes `.chalice/`: the merge template, the configuration, and one policy per function.

`python -m stack.template` after a change in this package; a test fails when it
was forgotten.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stack import console, dashboard, functions, gateway, permissions, storage, watching
from stack.storage import named, sub

HOME = Path(__file__).parent.parent / ".chalice"

STAGE_PATTERN = "[a-z0-9][a-z0-9-]{0,19}"
# CloudFormation wants letters and digits in a parameter's name: OCPI_PAGE_LIMIT is OcpiPageLimit.
SETTINGS: dict[str, dict[str, Any]] = {
    "OCPI_PARTIES": {
        "Description": "JSON list of hosted parties: role, country_code, party_id, business_details"
    },
    "OCPI_VERSIONS": {"Default": "2.1.1,2.2.1,2.3.0", "Description": "OCPI versions offered"},
    "OCPI_BASE_URL": {
        "Default": "",
        "Description": "Public base URL without trailing slash; empty: the URL of the API itself",
    },
    "OCPI_PAGE_LIMIT": {"Default": "100", "Description": "Largest page, in objects"},
    "OCPI_RETRY_SCHEDULE": {
        "Default": "",
        "Description": "Seconds between delivery attempts; empty: built in",
    },
    "OCPI_ALLOW_PRIVATE_URLS": {
        "Default": "0",
        "AllowedValues": ["0", "1"],
        "Description": "1 lets partners use http and private addresses; for rehearsals only",
    },
    "OCPI_BACKEND_FUNCTION": {
        "Default": "",
        "Description": "Name of your Lambda function that decides; empty: stored data decides",
    },
    "OCPI_BACKEND_URL": {
        "Default": "",
        "Description": "https URL that every event is posted to, signed; empty: the event bus alone",
    },
    "OCPI_RETENTION_DAYS": {
        "Default": "",
        "Description": "module=days until objects are forgotten (sessions=400,cdrs=800); empty: never",
    },
    "OCPI_COMMAND_TIMEOUT": {"Default": "30", "Description": "Seconds a command waits for its result"},
    "OCPI_PULL_INTERVAL": {
        "Default": "21600",
        "Description": "Seconds between pulls from each partner; 0: never",
    },
    "OCPI_BACKEND_DECIDES": {
        "Default": "0",
        "AllowedValues": ["0", "1"],
        "Description": "1: the URL in OCPI_BACKEND_URL is asked for decisions, too",
    },
    "OCPI_HUB_POLICY": {
        "Default": "open",
        "AllowedValues": ["open", "closed"],
        "Description": "Of a hub: everybody roams with everybody, or only by agreement",
    },
    "OCPI_HUB_ALIVE_SECONDS": {
        "Default": "300",
        "Description": "Of a hub: seconds of silence until a partner is asked for its versions; 0: never",
    },
    "OCPI_CDR_GATE": {
        "Default": "warn",
        "AllowedValues": ["warn", "hold", "off"],
        "Description": "What becomes of an own CDR whose amounts its Tariff does not explain",
    },
    "OCPI_MESSAGES": {
        "Default": "refused",
        "AllowedValues": ["refused", "all", "none"],
        "Description": "Which requests and answers are kept",
    },
    "OCPI_MESSAGE_DAYS": {"Default": "14", "Description": "Days that messages are kept; 0: none is"},
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
            "AllowedPattern": STAGE_PATTERN,
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
    parameters["AlarmEmail"] = {
        "Type": "String",
        "Default": "",
        "Description": "Where alarms are mailed to; empty: nowhere, subscribe to the topic yourself",
    }
    parameters["MonthlyBudget"] = {
        "Type": "String",
        "Default": "",
        "AllowedPattern": "([1-9][0-9]{0,6})?",
        "Description": "USD a month: at 80 % of it, and when more is forecast, the account's owner is mailed",
    }
    parameters["TestEvents"] = {
        "Type": "String",
        "Default": "off",
        "AllowedValues": ["on", "off"],
        "Description": "on: test events for the operator function; needs the registry that deploy.sh makes",
    }
    variables: dict[str, Any] = {"OCPI_STAGE": {"Ref": "Stage"}}
    variables |= {name: {"Ref": parameter(name)} for name in SETTINGS}
    return {
        "Parameters": parameters,
        "Conditions": {
            "ProtectTables": {"Fn::Equals": [{"Ref": "TableProtection"}, "on"]},
            "HasBackend": {"Fn::Not": [{"Fn::Equals": [{"Ref": "OcpiBackendFunction"}, ""]}]},
            "HasBackendUrl": {"Fn::Not": [{"Fn::Equals": [{"Ref": "OcpiBackendUrl"}, ""]}]},
            "HasAlarmEmail": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmEmail"}, ""]}]},
            "HasBudget": {"Fn::Not": [{"Fn::Equals": [{"Ref": "MonthlyBudget"}, ""]}]},
            "HasTestEvents": {"Fn::Equals": [{"Ref": "TestEvents"}, "on"]},
            "HasBaseUrl": {"Fn::Not": [{"Fn::Equals": [{"Ref": "OcpiBaseUrl"}, ""]}]},
        },
        "Globals": {"Function": {"Environment": {"Variables": variables}}},
        "Resources": {
            name: resource
            for room in (storage, functions, gateway, watching, console, dashboard)
            for name, resource in room.resources().items()
        },
        "Outputs": {
            "VersionsUrl": {
                "Description": "What a partner is given, with a token from the operator action invite",
                "Value": sub("${BaseUrl.Value}/ocpi/versions"),
            },
            "OperatorFunction": {
                "Description": "The one door for operators: Lambda console, Test tab",
                "Value": named("operator"),
            },
            "ConsoleUrl": {
                "Description": "The operator's page; IAM asks for a signature: manage.py console",
                "Value": {"Fn::GetAtt": ["OperatorUrl", "FunctionUrl"]},
            },
            "DashboardUrl": {
                "Description": "The operator's screen",
                "Value": sub(
                    "https://${AWS::Region}.console.aws.amazon.com/cloudwatch/home"
                    "?region=${AWS::Region}#dashboards/dashboard/ocpi-${Stage}"
                ),
            },
            "AlarmTopicArn": {"Description": "Where alarms go", "Value": {"Ref": "AlarmTopic"}},
            "EventBus": {"Description": "What your back end hears", "Value": {"Ref": "Bus"}},
        },
    }


def configuration() -> dict[str, Any]:
    """`config.json` of Chalice: sizes, roles and log retention by function."""
    return {
        "version": "2.0",
        "app_name": "ocpi",
        "autogen_policy": False,
        "manage_iam_role": True,
        "api_gateway_stage": gateway.API_STAGE,
        "api_gateway_endpoint_type": "REGIONAL",
        "minimum_compression_size": 1024,
        "lambda_architecture": "arm64",
        "stages": {
            "dev": {
                "lambda_functions": {
                    each.name: {
                        "lambda_memory_size": each.memory,
                        "lambda_timeout": each.timeout,
                        "log_retention_in_days": functions.LOG_DAYS,
                        "iam_policy_file": each.policy_file,
                    }
                    for each in functions.FUNCTIONS
                }
            }
        },
    }


def files() -> dict[str, str]:
    """What belongs into `.chalice/`, by file name."""
    content: dict[str, Any] = {"resources.json": merge_template(), "config.json": configuration()}
    content["account.json"] = gateway.account()
    content |= permissions.policies()
    return {name: json.dumps(each, indent=1, ensure_ascii=False) + "\n" for name, each in content.items()}


def write(home: Path = HOME) -> None:
    """Write the files that `chalice package` reads."""
    home.mkdir(exist_ok=True)
    for name, content in files().items():
        (home / name).write_text(content)


if __name__ == "__main__":
    write()
