"""What a correct server may do though few do it: no check may call it a fault, and advice is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.breaking import tools as by
from sandbox.conduct import Asked, Misconduct, Reply
from sandbox.messages import Answer
from sandbox.partner import Partner

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
Act = Callable[[Partner], Any]


@dataclass(frozen=True)
class Liberty:
    """How a sandbox takes it, with which settings, and the checks that may advise against it."""

    take: Act = lambda partner: None
    settings: tuple[tuple[str, Any], ...] = ()
    advice: str = ""
    versions: tuple[str, ...] = ("2.2.1",)


def at(point: str, do: Callable[..., Any]) -> Act:
    return lambda partner: partner.conduct.tell(Misconduct("liberty", point, do))


def shaped(name: str) -> Act:
    return lambda partner: partner.do("shape", name=name)


def offering(*modules: str) -> Act:
    return at(
        "answer", by.endpoints(lambda each: each if each["identifier"] in ("credentials", *modules) else None)
    )


def _in_small_letters(partner: Partner, asked: Asked, reply: Reply) -> None:
    reply.headers = {name.lower(): value for name, value in reply.headers.items()}
    reply.headers["content-type"] = "application/json; charset=utf-8"


def _several_links(partner: Partner, asked: Asked, reply: Reply) -> None:
    if link := reply.headers.get("Link"):
        url = link[1:].partition(">")[0]
        reply.headers["Link"] = (
            f'<{partner.base_url}/2.2.1/out/x?a=1,2>; rel="first", <{url}>; title="more"; rel=next'
        )


def _opaque_links(partner: Partner, asked: Asked, reply: Reply) -> None:
    if link := reply.headers.get("Link"):
        reply.headers["Link"] = link.replace("?", "?cursor=b3BhcXVl&")


def _largest_page(partner: Partner, asked: Asked, reply: Reply) -> None:
    if "X-Limit" in reply.headers:
        reply.headers["X-Limit"] = "500"


def _size_of_page(partner: Partner, asked: Asked, reply: Reply) -> None:
    if by.lists(asked, reply):
        reply.headers["X-Limit"] = str(len(reply.body["data"]))


def _talkative(partner: Partner, asked: Asked, reply: Reply) -> None:
    if isinstance(reply.body, dict):
        reply.body |= {"status_message": "as you like it", "trace": {"node": 7}}
        reply.body.setdefault("data", None)
        reply.body["timestamp"] = reply.body["timestamp"].replace("Z", ".123Z")


def _ids_in_capitals(partner: Partner, asked: Asked, answer: Answer) -> None:
    """Identifiers are CiStrings: in which case they are kept is the receiver's."""
    if asked.side == "RECEIVER" and asked.method == "GET" and isinstance(answer.data, dict):
        answer.data = _capitals(answer.data)


def _capitals(value: Any) -> Any:
    if isinstance(value, dict):
        names = ("id", "uid", "location_id", "evse_uid", "country_code", "party_id", "evse_id")
        return {n: str(v).upper() if n in names else _capitals(v) for n, v in value.items()}
    return [_capitals(each) for each in value] if isinstance(value, list) else value


def _milliseconds(name: str, value: Any) -> Any:
    dated = name.endswith(("last_updated", "_date_time", "_datetime")) and isinstance(value, str)
    return value.replace("Z", ".000Z") if dated else value


def _bare_locations(module: str, version: str, thing: dict[str, Any]) -> None:
    if module == "locations":
        for name in ("opening_times", "energy_mix", "operator", "facilities", "charging_when_closed", "name"):
            thing.pop(name, None)
        if thing["id"] == "BRU1":
            thing.pop("evses", None)
    if module == "sessions":
        thing.pop("charging_periods", None)
        thing.pop("total_cost", None)


def _refused_as_200(partner: Partner, asked: Asked, reply: Reply) -> None:
    """What is refused of an object: HTTP 200 with 2003, where others say 404."""
    if reply.status == 404 and asked.side and asked.method != "POST":
        reply.status = 200


def _another_module(found: Any) -> None:
    found["endpoints"] = [*found["endpoints"], {**found["endpoints"][-1], "identifier": "besbc-loyalty"}]


def _more_versions(found: Any) -> list[Any]:
    return [{**found[0], "version": "2.2"}, *found]


def _all_or(word: str) -> Act:
    return lambda partner: partner.do("answers", command=word, profile=word)


LIBERTIES: dict[str, Liberty] = {
    "none": Liberty(),
    "pages_of_one": Liberty(settings=(("page_limit", 1),)),
    "everything_on_one_page": Liberty(settings=(("page_limit", 1000),)),
    "nothing_to_list": Liberty(settings=(("data", False),), versions=VERSIONS),
    "headers_in_small_letters": Liberty(at("reply", _in_small_letters)),
    "several_links": Liberty(at("reply", _several_links), (("page_limit", 2),)),
    "opaque_links": Liberty(at("reply", _opaque_links), (("page_limit", 2),)),
    "x_limit_is_the_largest_page": Liberty(at("reply", _largest_page), (("page_limit", 2),), "TRA-32"),
    "x_limit_is_what_came": Liberty(
        at("reply", _size_of_page), (("page_limit", 2),), "TRA-35", versions=VERSIONS
    ),
    "a_message_and_more_in_every_answer": Liberty(at("reply", _talkative)),
    "ids_kept_in_capitals": Liberty(at("answer", _ids_in_capitals)),
    "milliseconds": Liberty(at("object", by.everywhere(_milliseconds))),
    "no_zone": Liberty(shaped("dates_without_zone")),
    "null_for_nothing": Liberty(shaped("null_for_nothing")),
    "fields_of_its_own": Liberty(shaped("own_fields")),
    "no_more_than_is_required": Liberty(at("object", _bare_locations)),
    "credentials_alone": Liberty(offering()),
    "locations_and_tokens": Liberty(offering("locations", "tokens"), versions=VERSIONS),
    "one_module": Liberty(offering("tariffs", "cdrs"), versions=VERSIONS),
    "a_module_of_its_own": Liberty(at("answer", by.data(_another_module, "details"))),
    "an_older_version_listed": Liberty(at("answer", by.data(_more_versions, "versions"))),
    "commands_not_supported": Liberty(_all_or("NOT_SUPPORTED")),
    "commands_rejected": Liberty(_all_or("REJECTED"), advice="CMD-18 CHP-23"),
    "charge_points_that_fail": Liberty(
        lambda partner: partner.do("answers", result="REJECTED", profile_result="UNKNOWN"), versions=VERSIONS
    ),
    "verdicts_need_a_place": Liberty(
        lambda partner: partner.do("answers", needs_location=True), versions=VERSIONS
    ),
    "created_and_updated_are_200": Liberty(at("reply", by.status(201, 200)), advice="STA-07"),
    "unknown_is_told_under_200": Liberty(
        at("reply", _refused_as_200),
        advice="STA-05 LOC-41 TRA-51 AMB-05 SES-42 TAR-02 CDR-15 STA-05/c TOK-31",
    ),
    "several_roles": Liberty(settings=(("role", "CPO,EMSP"),)),
}
