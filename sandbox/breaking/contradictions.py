"""Objects of ours that are whole, and contradict themselves or what was said before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.breaking import tools as by
from sandbox.breaking.table import ONLY_230, SINCE_221, rows
from sandbox.messages import date_time, moment

Object = dict[str, Any]


def _hours(thing: Object, always: bool, begin: str, end: str) -> None:
    thing["opening_times"] = {
        "twentyfourseven": always,
        "regular_hours": [{"weekday": 1, "period_begin": begin, "period_end": end}],
    }


def _twin_connectors(evse: Object) -> None:
    evse["connectors"] = [*evse.get("connectors", ()), *evse.get("connectors", ())]


def _unknown_parking(evse: Object) -> None:
    evse["parking"] = [{"parking_id": "NOPE", "evse_position": "LEFT"}]


def _restricted_only(thing: Object) -> None:
    limited = [each for each in thing["elements"] if each.get("restrictions")]
    thing["elements"] = limited or thing["elements"]


def _tariff_backwards(thing: Object) -> None:
    thing["end_date_time"] = thing["last_updated"]
    thing["start_date_time"] = date_time(moment(thing["last_updated"]) + timedelta(days=1))


def _by_command(change: Any) -> by.OnObject:
    """Change what a command of the peer began."""

    def do(module: str, version: str, thing: Object) -> None:
        if module in ("sessions", "cdrs") and thing.get("auth_method") in ("COMMAND", "AUTH_REQUEST"):
            change(module, thing)

    return do


def _others_token(module: str, thing: Object) -> None:
    if module == "sessions":
        thing.setdefault("cdr_token", {})["uid"] = "SOMEBODY-ELSE"


def _goes_on(module: str, thing: Object) -> None:
    if module == "sessions" and thing["status"] == "COMPLETED":
        thing["status"] = "ACTIVE"
        thing.pop("end_date_time", None)
        thing.pop("end_datetime", None)


CONTRADICTIONS = rows(
    "object",
    (
        "connectors_of_one_id",
        "an EVSE has two Connectors of one id",
        "LOC-62",
        by.inside("locations", "evses", _twin_connectors),
    ),
    (
        "hours_contradict",
        "a Location has hours though it is open around the clock",
        "LOC-78",
        by.fields("locations", lambda thing: _hours(thing, True, "08:00", "18:00")),
        SINCE_221,
    ),
    (
        "hours_backwards",
        "opening hours end before they begin",
        "LOC-81",
        by.fields("locations", lambda thing: _hours(thing, False, "18:00", "08:00")),
    ),
    (
        "published_to_some",
        "publish_allowed_to is there though publish is true",
        "LOC-17",
        by.fields("locations", lambda thing: thing.update(publish_allowed_to=[{"uid": "X", "type": "RFID"}])),
        SINCE_221,
    ),
    (
        "publish_token_unnamed",
        "publish_allowed_to names no token",
        "LOC-19",
        by.fields(
            "locations", lambda thing: thing.update(publish=False, publish_allowed_to=[{"issuer": "X"}])
        ),
        SINCE_221,
    ),
    (
        "unknown_parking",
        "an EVSE names a parking place that its Location has not",
        "LOC-91",
        by.inside("locations", "evses", _unknown_parking),
        ONLY_230,
    ),
    (
        "unknown_tariffs",
        "Connectors name Tariffs that there are not",
        "LOC-71",
        by.inside(
            "locations",
            "evses/connectors",
            lambda each: by.say("tariff_ids", ["NOPE"])(each) or by.say("tariff_id", "NOPE")(each),
        ),
    ),
    (
        "tariff_without_default",
        "Tariffs have restricted elements only",
        "TAR-14",
        by.fields("tariffs", _restricted_only),
        SINCE_221,
    ),
    (
        "tariff_backwards",
        "Tariffs end before they begin",
        "TAR-21",
        by.fields("tariffs", _tariff_backwards),
        SINCE_221,
    ),
    (
        "step_size_zero",
        "price components have a step_size of 0",
        "TAR-26",
        by.inside("tariffs", "elements/price_components", by.say("step_size", 0)),
    ),
    (
        "completed_without_end",
        "Sessions that are over have no end",
        "SES-28",
        by.without("sessions", "end_date_time", "end_datetime"),
    ),
    (
        "session_of_others",
        "Sessions that a command began have another Token",
        "CMD-37",
        _by_command(_others_token),
        SINCE_221,
    ),
    ("stopped_goes_on", "a Session that was stopped stays ACTIVE", "SES-02", _by_command(_goes_on)),
    (
        "cdr_other_reference",
        "CDRs have another authorization_reference than the command",
        "CMD-37",
        by.fields("cdrs", by.say("authorization_reference", "OTHER")),
        SINCE_221,
    ),
    (
        "cdr_without_session",
        "CDRs name no Session",
        "CDR-27",
        by.without("cdrs", "session_id"),
        SINCE_221,
    ),
    (
        "credit_without_reference",
        "CDRs are Credit CDRs of nothing",
        "CDR-06",
        by.fields("cdrs", lambda thing: thing.update(credit=True)),
        SINCE_221,
    ),
    (
        "periods_out_of_order",
        "the periods of a CDR run backwards",
        "CDR-25",
        by.fields("cdrs", lambda thing: thing["charging_periods"].reverse()),
    ),
    (
        "app_users_whitelisted",
        "Tokens of app users are to be whitelisted",
        "TOK-10",
        by.fields(
            "tokens",
            lambda thing: thing.update(whitelist="ALWAYS") if thing["type"] == "APP_USER" else None,
        ),
        SINCE_221,
    ),
    (
        "shows_other_customers",
        "Sessions and CDRs of other eMSPs' customers are listed",
        "TRA-17",
        lambda module, version, thing: (
            by.inside(module, "cdr_token", by.say("party_id", "XXX"))(module, version, thing)
            if module in ("sessions", "cdrs")
            else None
        ),
        SINCE_221,
    ),
)
