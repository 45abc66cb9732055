"""Objects made at random at every door, whole and with values missing at any depth: read, or refused by name.

Spec: design section 6, rules 1 to 4 (VAL-01; AMB-10, AMB-11 for what a PATCH does)
"""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.ocpi import jsontext, models
from chalicelib.ocpi.models.base import Model
from tests.known import Known
from tests.ocpi.generate import make
from tests.samples import KINDS

pytest_plugins = ["tests.known"]

some = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
CPOS = {"2.1.1": ("old_cpo", "BE/OLD"), "2.2.1": ("cpo", "BE/BEC"), "2.3.0": ("cpo2", "BE/OTH")}
EMSPS = {"2.1.1": ("old_emsp", "FR/OLD"), "2.2.1": ("emsp", "DE/MSP"), "2.3.0": ("emsp2", "FR/ABC")}
MODULES = ("locations", "tariffs", "sessions", "cdrs", "tokens")
AT, LATER = "2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z"
numbers = itertools.count(1)


class Door:
    """One partner's door of a module, and what stands behind it."""

    def __init__(self, ask: Any, operate: Any, module: str, version: str) -> None:
        self.ask, self.operate = ask, operate
        self.module, self.version = module, version
        self.kind, self.name = KINDS[module], "uid" if module == "tokens" else "id"
        self.token, self.owner = (EMSPS if module == "tokens" else CPOS)[version]
        self.base = f"/ocpi/{version}/receiver/{module}"

    def made(self, random: Random) -> dict[str, Any]:
        """An object that this partner may send."""
        body = dated(make(self.kind, self.version, random))
        body[self.name] = f"ID{next(numbers)}"
        if "country_code" in models.model(self.kind).fields(self.version):
            body["country_code"], body["party_id"] = self.owner.split("/")
        if "cdr_token" in body:
            body["cdr_token"] |= {"country_code": "NL", "party_id": "EXM"}
        if self.kind == "token":
            body["type"] = "RFID"
        return body

    def url(self, id: str, *inside: str) -> str:
        return "/".join((self.base, self.owner, id, *inside))

    def put(self, id: str, body: Any) -> Any:
        if self.module == "cdrs":
            return self.ask("POST", self.base, token=self.token, body=body)
        return self.ask("PUT", self.url(id), token=self.token, body=body)

    def got(self, id: str) -> Any:
        answer = self.ask("GET", self.url(id), token=self.token)
        assert answer.status == 200, answer.text
        return jsontext.loads(answer.text)["data"]

    def read(self, id: str) -> Any:
        return self.operate("get", module=self.module, party=self.owner, id=id)

    def findings(self, id: str) -> list[str]:
        return [each["pointer"] for each in self.read(id).get("findings", [])]


def dated(value: Any) -> Any:
    """The same of one moment; a Location is no older than its EVSEs, and none is of a time to come."""
    if isinstance(value, dict):
        return {name: AT if name == "last_updated" else dated(each) for name, each in value.items()}
    return [dated(each) for each in value] if isinstance(value, list) else value


def places(
    model: Model, body: Any, version: str, at: tuple[Any, ...] = ()
) -> list[tuple[tuple[Any, ...], Any]]:
    """Where its fields stand, at any depth, each with its row."""
    found = []
    for name, row in model.fields(version).items():
        if name not in body:
            continue
        found.append(((*at, name), row))
        if isinstance(row.type, Model):
            inside = enumerate(body[name]) if row.is_list else [(None, body[name])]
            for index, each in inside:
                step = (*at, name) if index is None else (*at, name, index)
                found += places(row.type, each, version, step)
    return found


def pointer(path: tuple[Any, ...]) -> str:
    return "".join(f"/{each}" for each in path)


def lose(body: Any, path: tuple[Any, ...], how: str) -> None:
    for each in path[:-1]:
        body = body[each]
    if how == "missing":
        del body[path[-1]]
    else:
        body[path[-1]] = None


def is_told(place: str, told: list[str]) -> bool:
    """Whether what stands there is told of, or what it stands in, which was set aside with it."""
    return any(each == place or place.startswith(f"{each}/") for each in told)


@pytest.fixture(params=[f"{module} {version}" for module in MODULES for version in VERSIONS])
def door(request: Any, ask: Any, known: Known, operate: Any) -> Door:
    return Door(ask, operate, *request.param.split())


