"""More rules of what we list and send: one fault each, that nothing else betrays."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sandbox.breaking import tools as by
from sandbox.breaking.table import ONLY_221, ONLY_230, SINCE_221, kept, rows
from sandbox.conduct import Asked, Call, Reply
from sandbox.messages import Answer

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]
_COUNT = count(1)


def _window_of_evses(partner: Partner, asked: Asked, answer: Answer) -> None:
    """With date_from only the first EVSE of a Location is listed."""
    windowed = asked.lists and asked.module == "locations" and "date_from" in asked.request.query
    if windowed and isinstance(answer.data, list):
        answer.data = [{**each, "evses": each.get("evses", [])[:1]} for each in answer.data]


def _single_as_list(partner: Partner, asked: Asked, answer: Answer) -> None:
    if (
        asked.side == "SENDER"
        and asked.module == "locations"
        and asked.rest
        and isinstance(answer.data, dict)
    ):
        answer.data = [answer.data]


def _every_other_reversed(partner: Partner, asked: Asked, answer: Answer) -> None:
    if asked.lists and isinstance(answer.data, list):
        url = f"{asked.request.path}?{sorted(asked.request.query.items())}"
        times = len(
            [each for each in partner.log.find("GET") if f"{each.path}?{sorted(each.query.items())}" == url]
        )
        if times % 2:
            answer.data.reverse()


def asked_amiss(partner: Partner, asked: Asked) -> bool:
    """Whether something was asked of this module that it does not offer."""
    return any(each.status == 405 and each.path.startswith(asked.request.path) for each in partner.log.find())


def _limit_echoed(partner: Partner, asked: Asked, reply: Reply) -> None:
    if by.lists(asked, reply) and "limit" in asked.request.query:
        reply.headers["X-Limit"] = asked.request.query["limit"]


def _limit_too_small(partner: Partner, asked: Asked, reply: Reply) -> None:
    if by.lists(asked, reply) and reply.body["data"]:
        reply.headers["X-Limit"] = str(len(reply.body["data"]) - 1)


def _beyond_the_end(partner: Partner, asked: Asked, answer: Answer) -> None:
    if asked.lists and isinstance(answer.data, list) and not answer.data and "offset" in asked.request.query:
        things = list(partner.holdings.own.get(asked.module, {}).values())[:1]
        answer.data = [partner.written(asked.module, each, asked.version) for each in things]


def _moving_versions(found: Any) -> None:
    for each in found:
        each["url"] += f"?n={next(_COUNT)}"


def _odd_version(found: Any) -> list[Object]:
    return [*found, {**found[0], "version": "9.9"}]


def _once_more(change: Any) -> by.OnAnswer:
    def do(found: Any) -> None:
        found["endpoints"] = [*found["endpoints"], *change(found["endpoints"])]

    return by.data(do, "details")


def _elsewhere(found: Object) -> Object:
    return {**found, "url": found["url"].replace("/versions", "/2.2.1")}


def _with_the_parties_behind(partner: Partner, asked: Asked, answer: Answer) -> None:
    if asked.module == "credentials" and isinstance(answer.data, dict) and partner.hub_party:
        behind = [each.credentials_role for each in partner.behind]
        answer.data = {**answer.data, "roles": [*answer.data["roles"], *behind]}


def _nothing_for_all(partner: Partner, asked: Asked, answer: Answer) -> None:
    heard, hub = asked.request.headers, partner.hub_party
    if (
        hub
        and asked.lists
        and heard.get("ocpi-to-party-id") == hub.party_id
        and isinstance(answer.data, list)
    ):
        answer.data = []
        answer.headers = {"X-Total-Count": "0", "X-Limit": "50"}


def _routed(partner: Partner, call: Call) -> None:
    if call.module in ("versions", "credentials", "hubclientinfo"):
        party = partner.parties[0]
        call.headers |= {"OCPI-from-country-code": party.country_code, "OCPI-from-party-id": party.party_id}


def _guessed(partner: Partner, call: Call) -> None:
    if call.side == "RECEIVER" and call.method in ("PUT", "PATCH", "POST"):
        parts = urlsplit(call.url)
        rest = parts.path.partition(f"/{call.module}")[2]
        call.url = f"{parts.scheme}://{parts.netloc}/ocpi/emsp/{call.peer.version}/{call.module}{rest}"


def _cdr_by_put(partner: Partner, call: Call) -> None:
    if call.module == "cdrs" and call.method == "POST":
        call.method = "PUT"
        party = partner.parties[0]
        owner = (party.country_code, party.party_id)
        if "party_id" in call.body:
            owner = (call.body["country_code"], call.body["party_id"])
        call.url += "/".join(["", *owner, call.body["id"]])


def _wrong_token(results: bool) -> by.OnCall:
    """Pushes, or results, with a token nobody gave."""

    def do(partner: Partner, call: Call) -> None:
        is_result = (
            call.side == "SENDER"
            and call.method == "POST"
            and call.module in ("commands", "chargingprofiles")
        )
        is_push = call.side == "RECEIVER" and call.method != "GET"
        if is_result if results else is_push:
            call.headers["Authorization"] = "Token bm9ib2R5IGdhdmUgbWUgdGhpcw=="

    return do


FINER = {
    **kept(
        ("token_with_blank", "the token in our Credentials has a blank", "CRE-54"),
        ("urls_without_version", "endpoints have urls without the version", "TRA-91"),
        ("order_drifts", "the first object of a list moves to its end as time goes on", "TRA-29"),
        ("pulls_by_offset", "pages are asked by an offset of our own making", "TRA-40"),
    ),
    **rows(
        "answer",
        (
            "single_as_list",
            "one Location, EVSE or Connector comes as a list of one",
            "LOC-31",
            _single_as_list,
        ),
        ("window_of_evses", "a window of time shows some EVSEs of a Location", "LOC-28", _window_of_evses),
        ("order_changes", "every other time a list comes in another order", "TRA-28", _every_other_reversed),
        ("beyond_the_end", "objects come from beyond the end of a list", "TRA-30", _beyond_the_end),
        (
            "versions_change",
            "each time the versions are others",
            "VER-25",
            by.data(_moving_versions, "versions"),
        ),
        ("odd_version", "a version 9.9 is listed", "VER-18", by.data(_odd_version, "versions")),
        ("endpoint_twice", "an endpoint is listed twice", "VER-09", _once_more(lambda found: found[-1:])),
        (
            "credentials_as_receiver",
            "the credentials endpoint is called RECEIVER",
            "VER-11",
            by.endpoints(
                lambda each: {**each, "role": "RECEIVER"} if each["identifier"] == "credentials" else each
            ),
            SINCE_221,
        ),
        (
            "odd_identifier",
            "an endpoint `reservations` is listed",
            "VER-13",
            _once_more(lambda found: [{**found[-1], "identifier": "reservations"}]),
        ),
        (
            "commands_alone",
            "commands are offered without sessions",
            "VER-17",
            by.endpoints(lambda each: None if each["identifier"] == "sessions" else each),
        ),
        (
            "credentials_of_others",
            "GET of our Credentials shows another token than the one in use",
            "CRE-13",
            by.data(by.say("token", "another"), "credentials", "GET"),
        ),
        (
            "credentials_other_url",
            "the url in our Credentials is that of a version",
            "CRE-41",
            by.data(_elsewhere, "credentials", ""),
        ),
        (
            "hub_lists_parties",
            "a hub lists the parties behind it as its own roles",
            "CRE-47",
            _with_the_parties_behind,
            ONLY_221,
        ),
        (
            "hub_without_id",
            "a hub does not say its hub_party_id",
            "CRE-49",
            by.data(by.leave_out("hub_party_id"), "credentials", ""),
            ONLY_230,
        ),
        ("hub_lists_nothing", "a list of everybody is empty", "HUB-30", _nothing_for_all, SINCE_221),
    ),
    **rows(
        "reply",
        ("limit_echoed", "X-Limit is whatever limit was asked for", "TRA-32", _limit_echoed),
        ("limit_too_small", "X-Limit is less than what comes", "TRA-35", _limit_too_small),
    ),
    **rows(
        "call",
        (
            "routes_configuration",
            "our requests on versions and credentials have routing headers",
            "HUB-02",
            _routed,
            SINCE_221,
        ),
        (
            "short_request_ids",
            "our X-Request-IDs are small numbers",
            "TRA-84",
            lambda partner, call: by.call_header("X-Request-ID", str(next(_COUNT)))(partner, call),
            SINCE_221,
        ),
        ("guesses_urls", "we push to URLs that nobody named", "TRA-90", _guessed),
        ("cdrs_are_put", "our CDRs come by PUT", "CDR-14", _cdr_by_put),
        ("pushes_with_wrong_token", "our pushes have a token nobody gave us", "TRA-02", _wrong_token(False)),
        ("results_with_wrong_token", "our results have a token nobody gave us", "AMB-25", _wrong_token(True)),
        (
            "active_profile_undated",
            "an ActiveChargingProfile that we tell has no start_date_time",
            "CHP-30",
            by.call_body(
                lambda body: {n: v for n, v in body.items() if n != "start_date_time"},
                "PUT",
                "chargingprofiles",
            ),
            SINCE_221,
        ),
    ),
}
