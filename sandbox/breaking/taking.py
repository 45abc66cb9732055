"""What is wrong is taken for right, and answers that say another thing than they must."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.breaking import tools as by
from sandbox.breaking.table import SINCE_221, kept, rows
from sandbox.conduct import Asked, Reply
from sandbox.messages import NOTHING, Answer

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]
COMMANDS = ("CANCEL_RESERVATION", "RESERVE_NOW", "START_SESSION", "STOP_SESSION", "UNLOCK_CONNECTOR")
When = Callable[["Partner", Asked, Object], Any]


def _accept(module: str, when: When, data: Any = NOTHING) -> Callable[..., Any]:
    """Such a request is answered 1000 whatever it says."""

    def do(partner: Partner, asked: Asked) -> Answer | None:
        right = asked.module == module and partner.knows(asked) and when(partner, asked, by.body_of(asked))
        return Answer(data) if right else None

    return do


def _unanswered(when: When) -> by.OnAnswer:
    """Such a command is answered without a CommandResponse."""

    def do(partner: Partner, asked: Asked, answer: Answer) -> None:
        known = asked.module == "commands" and asked.method == "POST" and asked.rest
        if known and when(partner, asked, by.body_of(asked)):
            answer.data = NOTHING

    return do


def _cut_ids(partner: Partner, asked: Asked) -> Answer | None:
    long = (
        asked.module == "locations"
        and asked.side == "RECEIVER"
        and any(len(each) > 39 for each in asked.rest)
    )
    if not (long and partner.knows(asked)):
        return None
    return Answer({"id": asked.rest[2][:36]}) if asked.method == "GET" else Answer()


def _command(name: str) -> When:
    return lambda partner, asked, body: asked.rest == [name]


def _start_without_evse(partner: Partner, asked: Asked, body: Object) -> bool:
    known = partner.find_own("locations", str(body.get("location_id"))) is not None
    return asked.rest == ["START_SESSION"] and known and "evse_uid" not in body and "token" in body


def _stop_of_ours(partner: Partner, asked: Asked, body: Object) -> bool:
    return asked.rest == ["STOP_SESSION"] and body.get("session_id") in partner.charges


def _stop_unreferenced(partner: Partner, asked: Asked, body: Object) -> bool:
    charge = partner.charges.get(str(body.get("session_id")))
    return asked.rest == ["STOP_SESSION"] and charge is not None and not charge.authorization_reference


def _stop_is_unknown(partner: Partner, asked: Asked, answer: Answer) -> None:
    if asked.module == "commands" and _stop_of_ours(partner, asked, by.body_of(asked)):
        answer.data = {**answer.data, "result": "UNKNOWN_SESSION"}


def _location_unasked(partner: Partner, asked: Asked, answer: Answer) -> None:
    authorizes = (asked.module, asked.method) == ("tokens", "POST") and isinstance(answer.data, dict)
    if authorizes and not asked.request.body:
        answer.data = {**answer.data, "location": {"location_id": "LOC1", "evse_uids": []}}


def _preferences(found: Any) -> Object:
    return {"result": found}


def _profile_answered(partner: Partner, asked: Asked, answer: Answer) -> None:
    if (asked.module, asked.side, asked.method) == ("chargingprofiles", "SENDER", "PUT"):
        answer.data = {"result": "ACCEPTED"}


def _data_on_writes(partner: Partner, asked: Asked, reply: Reply) -> None:
    wrote = asked.side == "RECEIVER" and asked.method in ("PUT", "PATCH", "DELETE")
    if wrote and asked.module in ("locations", "tariffs", "tokens") and isinstance(reply.body, dict):
        reply.body["data"] = {"id": asked.rest[-1]}


def _from_another(partner: Partner, asked: Asked, reply: Reply) -> None:
    hub, heard = partner.hub_party, asked.request.headers
    if hub and asked.method == "PUT" and heard.get("ocpi-to-party-id") == hub.party_id:
        reply.headers["OCPI-from-party-id"] = "HBC"


def _custom_codes(body: Object) -> None:
    body["status_code"] = 2900


def _success_under_errors(asked: Asked, reply: Reply) -> bool:
    return reply.status == 405


TAKING = {
    **kept(
        ("any_scheme", "the Authorization scheme may be another than Token", "TRA-03"),
        ("driver_token_opens", "the uid of one of our Tokens is taken for a credentials token", "TRA-11"),
        ("hostile_url_accepted", "Credentials with a url of another scheme than http are accepted", "CRE-41"),
        ("follows_redirects", "our requests follow a redirect to any host, token and all", "ARC-20"),
        ("put_calls_nobody", "PUT is accepted without a look at the other's versions", "CRE-21"),
        ("refused_has_result", "a result follows a command that was not ACCEPTED", "CMD-07"),
        ("stop_never_concludes", "no result follows an ACCEPTED STOP_SESSION", "CMD-08"),
        ("no_cdr_follows", "no CDR follows a Session that ended", "CDR-02"),
        ("profile_result_unknown_word", "results of charging profiles say DONE", "CHP-16", SINCE_221),
    ),
    **rows(
        "request",
        (
            "unknown_command_accepted",
            "a command that nobody knows is ACCEPTED",
            "CMD-49",
            _accept(
                "commands",
                lambda p, asked, b: (
                    asked.method == "POST" and asked.rest[:1] and asked.rest[0] not in COMMANDS
                ),
                {"result": "ACCEPTED", "timeout": 30},
            ),
        ),
        (
            "any_response_url",
            "a command whose response_url is no http URL is ACCEPTED",
            "ARC-20",
            _accept(
                "commands",
                lambda p, a, body: str(body.get("response_url")).startswith("file:"),
                {"result": "ACCEPTED", "timeout": 30},
            ),
        ),
        (
            "incomplete_command_accepted",
            "START_SESSION without a Token is ACCEPTED",
            "CMD-03",
            _accept(
                "commands",
                lambda p, asked, body: (
                    (asked.method, asked.rest) == ("POST", ["START_SESSION"]) and "token" not in body
                ),
                {"result": "ACCEPTED", "timeout": 30},
            ),
        ),
        (
            "profile_without_unit_accepted",
            "a charging profile without charging_rate_unit is ACCEPTED",
            "CHP-11",
            _accept(
                "chargingprofiles",
                lambda p, asked, body: (
                    asked.side == "RECEIVER"
                    and "charging_rate_unit"
                    not in (body.get("charging_profile") or {"charging_rate_unit": 1})
                ),
                {"result": "ACCEPTED", "timeout": 30},
            ),
            SINCE_221,
        ),
        (
            "result_url_not_needed",
            "GET of a charging profile without response_url is ACCEPTED",
            "CHP-10",
            _accept(
                "chargingprofiles",
                lambda p, asked, b: asked.method == "GET" and "response_url" not in asked.request.query,
                {"result": "ACCEPTED", "timeout": 30},
            ),
            SINCE_221,
        ),
        (
            "undated_profile_accepted",
            "an ActiveChargingProfile without start_date_time is taken",
            "CHP-42",
            _accept(
                "chargingprofiles",
                lambda p, asked, body: asked.side == "SENDER" and "start_date_time" not in body,
            ),
            SINCE_221,
        ),
        (
            "parts_of_sessions_patched",
            "PATCH of a part of a Session is taken",
            "SES-16",
            _accept("sessions", lambda p, asked, b: asked.method == "PATCH" and len(asked.rest) > 3),
            SINCE_221,
        ),
        (
            "orphans_accepted",
            "an EVSE of a Location never sent is taken",
            "AMB-05",
            _accept(
                "locations",
                lambda partner, asked, b: (
                    asked.method == "PUT"
                    and len(asked.rest) == 4
                    and not by.received(partner, "locations", asked.rest[2])
                ),
            ),
        ),
        (
            "unknown_deleted",
            "DELETE of a Tariff never sent is answered 1000",
            "AMB-05",
            _accept(
                "tariffs",
                lambda partner, asked, b: (
                    asked.method == "DELETE"
                    and asked.rest[2:]
                    and not by.received(partner, "tariffs", asked.rest[2])
                    and asked.rest[2].startswith("KIT-")
                ),
            ),
        ),
        (
            "strangers_deleted",
            "DELETE of a Tariff of a party that is not the peer's is answered 1000",
            "TRA-55",
            _accept(
                "tariffs",
                lambda p, asked, b: asked.method == "DELETE" and asked.rest[1:] and not by.of_peer(asked, p),
            ),
        ),
        (
            "strangers_read",
            "GET of a Location of a party that is not the peer's is answered",
            "TRA-55",
            _accept(
                "locations",
                lambda p, asked, b: (
                    (asked.method, asked.side) == ("GET", "RECEIVER")
                    and asked.rest[1:]
                    and not by.of_peer(asked, p)
                ),
                {"id": "LOC1"},
            ),
        ),
        (
            "long_ids_cut",
            "a Location whose id is too long is taken, and its id cut",
            "TYP-18",
            _cut_ids,
            SINCE_221,
        ),
        (
            "nonsense_accepted",
            "a body that is no JSON object is taken",
            "STA-14",
            lambda partner, asked: (
                Answer()
                if asked.method == "PUT"
                and asked.side == "RECEIVER"
                and asked.request.body in (b"[1, 2]", b"42", b"null", b"")
                else None
            ),
        ),
        (
            "deep_json_accepted",
            "JSON nested deeply is taken, whatever it says",
            "STA-03",
            lambda partner, asked: Answer() if b"[" * 1000 in asked.request.body else None,
        ),
        (
            "preferences_of_anything",
            "charging preferences of an unknown Session are ACCEPTED",
            "SES-42",
            _accept(
                "sessions",
                lambda partner, asked, b: (
                    asked.rest[1:] == ["charging_preferences"] and asked.rest[0] not in partner.charges
                ),
                "ACCEPTED",
            ),
            SINCE_221,
        ),
    ),
    **rows(
        "answer",
        (
            "reserve_unanswered",
            "RESERVE_NOW has no CommandResponse",
            "CMD-41",
            _unanswered(_command("RESERVE_NOW")),
        ),
        (
            "cancel_unanswered",
            "CANCEL_RESERVATION has no CommandResponse",
            "CMD-45",
            _unanswered(_command("CANCEL_RESERVATION")),
            SINCE_221,
        ),
        (
            "unlock_unanswered",
            "UNLOCK_CONNECTOR has no CommandResponse",
            "CMD-48",
            _unanswered(_command("UNLOCK_CONNECTOR")),
        ),
        (
            "start_anywhere_unanswered",
            "START_SESSION without an EVSE has no CommandResponse",
            "CMD-39",
            _unanswered(_start_without_evse),
        ),
        (
            "stop_is_unknown",
            "STOP_SESSION of a Session that we list is UNKNOWN_SESSION",
            "CMD-18",
            _stop_is_unknown,
        ),
        (
            "stop_needs_reference",
            "STOP_SESSION of a charge without authorization_reference has no CommandResponse",
            "CMD-19",
            _unanswered(_stop_unreferenced),
            SINCE_221,
        ),
        (
            "location_unasked",
            "AuthorizationInfo has a location that was not asked for",
            "TOK-36",
            _location_unasked,
            SINCE_221,
        ),
        (
            "preferences_as_object",
            "the answer to charging preferences is an object",
            "SES-32",
            by.data(_preferences, "sessions", "PUT"),
            SINCE_221,
        ),
        (
            "active_profile_answered",
            "an ActiveChargingProfile is answered with data",
            "CHP-18",
            _profile_answered,
            SINCE_221,
        ),
    ),
    **rows(
        "reply",
        (
            "broadcast_answered_by_another",
            "a push TO the hub is answered FROM another party",
            "HUB-16",
            _from_another,
            SINCE_221,
        ),
        (
            "data_on_writes",
            "answers to PUT, PATCH and DELETE have data",
            "TRA-70",
            _data_on_writes,
            SINCE_221,
        ),
        (
            "custom_codes",
            "HTTP errors have status_code 2900",
            "STA-10",
            by.envelope(_custom_codes, by.errors),
        ),
        (
            "success_under_errors",
            "HTTP 405 has status_code 1000",
            "STA-01",
            by.envelope(lambda body: body.update(status_code=1000), _success_under_errors),
        ),
        (
            "camel_case",
            "the envelope has a field in camelCase",
            "TRA-98",
            by.envelope(lambda body: body.update(statusMessage="ok")),
        ),
        (
            "no_ids_on_configuration",
            "versions and credentials have no message ids",
            "TRA-85",
            by.headers_like("X-Request-ID X-Correlation-ID", where=by.configuration),
            SINCE_221,
        ),
    ),
}
