"""Tariffs pushed to the other side."""

from __future__ import annotations

from typing import Any

from conformance.check import NEWER, OLD, READING, check
from conformance.receiving import below, get, patch, path, put, refused_in_words, require_same, strangers
from conformance.samples import ABSENT, stamp
from conformance.trial import Trial
from conformance.verdict import advise, require, require_success

T: Any = {"module": "tariffs", "interface": "RECEIVER", "roles": ("CPO",), "writes": True}


@check(
    "TAR-06/a",
    "A Tariff is taken and read back as it was sent",
    "PUT a Tariff, then GET it",
    "1000, and every field that was sent",
    **T,
)
def new_tariff(trial: Trial) -> None:
    sent = trial.samples.tariff("T1")
    put(trial, "tariffs", sent, sent["id"])
    require_same(trial, sent, get(trial, "tariffs", sent["id"]))


@check(
    "TRA-46/b",
    "PUT replaces a Tariff: what is left out is gone",
    "PUT a Tariff without tariff_alt_text, GET it",
    "no tariff_alt_text",
    **T,
)
def put_replaces(trial: Trial) -> None:
    id = trial.samples.id("T2")
    put(trial, "tariffs", trial.samples.tariff("T2", last_updated=stamp(-3000)), id)
    put(trial, "tariffs", trial.samples.tariff("T2", tariff_alt_text=ABSENT, last_updated=stamp(-2900)), id)
    require(not get(trial, "tariffs", id).get("tariff_alt_text"), "it is still there", trial.proofs[-1])


@check(
    "TAR-11",
    "Restrictions and prices keep their digits",
    "PUT a Tariff with restrictions and a price of 4 decimals",
    "GET shows the same",
    **T,
)
def restrictions_keep_their_digits(trial: Trial) -> None:
    samples = trial.samples
    element = {
        "price_components": [{"type": "ENERGY", "price": 0.2375, "step_size": 1}],
        "restrictions": {
            "start_time": "22:00",
            "end_time": "06:00",
            "day_of_week": ["SATURDAY"],
            "min_kwh": 0.5,
        },
    }
    sent = samples.tariff("T3", elements=[element, *samples.tariff("T3")["elements"]])
    put(trial, "tariffs", sent, sent["id"])
    require_same(trial, sent, get(trial, "tariffs", sent["id"]))


@check(
    "STA-14/c",
    "A Tariff without elements is refused with 2001, and no HTTP error",
    "PUT a Tariff with no element",
    "HTTP 200 and 2001",
    **T,
)
def without_elements(trial: Trial) -> None:
    body = trial.samples.tariff("T4", elements=[])
    refused_in_words(trial, trial.ask("PUT", "tariffs", "RECEIVER", path(trial, body["id"]), body))


@check("TAR-02", "A Tariff is deleted", "PUT, DELETE and GET a Tariff", "1000, then HTTP 404", **T)
def deleted(trial: Trial) -> None:
    id = trial.samples.id("T5")
    put(trial, "tariffs", trial.samples.tariff("T5"), id)
    require_success(trial.ask("DELETE", "tariffs", "RECEIVER", path(trial, id)), "DELETE of a Tariff")
    answer = trial.ask("GET", "tariffs", "RECEIVER", path(trial, id))
    require(not answer.ok, "the Tariff is still there", answer)
    advise(answer.status == 404, f"404 is expected: {answer.said}", answer)


@check(
    "AMB-05/b",
    "DELETE of an unknown Tariff is refused",
    "DELETE a Tariff that was never sent",
    "HTTP 404",
    force=READING,
    **T,
)
def delete_of_unknown(trial: Trial) -> None:
    answer = trial.ask("DELETE", "tariffs", "RECEIVER", path(trial, trial.samples.id("never")))
    require(answer.status == 404, f"404 is expected: {answer.said}", answer)


@check("TAR-07", "PATCH of a Tariff is not offered", "PATCH a Tariff", "HTTP 405", versions=NEWER, **T)
def patch_is_not_offered(trial: Trial) -> None:
    id = trial.samples.id("T6")
    put(trial, "tariffs", trial.samples.tariff("T6"), id)
    body = {"currency": "SEK", "last_updated": stamp()}
    answer = trial.ask("PATCH", "tariffs", "RECEIVER", path(trial, id), body)
    require(not answer.ok, "a PATCH was taken", answer)
    advise(answer.status == 405, f"405 is expected: {answer.said}", answer)


@check(
    "TAR-08", "PATCH changes a Tariff", "PATCH `currency`, then GET", "the new currency", versions=OLD, **T
)
def old_patch(trial: Trial) -> None:
    id = trial.samples.id("T6")
    put(trial, "tariffs", trial.samples.tariff("T6"), id)
    patch(trial, "tariffs", {"currency": "SEK", "last_updated": stamp()}, id)
    require(get(trial, "tariffs", id).get("currency") == "SEK", "it is the old one", trial.proofs[-1])


@check(
    "TRA-54/c",
    "Nobody writes a stranger's Tariff",
    "PUT a Tariff of a party that is not ours",
    "no success",
    **T,
)
def strangers_tariff(trial: Trial) -> None:
    body = trial.samples.tariff("T1", **({"party_id": "QQQ"} if trial.newer else {}))
    answer = trial.ask("PUT", "tariffs", "RECEIVER", below(trial.country, "QQQ", body["id"]), body)
    strangers(trial, answer, "a stranger's Tariff")


@check("TRA-54/d", "Nobody deletes a stranger's Tariff", "DELETE in a stranger's name", "no success", **T)
def strangers_delete(trial: Trial) -> None:
    answer = trial.ask("DELETE", "tariffs", "RECEIVER", below(trial.country, "QQQ", "T1"))
    strangers(trial, answer, "DELETE of a stranger's Tariff")
