"""Row I6: a function that is killed between any two of its calls; what it decided is told, as one event."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from localrun.functions import FunctionFailed
from tests import samples
from tests.dying import die_everywhere, go_away

# Where a run is long, a part of the calls; `OCPI_TRIALS=1` for all of them.
STEP = 1 if os.environ.get("OCPI_TRIALS") else 5


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_RETRY_SCHEDULE": "5,30,120,600,3600", "OCPI_PULL_INTERVAL": "0"}


@pytest.fixture
def settle(drain: Any, clock: Any) -> Callable[..., None]:
    """Have what was hidden come back and what is due be done, so many times, after so many seconds each."""

    def settled(times: int, seconds: float = 600) -> None:
        for _ in range(times):
            clock.advance(seconds)
            with suppress(FunctionFailed):
                drain()

    return settled


def told(events: Any, kind: str, already: set[str]) -> list[dict[str, Any]]:
    """What the back end heard of this kind beside what it had, each event once."""
    found = {each["detail"]["event_id"]: each["detail"] for each in events(kind)}
    return [detail for id, detail in found.items() if id not in already]


def heard(events: Any, kind: str) -> set[str]:
    return {each["detail"]["event_id"] for each in events(kind)}


@pytest.mark.parametrize("state", ["REFUSED", "GIVEN_UP"])
def test_i6_a_delivery_that_failed_is_told(
    operate: Any, drain: Any, events: Any, emsp: Any, settle: Any, state: str
) -> None:
    """Row I6: from the change on, through stream and queue."""
    if state == "GIVEN_UP":
        operate("partner_options", partner=emsp.id, policy="spec")
        emsp.answer("PUT", "/tariffs", status=503)
    else:
        emsp.answer("PUT", "/tariffs", status=400, code=2001, message="no such thing")
    names: list[str] = []

    def before() -> None:
        names.append(f"T{len(names)}")
        operate("put", module="tariffs", object=samples.tariff(names[-1]))

    def after(_: str) -> None:
        settle(3)
        deliveries = operate("deliveries", partner=emsp.id, limit=100)["deliveries"]
        assert {each["object_id"]: each["state"] for each in deliveries}[names[-1]] == state
        failed = [each for each in told(events, "DeliveryFailed", set()) if each["object_id"] == names[-1]]
        assert [each["state"] for each in failed] == [state]

    assert die_everywhere(lambda: drain(sweep=False), before, after) > 10


def test_i6_an_outage_is_told(
    operate: Any, drain: Any, events: Any, hand: Any, emsp: Any, settle: Any
) -> None:
    """Row I6: PartnerUnreachable, and PartnerRecovered after it, one each."""
    rounds, before_it = [0], dict[str, set[str]]()

    def before() -> None:
        go_away(hand, emsp)
        rounds[0] += 1
        before_it.update({each: heard(events, each) for each in ("PartnerUnreachable", "PartnerRecovered")})
        for at in range(4):
            operate("put", module="tariffs", object=samples.tariff(f"T{rounds[0]}-{at}"))

    def after(_: str) -> None:
        settle(2)
        assert operate("partner", partner=emsp.id)["health"]["state"] == "UNREACHABLE"
        assert len(told(events, "PartnerUnreachable", before_it["PartnerUnreachable"])) == 1
        emsp.up()
        settle(3, 3700)
        assert operate("partner", partner=emsp.id)["health"]["state"] == "OK"
        for kind, already in before_it.items():
            assert len(told(events, kind, already)) == 1, kind

    assert die_everywhere(lambda: drain(sweep=False), before, after, STEP) > 10


def test_i6_the_end_of_an_outage_is_told(
    operate: Any, drain: Any, clock: Any, events: Any, hand: Any, emsp: Any, settle: Any
) -> None:
    """Row I6: PartnerRecovered, and all that waited is sent."""
    rounds, already = [0], set[str]()

    def before() -> None:
        go_away(hand, emsp)
        rounds[0] += 1
        for at in range(4):
            operate("put", module="tariffs", object=samples.tariff(f"T{rounds[0]}-{at}"))
        settle(2)
        assert operate("partner", partner=emsp.id)["health"]["state"] == "UNREACHABLE"
        already.update(heard(events, "PartnerRecovered"))
        emsp.forget()
        emsp.up()
        clock.advance(3600)

    def after(_: str) -> None:
        settle(3, 3700)
        assert len(told(events, "PartnerRecovered", already)) == 1
        came = {each.path.split("/")[-1] for each in emsp.requests("PUT", "/tariffs")}
        assert {f"T{rounds[0]}-{at}" for at in range(4)} <= came
        assert operate("partner", partner=emsp.id)["backlog"] == 0

    assert die_everywhere(drain, before, after, STEP) > 10


def test_i6_the_end_of_a_pull_is_told(operate: Any, drain: Any, events: Any, cpo: Any, settle: Any) -> None:
    """Row I6: PullCompleted of each pull, with all it brought."""
    owner = {"country_code": "BE", "party_id": "BEC"}
    element = {"price_components": [{"type": "ENERGY", "price": 0.25, "step_size": 1}]}
    cpo.objects["tariffs"] = [samples.tariff(f"T{at}", elements=[element]) | owner for at in range(3)]
    for each in cpo.objects["tariffs"]:
        del each["tax_included"]
    cpo.page_limit = 2
    already = set[str]()

    def before() -> None:
        already.update(heard(events, "PullCompleted"))
        operate("pull", partner=cpo.id, module="tariffs", full=True)

    def after(_: str) -> None:
        settle(3)
        (pull,) = operate("pulls", partner=cpo.id, module="tariffs")["pulls"]
        assert (pull["state"], pull["objects"]) == ("COMPLETED", 3)
        (detail,) = told(events, "PullCompleted", already)
        assert (detail["partner"], detail["objects"]) == (cpo.id, 3)

    assert die_everywhere(lambda: drain(sweep=False), before, after) > 10
