"""Many writers at once, on an emulator whose writes are atomic: no number twice, no update lost."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.objects.hosted import patch, put
from chalicelib.objects.stored_object import load
from chalicelib.store import feeds
from chalicelib.store.object_items import Key
from chalicelib.store.objects import Objects
from tests.samples import own

WRITERS = 6


@pytest.fixture
def shared(make_platform: Any, ministack: Any) -> Any:
    return make_platform({}, ministack).platform


def test_racing_creations_are_numbered_without_gap_or_double(shared: Any) -> None:
    """Design section 7: dense numbers are what makes an offset a key."""
    stores = [Objects(shared) for _ in range(WRITERS)]
    dice = random.Random(1)

    def write(at: int) -> None:
        from chalicelib.store.dynamodb import retried
        from chalicelib.store.object_items import Part

        key = Key("tariffs", "NL", "EXA", f"T{at % 30}")  # each twice: one creates, one replaces
        part = Part("", "2.3.0", "2026-01-01T00:00:00.000Z", f'{{"at":{at}}}')
        store = dice.choice(stores)
        retried(lambda: store.save(key, store.load(key), [part], "NL/EXA>*", True))

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(60)))
    (head,) = shared.objects.feeds.heads("tariffs", ["NL/EXA>*"])
    keys = [Key("tariffs", "NL", "EXA", f"T{at}") for at in range(30)]
    places = sorted(part.place for part in shared.objects.parts([(key, "") for key in keys]) if part)
    assert head.count == 30
    assert places == [feeds.place(at) for at in range(1, 31)]


def test_racing_changes_of_one_location_all_survive(shared: Any) -> None:
    """EVSEs of their own, its head, and additions to one EVSE's connectors, all at once."""
    whole = own("location", id="L1")
    whole["evses"] = [{**whole["evses"][0], "uid": f"E{at}"} for at in range(WRITERS)]
    assert put(shared, "locations", whole).is_stored

    def change(at: int) -> None:
        if at % 3 == 0:
            patch(shared, "locations", "L1", {"status": "BLOCKED"}, evse_uid=f"E{at % WRITERS}")
        elif at % 3 == 1:
            field = "floor_level" if at % 2 else "physical_reference"
            patch(shared, "locations", "L1", {field: str(at)}, evse_uid="E1")
        else:
            patch(shared, "locations", "L1", {"name": f"name {at}"})

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(change, range(24)))
    found = load(shared, Key("locations", "NL", "EXA", "L1"))
    evses = {evse["uid"]: evse for evse in found.canonical["evses"]}
    assert {evses[uid]["status"] for uid in ("E0", "E3")} == {"BLOCKED"}
    assert evses["E1"]["floor_level"] and evses["E1"]["physical_reference"]
    assert found.canonical["name"].startswith("name ")
    revisions = {part.uid: part.revision for part in found.parts}
    assert (revisions["E1"], revisions[""]) == (1 + 8, 1 + 8)


def test_a_location_replaced_by_several_at_once_is_one_of_theirs(shared: Any) -> None:
    """Whole replacements do not mix."""

    def replace(at: int) -> None:
        whole = own("location", id="L1", name=f"by {at}")
        whole["evses"] = [
            {**whole["evses"][0], "uid": f"E{n}", "physical_reference": str(at)} for n in range(5)
        ]
        put(shared, "locations", whole)

    replace(0)
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(replace, range(1, 13)))
    found = load(shared, Key("locations", "NL", "EXA", "L1")).canonical
    writers = {evse["physical_reference"] for evse in found["evses"]}
    assert writers == {found["name"].removeprefix("by ")}
