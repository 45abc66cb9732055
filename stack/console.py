"""What an operator finds saved in AWS's console: log queries, and test events of the operator function."""

from __future__ import annotations

import json
from typing import Any

from stack.functions import BY_NAME
from stack.storage import sub


def resources() -> dict[str, Any]:
    """The CloudFormation resources of this room, by logical id."""
    return _queries() | {
        "OperatorTestEvents": {
            "Type": "AWS::EventSchemas::Schema",
            "Condition": "HasTestEvents",
            "Properties": {
                "RegistryName": "lambda-testevent-schemas",
                "SchemaName": sub("_ocpi-${Stage}-operator-schema"),
                "Type": "OpenApi3",
                "Content": json.dumps(_test_events(), separators=(",", ":")),
            },
        }
    }


# name -> (functions whose logs are asked, query)
QUERIES: dict[str, tuple[tuple[str, ...], str]] = {
    "One request by its X-Request-ID": (
        tuple(BY_NAME),
        'filter request_id = "put the id here" or correlation_id = "put the id here"\n| sort @timestamp asc',
    ),
    "One partner's requests": (
        ("api_handler",),
        'filter message = "request" and partner = "put the partner here"\n'
        "| fields @timestamp, method, path_template, status, ocpi_status, reason, duration_ms\n"
        "| sort @timestamp desc",
    ),
    "Refused requests": (
        ("api_handler",),
        'filter message = "request" and ocpi_status >= 2000\n'
        "| stats count(*) as refused by partner, module, ocpi_status, reason | sort refused desc",
    ),
    "Errors nobody foresaw": (
        tuple(BY_NAME),
        # Ours, and what Lambda says of a function that raised, ran too long or out of memory.
        'filter level = "ERROR" or @message like /\\[ERROR\\]|Task timed out|Runtime exited/\n'
        "| fields @timestamp, @log, message, exception, trace.0, trace.11, request_id, @message\n"
        "| sort @timestamp desc",
    ),
    "Slowest requests": (
        ("api_handler",),
        'filter message = "request" | fields @timestamp, partner, method, path_template, duration_ms\n'
        "| sort duration_ms desc | limit 50",
    ),
    "Calls that partners refused or did not answer": (
        ("push", "push_slow", "pull", "results", "operator", "api_handler"),
        'filter message = "partner call" and outcome != "ok"\n'
        "| fields @timestamp, partner, module, method, status, ocpi_status, outcome, reason, "
        "outbound_request_id | sort @timestamp desc",
    ),
    "Slow partners": (
        ("push", "push_slow", "pull", "results"),
        'filter message = "partner call"\n'
        "| stats count(*) as calls, pct(duration_ms, 50) as p50_ms, pct(duration_ms, 99) as p99_ms "
        "by partner | sort p50_ms desc",
    ),
    "Cold starts": (
        tuple(BY_NAME),
        'filter @type = "REPORT" and ispresent(@initDuration)\n'
        "| stats count(*) as starts, avg(@initDuration) as ms, max(@initDuration) as slowest by @log",
    ),
    "Refused inbox messages": (
        ("inbox",),
        'filter message = "inbox message refused" | fields @timestamp, code, reason, pointer\n'
        "| sort @timestamp desc",
    ),
    "What the operators did": (
        ("operator", "inbox"),
        'filter message = "operator action" | fields @timestamp, action, partner | sort @timestamp desc',
    ),
}


def _queries() -> dict[str, Any]:
    found = {}
    for title, (functions, query) in QUERIES.items():
        words = "".join(letter if letter.isalnum() else " " for letter in title).split()
        found["".join(word.capitalize() for word in words) + "Query"] = {
            "Type": "AWS::Logs::QueryDefinition",
            "Properties": {
                "Name": sub(f"ocpi-${{Stage}}/{title}"),
                "QueryString": query,
                "LogGroupNames": [sub(f"/aws/lambda/{BY_NAME[each].physical_name}") for each in functions],
            },
        }
    return found


# The Lambda console shows these under Test, to everyone with access to the function.
TEST_EVENTS: dict[str, dict[str, Any]] = {
    "1-status": {"action": "status"},
    "2-invite": {"action": "invite", "name": "Example Partner"},
    "3-register": {
        "action": "register",
        "versions_url": "https://partner.example.com/ocpi/versions",
        "token": "the-token-that-the-partner-gave-you",
    },
    "4-partners": {"action": "partners"},
    "5-deliveries": {"action": "deliveries", "state": "REFUSED"},
    "6-redeliver": {"action": "redeliver", "partner": "the partner's id"},
    "7-pull": {"action": "pull", "partner": "the partner's id", "full": True},
    "8-suspend": {"action": "suspend", "partner": "the partner's id"},
    "9-resume": {"action": "resume", "partner": "the partner's id"},
    "commands": {"action": "commands"},
    "help": {"action": "help"},
    "list": {"action": "list", "module": "locations", "limit": 10},
    "push": {"action": "push", "partner": "the partner's id"},
    "put": {
        "action": "put",
        "module": "tariffs",
        "object": {
            "country_code": "NL",
            "party_id": "EXA",
            "id": "EXAMPLE",
            "currency": "EUR",
            "tax_included": "NO",
            "elements": [{"price_components": [{"type": "ENERGY", "price": 0.35, "step_size": 1}]}],
            "last_updated": "2026-01-31T12:00:00Z",
        },
    },
    "update-registration": {"action": "update_registration", "partner": "the partner's id"},
}


def _test_events() -> dict[str, Any]:
    """The form in which the Lambda console keeps shareable test events."""
    return {
        "openapi": "3.0.0",
        "info": {"version": "1.0.0", "title": "Event"},
        "paths": {},
        "components": {
            "schemas": {
                "Event": {
                    "type": "object",
                    "required": ["action"],
                    "properties": {"action": {"type": "string"}},
                }
            },
            "examples": {name: {"value": event} for name, event in TEST_EVENTS.items()},
        },
    }
