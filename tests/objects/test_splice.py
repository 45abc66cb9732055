"""Locations of ours in another version, from the texts of their parts (CNV-P1, CNV-P2)."""

from __future__ import annotations

from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.objects.parts import split
from chalicelib.objects.stored_object import StoredObject
from chalicelib.ocpi import jsontext, versions
from chalicelib.ocpi.models.base import V211, V221, V230, VERSIONS
from chalicelib.ocpi.versions.conversion import Trip
from chalicelib.store.object_items import Key
from tests.ocpi.generate import make
from tests.ocpi.samples import NOW, example

OWNER = ("NL", "EXA")


def stored(location: dict[str, Any], version: str) -> StoredObject:
    canonical = versions.upgrade("location", location, version, Trip(owner=OWNER))
    parts = split("locations", location, version, canonical, NOW)
    return StoredObject(Key("locations", *OWNER, location["id"]), [part._replace(own=True) for part in parts])


def a_location(version: str, random: Random) -> dict[str, Any]:
    """One that differs in some of its EVSEs, in its head, or nowhere."""
    location = {**make("location", version, random), "country_code": "NL", "party_id": "EXA", "publish": True}
    evses = [make("evse", version, random) for _ in range(4)]
    for evse in evses[: random.randint(0, 4)]:
        evse.pop("parking", None)
        evse.pop("accepted_service_providers", None)
        for connector in evse["connectors"]:
            connector.pop("capabilities", None)
    if random.random() < 0.5:
        location.pop("parking_places", None)
        location.pop("help_phone", None)
    return {**location, "evses": evses}


@pytest.mark.parametrize(("sent", "asked"), permutations(VERSIONS, 2))
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_location_says_in_another_version_what_its_object_says(sent: str, asked: str, seed: int) -> None:
    present = stored(a_location(sent, Random(seed)), sent)
    written = present.in_version(asked).object
    assert present.text_in(asked) == (None if written is None else jsontext.dumps(written))


@pytest.mark.parametrize("asked", [V221, V230])
def test_what_another_version_says_the_same_is_seen_by_its_text(asked: str) -> None:
    sent = V230 if asked == V221 else V221
    for kind, name in (("evse", "evse"), ("token", "token")):
        assert versions.same(kind, jsontext.dumps(example(name, V221)), sent, asked)


@pytest.mark.parametrize(
    "change",
    [
        {"uid": "E" * 37},
        {"parking": None},
        {"accepted_service_providers": []},
        {"capabilities": ["A_NEW_ONE"]},
        {"connectors": [{"standard": "SAE_J3400"}]},
        {"connectors": [{"capabilities": []}]},
        {"connectors": [None]},
        {"connectors": {}},
    ],
    ids=str,
)
def test_what_may_differ_is_not_taken_for_the_same(change: dict[str, Any]) -> None:
    text = jsontext.dumps({**example("evse", V221), **change})
    assert not versions.same("evse", text, V230, V221)


def test_no_evse_with_connectors_is_the_same_in_2_1_1() -> None:
    text = jsontext.dumps(example("evse", V221))
    assert not versions.same("evse", text, V221, V211)
    assert not versions.same("evse", text, V211, V221)
