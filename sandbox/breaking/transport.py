"""Rules of HTTP, of the envelope, of message ids and routing headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.breaking import tools as by
from sandbox.breaking.table import SINCE_221, kept, rows
from sandbox.conduct import Asked, Reply
from sandbox.messages import Answer

if TYPE_CHECKING:
    from sandbox.partner import Partner


def _any_method(partner: Partner, asked: Asked) -> Answer | None:
    wrong = asked.side == "SENDER" and asked.method in ("PUT", "PATCH", "DELETE") and len(asked.rest) <= 1
    wrong = wrong or (
        asked.side == "RECEIVER" and asked.module == "cdrs" and asked.method not in ("GET", "POST")
    )
    wrong = wrong or (asked.side == "RECEIVER" and asked.method == "DELETE" and asked.module != "tariffs")
    wrong = wrong and asked.module != "chargingprofiles"
    wrong = wrong or (asked.module in ("versions", "details") and asked.method != "GET")
    return (
        Answer()
        if wrong and partner.peers.presenting(asked.request.headers.get("authorization", ""))
        else None
    )


def _bad_json(status: int) -> Callable[[Partner, Asked], Answer | None]:
    def do(partner: Partner, asked: Asked) -> Answer | None:
        try:
            _ = asked.request.json if asked.request.body else None
        except ValueError:
            return Answer(status=status, code=1000 if status == 200 else 3000)
        return None

    return do


def _slash(partner: Partner, asked: Asked) -> Answer | None:
    return Answer(status=404, code=2000) if asked.request.path.endswith("/") and asked.module else None


def _refuse_as_success(partner: Partner, asked: Asked, reply: Reply) -> None:
    if (
        isinstance(reply.body, dict)
        and 2000 <= reply.body.get("status_code", 0) < 3000
        and reply.status == 200
    ):
        reply.body["status_code"] = 1000


def _refuse_as_400(partner: Partner, asked: Asked, reply: Reply) -> None:
    if isinstance(reply.body, dict) and reply.body.get("status_code", 0) >= 2000 and reply.status == 200:
        reply.status = 400


def _swap_routing(partner: Partner, asked: Asked, reply: Reply) -> None:
    for end in ("country-code", "party-id"):
        to, back = f"OCPI-to-{end}", f"OCPI-from-{end}"
        if to in reply.headers and back in reply.headers:
            reply.headers[to], reply.headers[back] = reply.headers[back], reply.headers[to]


def _route_configuration(partner: Partner, asked: Asked, reply: Reply) -> None:
    if by.configuration(asked, reply):
        party = partner.parties[0]
        reply.headers |= {"OCPI-from-country-code": party.country_code, "OCPI-from-party-id": party.party_id}


def _two_status_codes(body: dict[str, Any]) -> None:
    body["status_code"] = str(body["status_code"])


TRANSPORT = {
    **kept(
        ("accepts_wrong_token", "a token nobody was given is as good as any", "TRA-08"),
        ("accepts_no_token", "requests without an Authorization header are served", "TRA-08"),
        ("token_a_opens_all", "a token A opens the functional modules before registration", "TRA-09"),
        ("raw_tokens_only", "a Base64 token is not decoded, so nobody is known by it", "TRA-04", SINCE_221),
    ),
    **rows(
        "reply",
        ("unauthorized_as_200", "an unknown token is told so under HTTP 200", "TRA-08", by.status(401, 200)),
        ("unauthorized_as_403", "an unknown token is answered 403", "TRA-08", by.status(401, 403)),
        (
            "errors_without_envelope",
            "HTTP errors come as plain text",
            "TRA-69",
            by.envelope(lambda body: str(body.get("status_message")), by.errors),
        ),
        (
            "no_envelope",
            "`data` comes bare, without the envelope",
            "TRA-65",
            by.envelope(lambda body: body.get("data", {})),
        ),
        ("no_timestamp", "the envelope has no timestamp", "TRA-66", by.envelope(by.leave_out("timestamp"))),
        (
            "bad_timestamp",
            "the timestamp is no DateTime",
            "TRA-66",
            by.envelope(by.say("timestamp", "just now")),
        ),
        (
            "no_status_code",
            "the envelope has no status_code",
            "TRA-66",
            by.envelope(by.leave_out("status_code")),
        ),
        ("status_code_as_text", "the status_code is a string", "TRA-66", by.envelope(_two_status_codes)),
        ("html_content_type", "JSON is called text/html", "TRA-65", by.header("Content-Type", "text/html")),
        (
            "list_as_object",
            "a list's `data` is an object with the list in it",
            "TRA-67",
            by.envelope(lambda body: body.update(data={"items": body["data"]}), by.lists),
        ),
        (
            "null_for_empty_list",
            "an empty list is null",
            "TRA-67",
            by.envelope(lambda body: body.update(data=body["data"] or None), by.lists),
        ),
        ("no_request_id", "answers have no X-Request-ID", "TRA-81", by.header("X-Request-ID"), SINCE_221),
        (
            "other_request_id",
            "answers have an X-Request-ID of their own",
            "TRA-81",
            by.header("X-Request-ID", "7d7a0000-0000-4000-8000-000000000000"),
            SINCE_221,
        ),
        (
            "no_correlation_id",
            "answers have no X-Correlation-ID",
            "TRA-83",
            by.header("X-Correlation-ID"),
            SINCE_221,
        ),
        (
            "other_correlation_id",
            "answers have an X-Correlation-ID of their own",
            "TRA-83",
            by.header("X-Correlation-ID", "7d7a0000-0000-4000-8000-000000000001"),
            SINCE_221,
        ),
        (
            "no_routing_headers",
            "answers have no OCPI-to and OCPI-from headers",
            "HUB-01",
            by.headers_like("OCPI-"),
            SINCE_221,
        ),
        (
            "routing_not_swapped",
            "answers repeat the routing headers as they came",
            "HUB-05",
            _swap_routing,
            SINCE_221,
        ),
        (
            "routing_on_configuration",
            "versions, credentials and hubclientinfo have routing headers",
            "HUB-02",
            _route_configuration,
            SINCE_221,
        ),
        ("refusals_as_success", "what is refused is answered 1000", "STA-14", _refuse_as_success),
        ("refusals_as_400", "an invalid object is answered HTTP 400", "STA-03", _refuse_as_400),
        (
            "unknown_object_as_200",
            "an unknown object is 200, 1000, null",
            "STA-05",
            by.status(404, 200, 1000),
        ),
        ("unknown_object_as_500", "an unknown object is HTTP 500", "STA-05", by.status(404, 500)),
        ("created_as_200", "a new object is answered 200", "STA-07", by.status(201, 200)),
        (
            "updated_as_201",
            "a replaced object is answered 201",
            "STA-06",
            by.status(
                200,
                201,
                where=lambda asked, reply: asked.method in ("PUT", "PATCH") and asked.side == "RECEIVER",
            ),
        ),
        ("method_as_404", "a method that is not offered is answered 404", "AMB-40", by.status(405, 404)),
        ("no_allow", "405 does not say what is allowed", "AMB-40", by.header("Allow")),
    ),
    **rows(
        "request",
        ("any_method", "methods that are not offered are answered 1000", "AMB-40", _any_method),
        ("bad_json_accepted", "a body that is no JSON is answered 1000", "STA-02", _bad_json(200)),
        ("bad_json_as_500", "a body that is no JSON is HTTP 500", "STA-02", _bad_json(500)),
        ("slash_matters", "a path with a slash at its end is unknown", "AMB-39", _slash),
    ),
}
