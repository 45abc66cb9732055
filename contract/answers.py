"""What actions answer: the JSON Schema of `data`, for those whose form back ends may rely on.

Fields that are named here stay; an answer may have further ones. The tests
hold every answer they cause against it. An action that is not in the table
answers an object of no promised form.

Contract: design section 5
"""

from __future__ import annotations

from contract.events import EVENTS
from contract.schemas import (
    AMOUNTS,
    FINDINGS,
    INCOMPLETE,
    MODULES,
    NUMBER,
    OBJECT,
    PARTY,
    REQUEST,
    TEXT,
    Schema,
    said,
)

MAYBE_TEXT: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
ANY: Schema = {}


def shape(always: dict[str, Schema], **sometimes: Schema) -> Schema:
    """An object with these fields always, and those where they apply."""
    return {"type": "object", "properties": {**always, **sometimes}, "required": list(always)}


def listed(item: Schema) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": item}


def paged(name: str, item: Schema, **more: Schema) -> Schema:
    """A page of such items; `cursor` asks for the next one, null or absent at the end."""
    cursor = said(MAYBE_TEXT, "of the next page; none: this is the last")
    return shape({name: listed(item)}, cursor=cursor, **more)


DIFFERENCE = shape({"pointer": TEXT, "ours": ANY, "theirs": ANY})
ROLE = shape({"role": TEXT, "country_code": TEXT, "party_id": TEXT})
PARTNER = shape(
    {
        "id": said(TEXT, "names the partner in every action, as its name does where that is unique"),
        "name": TEXT,
        "hub": FLAG,
        "state": {"enum": ["INVITED", "REGISTERED", "SUSPENDED", "UNREGISTERED"]},
        "version": MAYBE_TEXT,
        "roles": listed(ROLE),
        "health": shape(
            {
                "state": {"enum": ["OK", "UNREACHABLE", "UNKNOWN"]},
                "last_success": MAYBE_TEXT,
                "last_failure": MAYBE_TEXT,
                "reason": MAYBE_TEXT,
            }
        ),
        "backlog": said(NUMBER, "deliveries that wait"),
    },
    endpoints=listed(OBJECT),
    policy=ANY,
)
DISPUTE = shape(
    {
        "owner": PARTY,
        "id": TEXT,
        "reason": TEXT,
        "state": {"enum": ["OPEN", "SETTLED"]},
        "outcome": {"enum": ["CREDITED", "ACCEPTED", "WITHDRAWN", None]},
        "opened_at": TEXT,
        "settled_at": MAYBE_TEXT,
    }
)
FAULT = shape({"message": TEXT, "pointer": TEXT}, index=NUMBER, id=MAYBE_TEXT)
COUNTS = {
    "stored": NUMBER,
    "unchanged": NUMBER,
    "older": said(NUMBER, "objects of which anything was older than what is stored, and was left"),
}
COMMAND: Schema = {
    **shape(
        {
            name: schema
            for name, schema in REQUEST.items()
            if name not in ("answer_by", "session_id", "reason", "delivery")
        },
        answer_by=REQUEST["answer_by"],
        session_id=REQUEST["session_id"],
        reason=REQUEST["reason"],
        delivery=REQUEST["delivery"],
    ),
}
SENT: Schema = {
    **COMMAND,
    "properties": {
        **COMMAND["properties"],
        "warnings": said(listed(FAULT), "where what was asked for is over already"),
    },
}
ANSWERED: Schema = {
    **COMMAND,
    "properties": {
        **COMMAND["properties"],
        "repeated": said({"const": True}, "this very answer was given before; it changed nothing"),
    },
}
PULL = shape(
    {
        "id": TEXT,
        "partner": TEXT,
        "module": MODULES,
        "state": {"enum": ["RUNNING", "COMPLETED", "FAILED"]},
        "pages": NUMBER,
        "objects": NUMBER,
        "set_aside": NUMBER,
    },
    total={"type": ["integer", "null"]},
    findings=FINDINGS,
)
DELIVERY = shape(
    {
        "id": TEXT,
        "partner": TEXT,
        "module": MODULES,
        "owner": PARTY,
        "object_id": TEXT,
        "part": TEXT,
        "state": {"enum": ["WAITING", "REFUSED", "GIVEN_UP"]},
        "attempts": NUMBER,
        "next_attempt_at": MAYBE_TEXT,
        "reason": MAYBE_TEXT,
    }
)

AGREEMENT = shape(
    {
        "parties": listed(PARTY),
        "allowed": FLAG,
        "modules": said({"type": ["array", "null"], "items": TEXT}, "null: all"),
    }
)
ROUTE = shape(
    {
        "at": TEXT,
        "from": PARTY,
        "to": TEXT,
        "module": TEXT,
        "method": TEXT,
        "path": TEXT,
        "request_ids": shape({"in": TEXT, "out": TEXT}),
        "correlation_id": TEXT,
        "http_status": NUMBER,
        "status_code": NUMBER,
        "duration_ms": NUMBER,
        "versions": shape({"from": TEXT, "to": TEXT}),
        "losses": listed(said(TEXT, "JSON Pointers of what the other version could not say")),
    }
)

