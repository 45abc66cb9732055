"""A crawl of a partner whose pages fail and shrink, by a platform that keeps dying between two steps."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests import samples
from tests.stub import Canned, Received

MANY = 60
FAULTS = [
    Canned(status=500),
    Canned(body=b"<html>"),
    Canned(body=b'{"data": [{"id": "L'),
    Canned(code=3000),
    Canned(status=429, headers={"Retry-After": "2"}),
    Canned(data={"not": "a list"}),
]


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_RETRY_SCHEDULE": "1,2,5,10", "OCPI_PULL_INTERVAL": "0"}


@pytest.mark.parametrize("seed", [1, 2])
def test_every_object_that_stays_is_fetched(
    platform: Any, operate: Any, drain: Any, clock: Any, register_partner: Any, seed: int
) -> None:
    """TRA-38 to TRA-40: pages fail, repeat, shrink and lie, and we are killed meanwhile."""
    chance = random.Random(seed)
    cpo = register_partner(roles=samples.CPO_ROLES)
    drain()
    owner = {"country_code": "BE", "party_id": "BEC"}
    cpo.objects["tariffs"] = [
        {**samples.tariff(f"T{at}", elements=[]), **owner, "elements": [_element()]} for at in range(MANY)
    ]
    for each in cpo.objects["tariffs"]:
        del each["tax_included"]
    cpo.page_limit = 7
    gone: set[str] = set()

    def decide(request: Received) -> Canned | None:
        if not request.path.endswith("/sender/tariffs"):
            return None
        if chance.random() < 0.35:
            return chance.choice(FAULTS)
        offset = int(request.query.get("offset", 0))
        if offset > 7 and chance.random() < 0.2:
            removed = cpo.objects["tariffs"].pop(chance.randrange(offset))
            gone.add(removed["id"])
        return None

    cpo.script(decide)
    real = platform.queues.send

    def dying(tasks: Any, queue: str = "", delay: float = 0) -> None:
        if all(each.queue == "pull" for each in tasks) and chance.random() < 0.2:
            return  # killed after the job moved, before its message was sent
        real(tasks, queue, delay)

    platform.queues.send = dying
    operate("pull", partner=cpo.id, module="tariffs", full=True)
    for _ in range(150):
        drain()
        (pull,) = operate("pulls", partner=cpo.id, module="tariffs")["pulls"]
        if pull["state"] == "COMPLETED":
            break
        if pull["state"] == "FAILED":  # the schedule ended; whoever wants it begins again
            operate("pull", partner=cpo.id, module="tariffs", full=True)
        clock.advance(60)
    assert pull["state"] == "COMPLETED", pull
    held = {each["id"] for each in operate("list", module="tariffs", party="BE/BEC", limit=500)["objects"]}
    assert held >= {f"T{at}" for at in range(MANY)} - gone


def _element() -> dict[str, Any]:
    return {"price_components": [{"type": "ENERGY", "price": 0.35, "step_size": 1}]}
