"""Locations that are wrong, a stranger's, or only unusual."""

from __future__ import annotations

from typing import Any

from conformance.check import NEWER, READING, SHOULD, check
from conformance.checks.locations import whole
from conformance.receiving import (
    below,
    get,
    path,
    put,
    refused_in_words,
    same_id,
    strangers,
)
from conformance.samples import ABSENT, stamp
from conformance.trial import Trial
from conformance.verdict import Skipped, require, require_refusal

L: Any = {"module": "locations", "interface": "RECEIVER", "roles": ("CPO",), "writes": True}


@check(
    "TRA-54/a",
    "Nobody writes for a stranger's party",
    "PUT a Location of a party that is not ours",
    "no success; HTTP 404",
    **L,
)
def strangers_party(trial: Trial) -> None:
    body = trial.samples.location("L1", id=trial.samples.id("L1"))
    if trial.newer:
        body |= {"country_code": trial.country, "party_id": "QQQ"}
    answer = trial.ask("PUT", "locations", "RECEIVER", below(trial.country, "QQQ", body["id"]), body)
    strangers(trial, answer, "a Location of a stranger's party")


@check(
    "TRA-54/b",
    "Nobody reads what a stranger's party sent",
    "GET a Location in a stranger's name",
    "no success; HTTP 404",
    **{**L, "writes": False},
)
def strangers_object(trial: Trial) -> None:
    answer = trial.ask("GET", "locations", "RECEIVER", below(trial.country, "QQQ", "L1"))
    strangers(trial, answer, "GET in a stranger's name")


@check(
    "TRA-56/a",
    "The id in the URL is the id in the object",
    "PUT a Location under another id",
    "HTTP 200 and 2001",
    force=SHOULD,
    **L,
)
def other_id(trial: Trial) -> None:
    answer = trial.ask("PUT", "locations", "RECEIVER", path(trial, trial.samples.id("Lx")),
                       trial.samples.location("Ly"))  # fmt: skip
    require_refusal(answer, 2001, "a Location under another id")


@check(
    "TRA-57/a",
    "The party in the URL is the party in the object",
    "PUT a Location that names another party",
    "HTTP 200 and 2001",
    force=SHOULD,
    versions=NEWER,
    **L,
)
def other_party(trial: Trial) -> None:
    id = trial.samples.id("Lz")
    body = trial.samples.location("Lz", party_id="QQQ")
    require_refusal(
        trial.ask("PUT", "locations", "RECEIVER", path(trial, id), body), 2001, "another party's object"
    )


@check(
    "STA-14/a",
    "A Location without coordinates is refused with 2001, and no HTTP error",
    "PUT a Location without a required field",
    "HTTP 200 and 2001",
    **L,
)
def without_coordinates(trial: Trial) -> None:
    id = trial.samples.id("L10")
    body = trial.samples.location("L10", coordinates=ABSENT)
    refused_in_words(trial, trial.ask("PUT", "locations", "RECEIVER", path(trial, id), body))


@check(
    "STA-14/b",
    "A status that OCPI does not know is refused with 2001, and no HTTP error",
    "PUT an EVSE with status SLEEPING",
    "HTTP 200 and 2001",
    **L,
)
def unknown_status(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    id, uid = whole(trial), trial.samples.id("E9")
    body = trial.samples.evse("E9", status="SLEEPING")
    refused_in_words(trial, trial.ask("PUT", "locations", "RECEIVER", path(trial, id, uid), body))


@check(
    "TRA-75/a",
    "Fields that OCPI does not know are tolerated",
    "PUT a Location with a field of ours",
    "1000",
    **L,
)
def unknown_fields(trial: Trial) -> None:
    id = trial.samples.id("L11")
    put(trial, "locations", trial.samples.location("L11", colour_of_the_roof="green"), id)


@check(
    "TYP-15",
    "null is the same as absent",
    "PUT a Location with `directions` and `operator` null",
    "1000",
    **L,
)
def null_is_absent(trial: Trial) -> None:
    put(
        trial,
        "locations",
        trial.samples.location("L12", operator=None, directions=None),
        trial.samples.id("L12"),
    )


@check(
    "TYP-13",
    "New values of an OpenEnum are taken",
    "PUT an EVSE with an unknown capability",
    "1000",
    versions=("2.3.0",),
    **L,
)
def open_enumerations(trial: Trial) -> None:
    body = trial.samples.evse("E1", capabilities=["RFID_READER", "LEVITATION"], last_updated=stamp(-400))
    trial.endpoint("locations", "RECEIVER")
    put(trial, "locations", body, whole(trial), trial.samples.id("E1"))


@check(
    "TYP-02",
    "Text keeps every script",
    "PUT a Location named in Greek and Chinese, GET it",
    "the same name",
    versions=NEWER,
    **L,
)
def every_script(trial: Trial) -> None:
    sent = trial.samples.location("L13", name="Φόρτιση 充电 Łódź")
    put(trial, "locations", sent, sent["id"])
    held = get(trial, "locations", sent["id"])
    require(held.get("name") == sent["name"], f"name is {held.get('name')!r}", trial.proofs[-1])


@check(
    "TYP-06",
    "DateTimes come with Z or without, with fractions or without",
    "PUT Locations with such last_updated",
    "1000 for each",
    versions=NEWER,
    **L,
)
def forms_of_date_time(trial: Trial) -> None:
    for number, end in enumerate(("", ".5Z", ".123Z", "Z")):
        name = f"L2{number}"
        body = trial.samples.location(name, last_updated=stamp(-3000).removesuffix("Z") + end)
        put(trial, "locations", body, trial.samples.id(name))


@check(
    "TYP-18",
    "An id beyond 36 characters is refused, or kept whole",
    "PUT a Location with an id of 40 characters",
    "2001, or the same id on GET",
    versions=NEWER,
    **L,
)
def long_id(trial: Trial) -> None:
    id = (trial.samples.id("L") + "x" * 40)[:40]
    answer = trial.ask("PUT", "locations", "RECEIVER", path(trial, id), trial.samples.location("L", id=id))
    if not answer.ok:
        require_refusal(answer, 0, "an id of 40 characters")
        return
    require(same_id(get(trial, "locations", id).get("id"), id), "the id was cut", trial.proofs[-1])


@check(
    "AMB-39/b",
    "Ids come percent-encoded",
    "PUT and GET a Location whose id has a blank, a star and a slash",
    "1000; the same id",
    force=READING,
    **L,
)
def encoded_ids(trial: Trial) -> None:
    if not trial.find("locations", "RECEIVER"):
        raise Skipped("the other side does not offer locations RECEIVER")
    id = trial.samples.id("a*b c/d")
    put(trial, "locations", trial.samples.location("L", id=id), id)
    require(same_id(get(trial, "locations", id).get("id"), id), "another id came", trial.proofs[-1])


@check(
    "TYP-01/b",
    "The id of a Location is read in any case",
    "PUT a Location, GET it in the other case",
    "the same Location",
    force=READING,
    versions=NEWER,
    **L,
)
def id_in_any_case(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    require(get(trial, "locations", whole(trial).swapcase()).get("id"), "no Location came", trial.proofs[-1])