ANSWERS: dict[str, Schema] = {
    "help": shape({"actions": OBJECT}),
    "invite": shape(
        {"partner": TEXT, "token": said(TEXT, "credentials token A, shown once"), "versions_url": TEXT}
    ),
    "register": PARTNER,
    "update_registration": PARTNER,
    "unregister": PARTNER,
    "partners": shape({"partners": listed(PARTNER)}),
    "partner": PARTNER,
    "partner_options": PARTNER,
    "suspend": PARTNER,
    "resume": PARTNER,
    "put": shape({**COUNTS, "errors": listed(FAULT), "warnings": listed(FAULT)}, queued=NUMBER, job=TEXT),
    "puts": shape({"puts": listed(shape({"id": TEXT, "module": TEXT, "state": TEXT}))}),
    "patch": shape({**COUNTS, "errors": listed(FAULT), "warnings": listed(FAULT)}),
    "get": shape({"object": OBJECT}, findings=FINDINGS, incomplete=INCOMPLETE),
    "list": paged("objects", OBJECT, incomplete=said(INCOMPLETE, "`/0/name`: of the first of `objects`")),
    "remove": shape({"removed": NUMBER}, still_named_by=listed(ANY)),
    "held": shape({"url": TEXT, "object": ANY, "differs": ANY, "differences": listed(DIFFERENCE)}),
    "authorize": shape({"allowed": TEXT}, token=ANY, by=TEXT, partner=TEXT),
    "charging_preferences": shape({"response": ANY}),
    "redeliver": shape({"sent": NUMBER}),
    "audits": paged(
        "audits",
        shape(
            {
                "owner": PARTY,
                "id": TEXT,
                "verdict": TEXT,
                "claimed": AMOUNTS,
                "computed": AMOUNTS,
                "difference": said(AMOUNTS, "claimed - computed"),
                "currency": MAYBE_TEXT,
                "cause": MAYBE_TEXT,
                "at": TEXT,
            }
        ),
    ),
    "disputes": paged("disputes", DISPUTE),
    "dispute": DISPUTE,
    "settle": DISPUTE,
    "reconcile": paged("findings", shape(EVENTS["ReconciliationFinding"].fields)),
    "lint": shape({"findings": listed(OBJECT)}),
    "statement": shape(
        {
            "partner": MAYBE_TEXT,
            "party": MAYBE_TEXT,
            "month": TEXT,
            "currencies": said(listed(OBJECT), "the sums of the whole month, on each page"),
            "rows": listed(OBJECT),
            "sessions_without_cdr": said(listed(OBJECT), "on the first page"),
            "cursor": MAYBE_TEXT,
        },
        csv=TEXT,
    ),
    "messages": paged("messages", OBJECT),
    "pulls": shape({"pulls": listed(PULL)}),
    "push": shape({"partner": TEXT, "modules": listed(TEXT)}),
    "deliveries": paged("deliveries", DELIVERY),
    "tell_again": shape({"told": said(NUMBER, "events of this page"), "more": FLAG}),
    "routes": paged("routes", ROUTE),
    "agree": AGREEMENT,
    "agreements": shape({"policy": {"enum": ["open", "closed"]}, "agreements": listed(AGREEMENT)}),
    "send_command": SENT,
    "answer_command": ANSWERED,
    "commands": paged("commands", COMMAND),
    "command": COMMAND,
    "set_profile": SENT,
    "clear_profile": COMMAND,
    "answer_profile": ANSWERED,
    "webhook": shape(
        {
            "url": TEXT,
            "state": {"enum": ["ACTIVE", "GONE"]},
            "made_at": said(TEXT, "when the secret was made"),
            "previous_until": said(MAYBE_TEXT, "until when the secret before it signs, too"),
        },
        gone_at=TEXT,
    ),
    "webhook_secret": shape(
        {
            "secret": said(MAYBE_TEXT, "`whsec_...`; null where it was shown before: rotate a lost one"),
            "made_at": TEXT,
            "previous_until": MAYBE_TEXT,
        }
    ),
}

ERROR = shape(
    {
        "ok": {"const": False},
        "error": shape(
            {"code": TEXT, "message": TEXT, "pointer": said(TEXT, "JSON Pointer into the request")}
        ),
    }
)


def answer(action: str) -> Schema:
    """The whole answer of an action: its data, or an error."""
    data = ANSWERS.get(action, {})
    return {"oneOf": [shape({"ok": {"const": True}, "data": data}), ERROR]}
