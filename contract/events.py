"""Every event the back end may hear: when, its JSON Schema and an example.

`docs/backend.md` is written from this table and the tests hold every event
they cause against it. Nothing that runs in a function needs it.

Contract: design section 5, Events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from contract.samples import A_CONNECTION, A_PARTNER, A_PROFILE, A_RECEIVED, A_SENT
from contract.schemas import (
    AMOUNTS,
    COMMAND,
    CONCLUDED,
    CONNECTION,
    FINDING,
    FINDINGS,
    FOUND,
    HEALTH,
    INCOMPLETE,
    MODULES,
    MOMENT,
    NUMBER,
    OBJECT,
    OPTIONAL_OBJECT,
    OPTIONAL_TEXT,
    PARTY,
    PENDING,
    PROFILE,
    TEXT,
    VERDICT,
    Schema,
    said,
    without,
)

Example = dict[str, Any]


@dataclass(frozen=True)
class EventKind:
    """One kind of event. `optional` names the fields that are not always there."""

    when: str
    fields: dict[str, Schema]
    example: Example
    optional: frozenset[str] = field(default=frozenset())

    @property
    def schema(self) -> Schema:
        """The JSON Schema of its detail; what is too large for the bus is named in `left_out` instead."""
        always = [name for name in self.fields if name not in self.optional]
        spared = [name for name in always if name in SPARABLE]
        schema: Schema = {
            "type": "object",
            "properties": {**SHARED, **self.fields},
            "required": ["event_id", *(name for name in always if name not in spared)],
            "additionalProperties": False,
        }
        if spared:
            schema["anyOf"] = [{"required": spared}, {"required": ["left_out"]}]
        return schema


SPARABLE = frozenset({"object", "body", "result", "response"})
SHARED: dict[str, Schema] = {
    "event_id": TEXT,
    "left_out": {"type": "array", "items": {"enum": sorted(SPARABLE)}},
}


EVENTS: dict[str, EventKind] = {
    "CommandReceived": EventKind(
        "a partner's command was accepted and awaits your answer",
        {**without(PENDING, "session_id"), "module": {"const": "commands"}, "command": COMMAND, **FOUND},
        {
            "event_id": "b0CQfTfRj7rJYd1gX9cVJm2cZrH1Wn5Q",
            "id": "b0CQfTfRj7rJYd1gX9cVJm2cZrH1Wn5Q",
            "module": "commands",
            "command": "START_SESSION",
            **A_RECEIVED,
            "body": {
                "token": {
                    "country_code": "DE",
                    "party_id": "MSP",
                    "uid": "CARD1",
                    "type": "RFID",
                    "contract_id": "DE-MSP-C12345-1",
                    "issuer": "Example Mobility",
                    "valid": True,
                    "whitelist": "NEVER",
                    "last_updated": "2026-03-01T00:00:00Z",
                },
                "location_id": "LOC1",
                "evse_uid": "3256",
                "authorization_reference": "A-77",
            },
        },
        frozenset(FOUND),
    ),
    "CommandConcluded": EventKind(
        "a command is over: the result of one you sent is here, or the one you gave was delivered",
        {**without(CONCLUDED, "session_id"), "module": {"const": "commands"}, "command": COMMAND},
        {
            "event_id": "Qk3-ACCEPTED",
            "id": "Qk3",
            "module": "commands",
            "command": "STOP_SESSION",
            **A_SENT,
            "result": {"result": "ACCEPTED"},
            "body": {"session_id": "S-1"},
        },
        frozenset({"delivery", "reason"}),
    ),
    "ProfileRequested": EventKind(
        "a partner asks to set, clear or report a charging profile",
        {**PENDING, "module": {"const": "chargingprofiles"}, "command": PROFILE},
        {
            "event_id": "zR8",
            "id": "zR8",
            "module": "chargingprofiles",
            "command": "SET_PROFILE",
            **A_RECEIVED,
            "session_id": "S-1",
            "body": {"charging_profile": A_PROFILE},
        },
    ),
    "ProfileConcluded": EventKind(
        "the same end for charging profiles",
        {**CONCLUDED, "module": {"const": "chargingprofiles"}, "command": PROFILE},
        {
            "event_id": "mW2-ACCEPTED",
            "id": "mW2",
            "module": "chargingprofiles",
            "command": "ACTIVE_PROFILE",
            **A_SENT,
            "result": {
                "result": "ACCEPTED",
                "profile": {"start_date_time": "2026-03-02T10:02:11Z", "charging_profile": A_PROFILE},
            },
            "session_id": "S-2",
            "body": {"session_id": "S-2", "duration": 3600},
        },
        frozenset({"delivery", "reason"}),
    ),
    "ObjectChanged": EventKind(
        "a partner's object was created, changed or removed",
        {
            "module": MODULES,
            "owner": PARTY,
            "id": TEXT,
            "part": said(TEXT, "an EVSE's uid, or empty for the object as a whole"),
            "last_updated": MOMENT,
            "version": said(TEXT, "the version in which its owner sent it"),
            "object": said(OBJECT, "in 2.3.0, what was odd about it put right, where it fits"),
            "sent": said(OBJECT, "as its owner sent it, where that differs and fits"),
            "findings": said(FINDINGS, "what was odd about it (docs/reading.md)"),
            "incomplete": said(INCOMPLETE, "its required values that were not stated, and are assumed"),
            "removed": {"const": True},
            "hidden": said({"const": True}, "its owner no longer lists it"),
            "partner": said(TEXT, "of `chargingprofiles` only"),
        },
        {
            "event_id": "locations#BE/BEC/LOC9#3256#0000041",
            "module": "locations",
            "owner": "BE/BEC",
            "id": "LOC9",
            "part": "3256",
            "last_updated": "2026-03-02T09:31:02.000Z",
            "version": "2.2.1",
            "object": {
                "uid": "3256",
                "status": "CHARGING",
                "connectors": [],
                "last_updated": "2026-03-02T09:31:02Z",
            },
        },
        frozenset({"object", "sent", "findings", "incomplete", "removed", "hidden", "partner"}),
    ),
    "TokenAuthorized": EventKind(
        "a partner asked whether a token of yours may charge",
        {
            "partner": TEXT,
            "party": said({**PARTY, "type": ["string", "null"]}, "who asks, where it says so"),
            "owner": PARTY,
            "uid": TEXT,
            "type": TEXT,
            "contract_id": OPTIONAL_TEXT,
            "location": said(OPTIONAL_OBJECT, "LocationReferences, where it was asked with one"),
            "allowed": {"enum": ["ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED"]},
            "authorization_reference": OPTIONAL_TEXT,
        },
        {
            "event_id": "5d0c",
            "partner": "p-19bc",
            "party": "BE/BEC",
            "owner": "NL/EXM",
            "uid": "CARD7",
            "type": "RFID",
            "contract_id": "NL-EXM-C7-1",
            "location": {"location_id": "LOC9", "evse_uids": ["3256"]},
            "allowed": "ALLOWED",
            "authorization_reference": "9f4e2c",
        },
    ),
    "ChargingPreferencesSet": EventKind(
        "an eMSP set the preferences of a session of yours",
        {"session_id": TEXT, "owner": PARTY, "partner": TEXT, "preferences": OBJECT, "response": TEXT},
        {
            "event_id": "6a11",
            "session_id": "S-1",
            "owner": "NL/EXA",
            "partner": "p-7f3a",
            "preferences": {"profile_type": "GREEN", "departure_time": "2026-03-02T17:00:00Z"},
            "response": "ACCEPTED",
        },
    ),
    "PartnerRegistered": EventKind(
        "a connection came to be", CONNECTION, {"event_id": "PartnerRegistered-p-7f3a-2", **A_CONNECTION}
    ),
    "PartnerUpdated": EventKind(
        "a connection was renewed", CONNECTION, {"event_id": "PartnerUpdated-p-7f3a-3", **A_CONNECTION}
    ),
    "PartnerUnregistered": EventKind(
        "a connection ended",
        CONNECTION,
        {"event_id": "PartnerUnregistered-p-7f3a-4", **A_CONNECTION, "state": "UNREGISTERED"},
    ),
    "RegistrationRefused": EventKind(
        "a partner's credentials were refused, and nothing changed; often it needs another invitation",
        {"partner": TEXT, "name": TEXT, "reason": said(TEXT, "and what to do")},
        {
            "event_id": "refused#p-7f3a#2026-03-02#4b1c",
            "partner": "p-7f3a",
            "name": "Stub Charging",
            "reason": "EMSP/DE/MSP is registered by Other (p-11aa); if they are one platform, invite Stub"
            " Charging with this role, or with replaces p-11aa; else nobody has to do anything",
        },
    ),
    "PartnerUnreachable": EventKind(
        "a partner failed several times",
        {**HEALTH, "reason": TEXT},
        {
            "event_id": "unreachable#p-7f3a#2026-03-02T09:00:00.000Z",
            **A_PARTNER,
            "reason": "connection refused",
        },
    ),
    "PartnerRecovered": EventKind(
        "an unreachable partner answers again",
        HEALTH,
        {"event_id": "recovered#p-7f3a#2026-03-02T09:20:00.000Z", **A_PARTNER},
    ),
    "DeliveryFailed": EventKind(
        "an object could not be given to a partner; only a newer state of it is tried again",
        {
            "partner": TEXT,
            "module": MODULES,
            "owner": PARTY,
            "object_id": TEXT,
            "part": TEXT,
            "state": {"enum": ["REFUSED", "GIVEN_UP"]},
            "attempts": NUMBER,
            "reason": TEXT,
            "delivery": said(TEXT, "its id for `redeliver`"),
        },
        {
            "event_id": "failed#p-7f3a#tariffs#NL/EXA/T1#-#1#2026-03-02T09:00:00.000Z",
            "partner": "p-7f3a",
            "module": "tariffs",
            "owner": "NL/EXA",
            "object_id": "T1",
            "part": "",
            "state": "REFUSED",
            "attempts": 1,
            "reason": "2001 currency: unknown",
            "delivery": "p-7f3a#tariffs#NL/EXA/T1#-",
        },
    ),
    "DeliveriesFailed": EventKind(
        "deliveries to a partner failed for good; once for many of them, at most once an hour",
        {
            "partner": TEXT,
            "failed": said(NUMBER, "how many, those told before not counted"),
            "since": MOMENT,
            "example": said(TEXT, "the id of one of them"),
            "reason": said(TEXT, "why that one failed"),
        },
        {
            "event_id": "digest#p-19bc#2026-03-01T10:00:00.000Z",
            "partner": "p-19bc",
            "failed": 200,
            "since": "2026-03-01T10:00:00.000Z",
            "example": "p-19bc#locations#NL/EXA/LOC1#-",
            "reason": "HTTP 400, OCPI 2001: /evses: too many",
        },
    ),
    "CdrAudited": EventKind(
        "a CDR that came was priced again, or its verdict changed",
        {
            "owner": PARTY,
            "id": TEXT,
            "partner": said(OPTIONAL_TEXT, "the partner that it came from"),
            "verdict": VERDICT,
            "claimed": said(AMOUNTS, "its total_cost, exact decimals; null: it does not say, or nobody can"),
            "computed": said(AMOUNTS, "what its Tariff makes of it"),
            "difference": said(AMOUNTS, "claimed - computed"),
            "currency": OPTIONAL_TEXT,
            "cause": said(OPTIONAL_TEXT, "the reading that explains a difference, of `docs/money.md`"),
        },
        {
            "event_id": "audit#BE/BEC/CDR1#1",
            "owner": "BE/BEC",
            "id": "CDR1",
            "partner": "p-19bc",
            "verdict": "DISAGREE",
            "claimed": {"before_taxes": "6.12", "after_taxes": "7.41"},
            "computed": {"before_taxes": "5", "after_taxes": "6.05"},
            "difference": {"before_taxes": "1.12", "after_taxes": "1.36"},
            "currency": "EUR",
            "cause": "utc_instead_of_local",
        },
    ),
    "ReconciliationFinding": EventKind(
        "something does not fit together, or does so again",
        {
            "id": said(TEXT, "of the finding, the same when it is closed"),
            "kind": FINDING,
            "partner": OPTIONAL_TEXT,
            "owner": said(PARTY, "whose object it is about"),
            "object_id": said(TEXT, "the Session or CDR, or the module"),
            "message": TEXT,
            "state": {"enum": ["OPEN", "CLOSED"]},
            "since": MOMENT,
        },
        {
            "event_id": "SESSION_WITHOUT_CDR#BE/BEC/S1#OPEN#2026-10-03T02:00:00.000Z",
            "id": "SESSION_WITHOUT_CDR#BE/BEC/S1",
            "kind": "SESSION_WITHOUT_CDR",
            "partner": "p-19bc",
            "owner": "BE/BEC",
            "object_id": "S1",
            "message": "over since 2026-10-01T08:00:00.000Z, and no CDR came",
            "state": "OPEN",
            "since": "2026-10-03T02:00:00.000Z",
        },
    ),
    "PullCompleted": EventKind(
        "a pull ended",
        {
            "partner": TEXT,
            "module": MODULES,
            "state": {"enum": ["COMPLETED", "FAILED"]},
            "pages": NUMBER,
            "objects": NUMBER,
            "set_aside": said(NUMBER, "what could not be read and was left out"),
            "stale": said(NUMBER, "what is known newer already"),
            "hidden": said(NUMBER, "what the partner no longer lists"),
            "total": said(NUMBER, "where the partner tells it"),
            "date_from": said(MOMENT, "where not everything was asked for"),
            "reason": said(TEXT, "why it failed"),
        },
        {
            "event_id": "pull#71c2",
            "partner": "p-19bc",
            "module": "locations",
            "state": "COMPLETED",
            "pages": 12,
            "objects": 1187,
            "set_aside": 1,
            "stale": 0,
            "hidden": 0,
            "total": 1188,
        },
        frozenset({"total", "date_from", "reason"}),
    ),
}
