"""The rule of reading, over the tables: any field of any class in any version, given what it is not."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.ocpi import jsontext, models
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.findings import CODES
from chalicelib.ocpi.models.base import (
    KEPT,
    NEVER,
    NOTHING,
    REFUSED,
    UNUSED,
    WHILE_PENDING,
    Bool,
    DateTime,
    Field,
    Int,
    Model,
    Number,
    Otherwise,
)
from chalicelib.ocpi.reading import read
from chalicelib.ocpi.scalars import noted
from docs import generate_reading
from tests.ocpi.generate import make
from tests.ocpi.samples import EMSP, FOLDER, NOW, OWNER, token

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
KINDS = sorted(models.KINDS.keys() - {"versions"})
Place = tuple[tuple[str | int, ...], Field, tuple[Field, ...]]


def wrong(row: Field, random: Random) -> Any:
    """A value that means nothing in that field, of any kind it is not."""
    if row.is_list:
        return random.choice(["x", 7, True]) if isinstance(row.type, Model) else {"a": 1}
    if isinstance(row.type, Model):
        return random.choice(["x", True, [1, 2]])
    if isinstance(row.type, Bool):
        return random.choice(["maybe", 7, {"a": 1}, [True, False]])
    if isinstance(row.type, Number | Int):
        return random.choice(["many", True, {"a": 1}, [1, 2]])
    if isinstance(row.type, DateTime):
        return random.choice(["yesterday", 5, {"a": 1}, "2026-02-30T00:00:00Z"])
    return random.choice([True, {"a": 1}, ["x", "y"]])


def places(model: Model, body: dict[str, Any], version: str) -> list[Place]:
    """Every field that the object has, with the rows on the way to it."""
    found: list[Place] = []

    def walk(
        model: Model, body: dict[str, Any], path: tuple[str | int, ...], rows: tuple[Field, ...]
    ) -> None:
        for name, row in model.fields(version).items():
            if name not in body:
                continue
            found.append(((*path, name), row, rows))
            inside = body[name]
            if isinstance(row.type, Model):
                for index, each in enumerate(inside) if row.is_list else ((None, inside),):
                    deeper = (*path, name) if index is None else (*path, name, index)
                    walk(row.type, each, deeper, (*rows, row))

    walk(model, body, (), ())
    return found


def put(body: Any, path: tuple[str | int, ...], value: Any) -> None:
    for each in path[:-1]:
        body = body[each]
    body[path[-1]] = value


def reading(kind: str, body: Any, version: str) -> Any:
    return read(kind, body, version, owner=OWNER, emsp=EMSP, token=lambda _: token(""), now=NOW)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS)
@few
@given(seed=st.integers(0, 2**32))
def test_an_optional_value_that_cannot_be_read_leaves_the_object_and_one_finding(
    kind: str, version: str, seed: int
) -> None:
    random = Random(seed)
    body = make(kind, version, random)
    optional = [
        each
        for each in places(models.model(kind), body, version)
        if not each[1].required and each[1].otherwise is not REFUSED
    ]
    if not optional:
        return
    path, row, _ = random.choice(optional)
    put(body, path, wrong(row, random))
    found = reading(kind, body, version)
    pointer = "".join(f"/{each}" for each in path)
    told = [each for each in found.findings if each.code != "ambiguous"]  # AMB-69
    assert [each.pointer for each in told] == [pointer], told
    assert told[0].code in CODES
    assert "set aside" in told[0].message or "never applies" in told[0].message
    if row.otherwise is NEVER:
        assert '"max_duration":0' in jsontext.dumps(found.object)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS)
@few
@given(seed=st.integers(0, 2**32), how=st.sampled_from(["wrong", "missing", "null"]))
def test_a_required_value_that_cannot_be_read_does_what_its_row_says(
    kind: str, version: str, seed: int, how: str
) -> None:
    random = Random(seed)
    body = make(kind, version, random)
    required = [
        each for each in places(models.model(kind), body, version) if each[1].required and not each[2]
    ]
    path, row, _ = random.choice(required)
    if how == "missing":
        del body[path[0]]
    else:
        put(body, path, None if how == "null" else wrong(row, random))
    pointer = f"/{path[0]}"
    refuses = row.otherwise in (REFUSED, KEPT) or (
        row.otherwise is WHILE_PENDING and body.get("status") != "PENDING"
    )
    refuses = refuses or (row.otherwise is UNUSED and body.get("status") not in ("PLANNED", "REMOVED"))
    if refuses:
        with pytest.raises(InvalidParameters) as problem:
            reading(kind, body, version)
        assert problem.value.pointer == pointer
        assert pointer in problem.value.status_message
        return
    found = reading(kind, body, version)
    assert pointer in [each.pointer for each in found.findings]
    if not isinstance(row.otherwise, Otherwise):
        assert found.repaired[path[0]] == row.otherwise
    elif row.otherwise in (NOTHING, UNUSED):
        assert path[0] not in found.repaired or found.repaired[path[0]] is None
    else:
        assert found.repaired[path[0]] is not None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS)
@few
@given(seed=st.integers(0, 2**32))
def test_what_was_read_is_read_again_without_a_finding(kind: str, version: str, seed: int) -> None:
    """Repairs repair: the repaired object is clean, but for what is kept as it is."""
    random = Random(seed)
    body = make(kind, version, random)
    for path, row, _ in random.sample(found := places(models.model(kind), body, version), min(3, len(found))):
        try:
            put(body, path, random.choice([wrong(row, random), "", str(random.random())]))
        except (TypeError, IndexError, KeyError):
            pass  # what it is in was broken before
    try:
        once = reading(kind, body, version)
    except InvalidParameters:
        return
    again = reading(kind, once.repaired, version)
    kept = {"too_long", "malformed", "out_of_range", "missing", "unknown_enum", "ambiguous"}
    assert {each.code for each in again.findings} <= kept, again.findings


@pytest.mark.parametrize(
    "path", sorted((FOLDER / "odd" / "peers").glob("*.json")), ids=lambda path: path.stem
)
def test_what_feeds_and_peers_send_is_read(path: Any) -> None:
    told = jsontext.loads(path.read_bytes())
    found = reading(told["kind"], told["body"], told["version"])
    assert {each.pointer: each.code for each in found.findings} == told["findings"]
    for pointer, value in told["read"].items():
        place = found.object
        for each in pointer.strip("/").split("/"):
            place = place[int(each)] if isinstance(place, list) else place[each]
        assert place == value, pointer


def test_the_document_is_written_from_the_tables() -> None:
    assert generate_reading.PAGE.read_text() == generate_reading.page(), "run python -m docs.generate_reading"


def test_a_bound_that_there_is_not_is_not_told() -> None:
    """Design section 6: messages never say "None"."""
    for least, most, told in ((0, None, "0 or more"), (None, 9, "9 or less"), (1, 7, "between 1 and 7")):
        _, notes, is_usable = noted(Int(least, most), -5 if least is not None else 10, "2.2.1")
        assert (is_usable, told in notes[0][1], "None" in notes[0][1]) == (True, True, False)
