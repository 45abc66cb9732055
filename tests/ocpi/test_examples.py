"""The example objects: written from the tables of each version, so that they check our tables and converters.

`upgraded/` holds what they are in 2.3.0, written likewise; `odd/` what partners send that copied one of the
specification's own samples (ledger section 5.5).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.ocpi import jsontext, models
from chalicelib.ocpi.models.base import Model
from chalicelib.ocpi.reading import read
from chalicelib.ocpi.writing import write
from tests.ocpi.samples import EMSP, FOLDER, NOW, OWNER, example, find, kind_of, names, token

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
UPGRADED = [
    (version, path.stem)
    for version in ("2.1.1", "2.2.1")
    for path in sorted((FOLDER / "upgraded" / version).glob("*.json"))
]
# 2.1.1 does not name the owner; a Token's is the eMSP
OWNERS = {"token": EMSP, "start_session": EMSP}


def given(folder: str, version: str, name: str) -> Any:
    return jsontext.loads((FOLDER / folder / version / f"{name}.json").read_bytes())


def up(version: str, name: str, body: Any) -> Any:
    kind = kind_of(name)
    return read(kind, body, version, owner=OWNERS.get(kind, OWNER), emsp=EMSP, token=token, now=NOW)


@pytest.mark.parametrize(("version", "name"), UPGRADED)
def test_an_example_becomes_what_its_2_3_0_form_says(version: str, name: str) -> None:
    # CNV-15, 30-60, 61-73, 74-85, 90-99, 100-105 for 2.1.1; CNV-203 to 207, 211 to 239 for 2.2.1
    reading = up(version, name, example(name, version))
    assert reading.findings == ()
    assert reading.object == given("upgraded", version, name)


@pytest.mark.parametrize(("version", "name"), [each for each in UPGRADED if each[0] == "2.2.1"])
def test_an_example_of_2_2_1_comes_back_from_its_2_3_0_form(version: str, name: str) -> None:
    writing = write(kind_of(name), given("upgraded", version, name), version, now=NOW)
    assert writing.object == example(name, version)
    assert [loss for loss in writing.losses if name != "credentials_hub"] == []


def test_the_five_that_matter_are_among_them() -> None:
    for version in ("2.1.1", "2.2.1"):
        found = {name for at, name in UPGRADED if at == version}
        assert {"location", "session", "cdr", "tariff", "token"} <= found


@pytest.mark.parametrize("name", ["location", "session", "tariff", "token", "connector"])
def test_an_example_of_2_1_1_comes_back_from_its_2_3_0_form_but_for_what_that_cannot_say(name: str) -> None:
    older = write(kind_of(name), given("upgraded", "2.1.1", name), "2.1.1", find=find, now=NOW).object
    expected = example(name, "2.1.1")
    if name == "location":  # CNV-51
        expected["opening_times"]["twentyfourseven"] = False
    if name == "session":  # CNV-68: the Location is the stored one; CNV-85: FLAT is gone
        expected["location"], older["location"] = expected["location"]["id"], older["location"]["id"]
        expected["charging_periods"][1]["dimensions"].pop()
    assert older == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_there_is_an_example_of_every_kind_of_object(version: str) -> None:
    missing = models.KINDS.keys() - {kind_of(name) for name in names(version)} - {"versions"}
    newer = {
        kind
        for kind in missing
        if version == "2.1.1"
        and ("profile" in kind or kind in ("cancel_reservation", "charging_preferences", "client_info"))
    }
    assert missing == newer


def _classes(model: Model, body: Any, version: str) -> Iterator[tuple[Model, dict[str, Any]]]:
    yield model, body
    for name, row in model.fields(version).items():
        if isinstance(row.type, Model) and body.get(name):
            for item in body[name] if row.is_list else [body[name]]:
                yield from _classes(row.type, item, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_examples_have_every_field_of_every_class_and_no_other(version: str) -> None:
    seen: dict[str, set[str]] = {}
    known: dict[str, set[str]] = {}
    for name in names(version):
        for model, body in _classes(models.model(kind_of(name)), example(name, version), version):
            seen.setdefault(model.name, set()).update(body)
            known[model.name] = set(model.fields(version))
    assert {name: sorted(fields - known[name]) for name, fields in seen.items() if fields - known[name]} == {}
    lacking = {name: sorted(known[name] - fields) for name, fields in seen.items() if known[name] - fields}
    assert lacking == {}


# Samples that break the specification


@pytest.mark.parametrize(
    ("version", "name", "findings"),
    [
        # AMB-63, AMB-79, CNV-86: an alpha-2 country, a price in quotes, swapped coordinates
        (
            "2.1.1",
            "cdr",
            {
                "/location/country": "coerced",
                "/tariffs/0/elements/0/price_components/0/price": "coerced",
            },
        ),
        ("2.2.1", "evse_floor", {"/physical_reference": "coerced"}),  # AMB-76
        (
            "2.2.1",
            "evse",
            {
                f"/connectors/0/{name}": "missing"
                for name in ("power_type", "max_voltage", "max_amperage", "last_updated")
            }
            | {"/physical_reference": "coerced"},
        ),  # AMB-76
        ("2.2.1", "tariff", {"/last_updated": "missing"}),  # AMB-77
        ("2.2.1", "tariff_free", {}),  # AMB-78
        ("2.2.1", "session", {}),  # AMB-58: a volume in Wh is a volume
        ("2.3.0", "cdr", {"/tariffs/0/tax_included": "missing"}),  # AMB-80
        ("2.2.1", "version_details", {}),  # AMB-81
        ("2.2.1", "token", {}),  # AMB-82
        ("2.2.1", "client_info", {"/last_updated": "missing"}),  # AMB-83
    ],
)
def test_an_odd_sample_is_taken_and_what_is_odd_noted(
    version: str, name: str, findings: dict[str, str]
) -> None:
    reading = up(version, name, given("odd", version, name))
    assert {finding.pointer: finding.code for finding in reading.findings} == findings


def test_what_was_odd_is_put_right() -> None:
    older = up("2.1.1", "cdr", given("odd", "2.1.1", "cdr")).object
    assert jsontext.dumps(older["tariffs"][0]["elements"][0]["price_components"][0]["price"]) == "2.00"
    assert up("2.3.0", "cdr", given("odd", "2.3.0", "cdr")).object["tariffs"][0]["tax_included"] == "NO"
    evse = up("2.2.1", "evse_floor", given("odd", "2.2.1", "evse_floor")).object
    assert (evse["physical_reference"], evse["floor"]) == ("3", -1)
    assert up("2.2.1", "client_info", given("odd", "2.2.1", "client_info")).object["last_updated"] == NOW


def test_a_trailing_comma_is_no_json() -> None:
    # AMB-83
    text = (FOLDER / "odd/2.2.1/client_info.json").read_text()
    with pytest.raises(jsontext.MalformedJson):
        jsontext.loads(text.replace('"PLANNED"', '"PLANNED",'))
