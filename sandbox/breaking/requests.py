"""Rules of authorization, commands, profiles and hubs, and of requests of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.breaking import tools as by
from sandbox.breaking.table import SINCE_221, kept, rows
from sandbox.conduct import Asked, Call
from sandbox.messages import Answer

if TYPE_CHECKING:
    from sandbox.partner import Partner


def _foreign_url(partner: Partner, call: Call) -> None:
    for party in (*partner.parties, *partner.behind):
        call.url = call.url.replace(f"/{party.country_code}/{party.party_id}/", "/XX/XXX/")


def _elsewhere(partner: Partner, call: Call) -> None:
    if call.side == "SENDER" and call.method == "POST":
        call.url += "-elsewhere"


def _post_for_put(partner: Partner, call: Call) -> None:
    if call.method == "PUT" and call.side == "RECEIVER":
        call.method = "POST"


def _raw_token(partner: Partner, call: Call) -> None:
    call.headers["Authorization"] = f"Token {call.peer.token_out}"


def _results(change: Callable[[dict[str, Any]], Any]) -> by.OnCall:
    """What is posted to a response_url, changed."""

    def do(partner: Partner, call: Call) -> None:
        if call.method == "POST" and call.side == "SENDER" and isinstance(call.body, dict):
            call.body = change(dict(call.body))

    return do


def _response(module: str, change: Callable[[dict[str, Any]], Any]) -> by.OnAnswer:
    return by.data(change, module, "")


def _wrapped(body: dict[str, Any]) -> dict[str, Any]:
    return {"data": body, "status_code": 1000, "timestamp": "2026-01-01T00:00:00Z"}


def _blocked_as_error(partner: Partner, asked: Asked, answer: Answer) -> None:
    found = answer.data if (asked.module, asked.method) == ("tokens", "POST") else None
    if isinstance(found, dict) and found["allowed"] != "ALLOWED":
        answer.data, answer.code = {}, 2000


ASKING = {
    **kept(
        ("authorizes_anybody", "an unknown Token is ALLOWED", "TOK-31"),
        ("token_type_ignored", "a Token of another type is authorized", "TOK-30", SINCE_221),
        ("commands_unchecked", "commands for unknown places and Sessions are ACCEPTED", "CMD-17"),
        ("foreign_token_accepted", "a command with another eMSP's Token is ACCEPTED", "CMD-34", SINCE_221),
        ("command_never_concludes", "no result follows an ACCEPTED command", "CMD-07"),
        ("result_sent_twice", "results are sent twice", "CMD-14"),
        ("calls_any_host", "a response_url may be on any host", "CMD-08"),
        ("profile_never_concludes", "no result follows an ACCEPTED charging profile", "CHP-15", SINCE_221),
        ("profiles_unchecked", "profiles of unknown Sessions are ACCEPTED", "CHP-23", SINCE_221),
        ("active_profile_not_told", "a changed ActiveChargingProfile is not told", "CHP-30", SINCE_221),
    ),
    **rows(
        "reply",
        (
            "unknown_token_as_200",
            "an unknown Token is told so under HTTP 200",
            "TOK-31",
            by.status(404, 200, where=lambda asked, reply: asked.rest[1:] == ["authorize"]),
        ),
        (
            "unknown_token_as_2001",
            "an unknown Token is 2001 instead of 2004",
            "TOK-32",
            by.status(404, 404, 2001, where=lambda asked, reply: asked.rest[1:] == ["authorize"]),
            SINCE_221,
        ),
    ),
    **rows(
        "answer",
        (
            "authorization_without_token",
            "AuthorizationInfo has no token",
            "TOK-37",
            by.data(by.leave_out("token"), "tokens", "POST"),
            SINCE_221,
        ),
        (
            "authorization_unknown_word",
            "AuthorizationInfo says YES",
            "TOK-33",
            by.data(by.say("allowed", "YES"), "tokens", "POST"),
        ),
        ("blocked_as_error", "a Token that may not charge is answered 2000", "TOK-33", _blocked_as_error),
        (
            "command_without_timeout",
            "a CommandResponse has no timeout",
            "CMD-06",
            _response("commands", by.leave_out("timeout")),
            SINCE_221,
        ),
        (
            "command_unknown_word",
            "a CommandResponse says OK",
            "CMD-05",
            _response("commands", by.say("result", "OK")),
        ),
        (
            "profile_without_timeout",
            "a ChargingProfileResponse has no timeout",
            "CHP-13",
            _response("chargingprofiles", by.leave_out("timeout")),
            SINCE_221,
        ),
        (
            "profile_unknown_word",
            "a ChargingProfileResponse says OK",
            "CHP-14",
            _response("chargingprofiles", by.say("result", "OK")),
            SINCE_221,
        ),
    ),
    **rows(
        "call",
        ("result_enveloped", "results come in the envelope of answers", "AMB-25", _results(_wrapped)),
        (
            "result_unknown_word",
            "results say DONE",
            "CMD-10",
            _results(lambda body: {**body, "result": "DONE"}),
        ),
        ("result_elsewhere", "results go to another URL than the response_url", "CMD-08", _elsewhere),
        (
            "result_without_profile",
            "an ACCEPTED result has no ActiveChargingProfile",
            "CHP-17",
            _results(lambda body: {"result": body["result"]}),
            SINCE_221,
        ),
    ),
}


HUBS = {
    **kept(
        ("hub_answers_for_all", "what is addressed to nobody is answered", "STA-23", SINCE_221),
        ("hub_ignores_offline", "requests to a party that is OFFLINE are answered", "STA-25", SINCE_221),
        ("foreign_sender_accepted", "OCPI-from may be anybody", "HUB-04", SINCE_221),
        (
            "hub_broadcasts_cdrs",
            "CDRs and Sessions addressed to the hub itself are taken",
            "HUB-21",
            SINCE_221,
        ),
        ("hub_tells_asker", "ClientInfo of the asking party itself is listed", "HCI-04", SINCE_221),
        (
            "hub_keeps_request_id",
            "a forwarded request has the X-Request-ID it came with",
            "HUB-08",
            SINCE_221,
        ),
        ("hub_drops_correlation_id", "a forwarded request has another X-Correlation-ID", "HUB-09", SINCE_221),
        ("hub_speaks_for_itself", "a forwarded request comes FROM the hub", "HUB-06", SINCE_221),
        (
            "hub_keeps_urls",
            "response_url and Location pass through as they came",
            "HUB-06",
            SINCE_221,
        ),
        ("hub_routes_nothing", "what is addressed TO nobody is kept", "HUB-27", SINCE_221),
        ("hub_keeps_broadcasts", "what is broadcast reaches nobody", "HUB-17", SINCE_221),
        ("hub_broadcasts_as_sender", "a broadcast comes FROM its sender", "HUB-17", SINCE_221),
        ("hub_hides_refusals", "a refusal of the addressed party becomes 1000", "STA-26", SINCE_221),
    ),
    **rows(
        "object",
        (
            "client_info_without_status",
            "ClientInfo has no status",
            "HCI-06",
            by.without("hubclientinfo", "status"),
            SINCE_221,
        ),
        (
            "client_info_unknown_status",
            "ClientInfo has a status nobody knows",
            "HCI-07",
            by.fields("hubclientinfo", by.say("status", "ONLINE")),
            SINCE_221,
        ),
    ),
}


CALLING = {
    **kept(("pulls_first_page_only", "lists are read to the end of their first page", "TRA-40")),
    **rows(
        "call",
        (
            "calls_without_request_id",
            "our requests have no X-Request-ID",
            "TRA-80",
            by.call_header("X-Request-ID"),
            SINCE_221,
        ),
        (
            "calls_without_correlation_id",
            "our requests have no X-Correlation-ID",
            "TRA-82",
            by.call_header("X-Correlation-ID"),
            SINCE_221,
        ),
        (
            "calls_without_content_type",
            "our bodies have no Content-Type",
            "TRA-15",
            by.call_header("Content-Type"),
            SINCE_221,
        ),
        (
            "calls_without_routing",
            "our requests have no routing headers",
            "HUB-03",
            by.call_header("OCPI-"),
            SINCE_221,
        ),
        ("calls_with_raw_token", "our tokens are not encoded", "TRA-04", _raw_token, SINCE_221),
        (
            "calls_with_wrong_token",
            "our requests have a token nobody gave us",
            "TRA-02",
            by.call_header("Authorization", "Token bm9ib2R5IGdhdmUgbWUgdGhpcw=="),
        ),
        (
            "calls_with_envelope",
            "what we PUT is in the envelope of answers",
            "TRA-72",
            by.call_body(_wrapped, "PUT"),
        ),
        (
            "patches_without_date",
            "our PATCHes have no last_updated",
            "TRA-48",
            by.call_body(lambda body: {name: body[name] for name in body if name != "last_updated"}, "PATCH"),
            SINCE_221,
        ),
        ("puts_to_foreign_url", "we PUT under another owner's URL", "TRA-52", _foreign_url),
        ("posts_what_is_put", "we POST new objects", "TRA-53", _post_for_put),
    ),
}