@some
@given(seed=st.integers(0, 2**32))
def test_a_valid_object_comes_back_as_it_was_sent(door: Door, seed: int) -> None:
    """What nobody knows and words of later versions included."""
    random = Random(seed)
    body = door.made(random)
    body["x_unknown"] = {"nested": [1, None, {"a": "é"}]}
    id = body[door.name]
    answer = door.put(id, body)
    assert answer.status == 201, answer.text
    assert door.got(id) == body
    assert door.read(id)["object"]["x_unknown"] == body["x_unknown"]


@some
@given(seed=st.integers(0, 2**32), how=st.sampled_from(["missing", "null"]), many=st.integers(1, 3))
def test_what_is_missing_at_any_depth_is_a_finding_or_a_refusal_that_names_it(
    door: Door, seed: int, how: str, many: int
) -> None:
    random = Random(seed)
    body = door.made(random)
    id = body[door.name]
    required = [
        path
        for path, row in places(models.model(door.kind), body, door.version)
        if row.required and path != (door.name,)
    ]
    lost: list[tuple[Any, ...]] = []
    for path in random.sample(required, min(many, len(required))):
        if any(path[: len(each)] == each or each[: len(path)] == path for each in lost):
            continue
        lose(body, path, how)
        lost.append(path)
    answer = door.put(id, body)
    if answer.status == 201:
        found = door.findings(id)
        assert all(is_told(pointer(each), found) for each in lost), (lost, found)
        stored = door.got(id)
        assert {**stored, "last_updated": 0} == {**body, "last_updated": 0}
        return
    assert (answer.status, answer.code) == (200, 2001), answer.text
    said = answer.json["status_message"]
    assert any(pointer(each) in said for each in lost), said


# What takes a PATCH, from its own door, with where its object stands in what `got` answers.
PATCHED = [
    *(f"{module} {version}" for module in ("locations", "sessions", "tokens") for version in VERSIONS),
    "tariffs 2.1.1",
]


@pytest.fixture(params=PATCHED)
def patched(request: Any, ask: Any, known: Known, operate: Any) -> Door:
    return Door(ask, operate, *request.param.split())


@some
@given(seed=st.integers(0, 2**32))
def test_a_patch_replaces_what_it_says_whole_and_leaves_the_rest(patched: Door, seed: int) -> None:
    door, random = patched, Random(seed)
    body = door.made(random)
    id = body[door.name]
    assert door.put(id, body).status == 201
    named = {
        door.name,
        "country_code",
        "party_id",
        "type",
        "cdr_token",
        "auth_id",
        "evses",
        "charging_periods",
    }
    other = {name: value for name, value in door.made(random).items() if name not in named}
    changes = {name: other[name] for name in random.sample(sorted(other), min(3, len(other)))}
    changes["last_updated"] = LATER
    answer = door.ask("PATCH", door.url(id), token=door.token, body=changes)
    assert (answer.status, answer.code) == (200, 1000), answer.text
    assert door.got(id) == body | changes
    assert door.read(id)["object"]["last_updated"] == LATER


def placed(path: tuple[Any, ...], changes: Any, whole: Any) -> tuple[Any, ...]:
    """Where it stands in the whole: EVSEs are merged by their uid, new ones stand behind (AMB-10)."""
    if path[0] != "evses" or path[1] >= len(changes["evses"]):
        return path
    uids = [each.get("uid") for each in whole["evses"]]
    return ("evses", uids.index(changes["evses"][path[1]]["uid"]), *path[2:])


@some
@given(seed=st.integers(0, 2**32), how=st.sampled_from(["missing", "null"]))
def test_a_patch_that_lacks_something_within_is_a_finding_or_a_refusal_that_names_it(
    patched: Door, seed: int, how: str
) -> None:
    door, random = patched, Random(seed)
    body = door.made(random)
    id = body[door.name]
    assert door.put(id, body).status == 201
    changes = door.made(random)
    for name in (door.name, "country_code", "party_id", "type"):
        changes.pop(name, None)
    changes["last_updated"] = LATER
    inside = [
        path
        for path, row in places(models.model(door.kind), changes, door.version)
        if row.required and len(path) > 1
    ]
    if not inside:
        return
    path = random.choice(inside)
    lose(changes, path, how)
    answer = door.ask("PATCH", door.url(id), token=door.token, body=changes)
    if answer.code == 1000:
        place = pointer(placed(path, changes, door.got(id)))
        assert is_told(place, door.findings(id)), (place, door.findings(id))
        return
    assert (answer.status, answer.code) == (200, 2001), answer.text
    assert pointer(path) in answer.json["status_message"]
    assert door.got(id) == body
