"""More rules of what we list and send: one fault each, that nothing else betrays."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sandbox.breaking import tools as by
from sandbox.breaking.table import ONLY_221, ONLY_230, SINCE_221, kept, rows
from sandbox.conduct import Asked, Call, Reply
from sandbox.messages import Answer, date_time, moment

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]
_COUNT = count(1)


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


def _window_of_evses(partner: Partner, asked: Asked, answer: Answer) -> None:
    """With date_from only the first EVSE of a Location is listed."""
    if asked.lists and asked.module == "locations" and "date_from" in asked.request.query:
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
        party = partner.parties[0]
        call.method = "PUT"
        call.url += f"/{party.country_code}/{party.party_id}/{call.body['id']}"


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
            by.fields(
                "locations", lambda thing: thing.update(publish_allowed_to=[{"uid": "X", "type": "RFID"}])
            ),
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
            by.fields("tokens", lambda thing: thing.update(type="APP_USER", whitelist="ALWAYS")),
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
        ("endpoint_twice", "an endpoint is listed twice", "VER-09", _once_more(lambda found: found[:1])),
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
