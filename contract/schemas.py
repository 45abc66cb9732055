"""The JSON Schemas of the fields that events and answers share, and how one says what it is for."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "minimum": 0}
OBJECT: Schema = {"type": "object"}
MOMENT: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
PARTY: Schema = {"type": "string", "pattern": "^[^/]*/[^/]*$"}
OPTIONAL_TEXT: Schema = {"type": ["string", "null"]}
AMOUNTS: Schema = {
    "type": "object",
    "properties": {"before_taxes": {"type": ["string", "null"]}, "after_taxes": {"type": ["string", "null"]}},
    "required": ["before_taxes", "after_taxes"],
}
OPTIONAL_OBJECT: Schema = {"type": ["object", "null"]}
MODULES: Schema = {
    "enum": ["locations", "tariffs", "tokens", "sessions", "cdrs", "hubclientinfo", "chargingprofiles"]
}
VERDICT: Schema = {
    "enum": [
        "AGREE",
        "AGREE_ROUNDING",
        "WITHIN_TOLERANCE",
        "INDETERMINATE",
        "DISAGREE",
        "UNPRICEABLE",
    ]
}
FINDING: Schema = {
    "enum": [
        "SESSION_WITHOUT_CDR",
        "CDR_WITHOUT_SESSION",
        "ENERGY_APART",
        "SECOND_CDR",
        "CREDIT_WITHOUT_CDR",
        "TOTAL_APART",
        "SILENCE",
        "UNKNOWN_TOKEN",
        "UNKNOWN_TARIFF",
    ]
}
FINDINGS: Schema = {
    "type": "array",
    "items": {"type": "object", "properties": {"pointer": TEXT, "code": TEXT, "message": TEXT}},
}

INCOMPLETE: Schema = {"type": "array", "items": {"type": "string"}}


def said(schema: Schema, description: str) -> Schema:
    """A schema with what its field is for."""
    return {**schema, "description": description}


REQUEST: dict[str, Schema] = {
    "id": said(TEXT, "unguessable; names the request in every action"),
    "direction": said({"enum": ["SENT", "RECEIVED"]}, "whose request it is"),
    "module": {"enum": ["commands", "chargingprofiles"]},
    "command": said(TEXT, "the command, or `SET_PROFILE`, `CLEAR_PROFILE`, `ACTIVE_PROFILE`"),
    "partner": said(TEXT, "the partner's id"),
    "party": said(PARTY, 'theirs, such as `"DE/MSP"`'),
    "hosted_party": said(PARTY, 'ours, such as `"NL/EXA"`'),
    "state": {"enum": ["PENDING", "CONCLUDED"]},
    "response": said(OPTIONAL_OBJECT, "CommandResponse or ChargingProfileResponse"),
    "result": said(
        OPTIONAL_OBJECT,
        "CommandResult or ...Result; null while pending, and where the response was the end",
    ),
    "created_at": MOMENT,
    "concluded_at": said({**MOMENT, "type": ["string", "null"]}, "null while pending"),
    "answer_by": said(MOMENT, "while pending: when it is concluded without a result"),
    "body": said(OBJECT, "the request as 2.3.0 writes it, without `response_url`"),
    "session_id": said(TEXT, "charging profiles only"),
    "reason": said(TEXT, "of one of ours: why nobody knows what the partner responded"),
    "delivery": said(
        TEXT, "of a concluded received one: `DELIVERED`, or `REFUSED`, `UNKNOWN`, `GIVEN_UP` and the reason"
    ),
}
PENDING: dict[str, Schema] = {
    **{name: schema for name, schema in REQUEST.items() if name not in ("delivery", "reason")},
    "direction": {"const": "RECEIVED"},
    "state": {"const": "PENDING"},
    "response": OBJECT,
    "result": {"type": "null"},
    "concluded_at": {"type": "null"},
}
CONCLUDED: dict[str, Schema] = {
    **{name: schema for name, schema in REQUEST.items() if name != "answer_by"},
    "state": {"const": "CONCLUDED"},
    "concluded_at": MOMENT,
}
COMMAND: Schema = {
    "enum": ["START_SESSION", "STOP_SESSION", "RESERVE_NOW", "CANCEL_RESERVATION", "UNLOCK_CONNECTOR"]
}
PROFILE: Schema = {"enum": ["SET_PROFILE", "CLEAR_PROFILE", "ACTIVE_PROFILE"]}
FOUND: dict[str, Schema] = {
    "reservation_id": said(TEXT, "of RESERVE_NOW and CANCEL_RESERVATION: unique over all eMSPs"),
    "reserve_now": said(TEXT, "of CANCEL_RESERVATION: the id of the request it cancels"),
    "location_id": said(OPTIONAL_TEXT, "of STOP_SESSION: where the Session is"),
    "evse_uid": OPTIONAL_TEXT,
    "connector_id": OPTIONAL_TEXT,
}


def without(fields: dict[str, Schema], *names: str) -> dict[str, Schema]:
    """The fields less some."""
    return {name: schema for name, schema in fields.items() if name not in names}


CONNECTION: dict[str, Schema] = {
    "partner": TEXT,
    "name": TEXT,
    "state": {"enum": ["INVITED", "REGISTERED", "SUSPENDED", "UNREGISTERED"]},
    "version": TEXT,
    "roles": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"role": TEXT, "country_code": TEXT, "party_id": TEXT},
            "required": ["role", "country_code", "party_id"],
            "additionalProperties": False,
        },
    },
}
HEALTH: dict[str, Schema] = {"partner": TEXT, "name": TEXT, "parties": {"type": "array", "items": PARTY}}
