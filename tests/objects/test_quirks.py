"""Named repairs per partner: off unless the operator turns them on, then in what it sends and gets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.ocpi import quirks
from tests.harness import OperatorRefused
from tests.known import Known, a_partner
from tests.ocpi.samples import example, placed
from tests.samples import for_emsp, own

pytest_plugins = ["tests.known"]

READ: list[tuple[str, str, str, Any, Any]] = [
    ("kw_for_w", "location", "/evses/0/connectors/0/max_electric_power", 22, 22000),
    ("directions_as_text", "location", "/directions", "Left", [{"language": "en", "text": "Left"}]),
    ("local_times_without_zone", "location", "/last_updated", "2026-07-01T12:00:00", "2026-07-01T10:00:00Z"),
    ("wh_for_kwh", "session", "/kwh", 41000, Decimal(41)),
    ("latitude_for_longitude", "location", "/coordinates/latitude", "3.729944", "3.729944"),
    ("days_as_numbers", "tariff", "/elements/1/restrictions/day_of_week", [1, 7], ["MONDAY", "SUNDAY"]),
]
WRITE: list[tuple[str, str, str, Any, Any]] = [
    ("address_45", "location", "/address", "a" * 60, "a" * 45),
    ("day_of_week_numbers", "tariff", "/elements/1/restrictions/day_of_week", ["TUESDAY"], [2]),
]


def at(body: Any, path: str) -> Any:
    for each in path.strip("/").split("/"):
        body = body[int(each)] if isinstance(body, list) else body[each]
    return body


@pytest.mark.parametrize(("name", "kind", "path", "sent", "meant"), READ)
def test_what_a_partner_writes_wrongly_is_read_as_it_means_it(
    name: str, kind: str, path: str, sent: Any, meant: Any
) -> None:
    body = placed(example(kind), path, sent)
    before = placed(body, path, sent)
    read, found = quirks.read((name,), body)
    wanted = path.replace("latitude", "longitude") if name == "latitude_for_longitude" else path
    assert at(read, wanted) == meant
    assert (path, "quirk", name) in {(each.pointer, each.code, each.message) for each in found}
    assert body == before, "nothing is changed in place"
    assert quirks.read((), body) == (body, ())
    assert quirks.written((name,), body) == (body, ())


@pytest.mark.parametrize(("name", "kind", "path", "ours", "sent"), WRITE)
def test_what_a_partner_cannot_take_is_written_as_it_can(
    name: str, kind: str, path: str, ours: Any, sent: Any
) -> None:
    body = placed(example(kind), path, ours)
    written, found = quirks.written((name,), body)
    assert at(written, path) == sent
    assert [(each.pointer, each.message) for each in found] == [(path, name)]
    assert at(body, path) == ours
    assert quirks.writes((name,))
    assert not quirks.writes(tuple(each[0] for each in READ))


def test_a_website_and_a_logo_are_there_always() -> None:
    body = placed(example("location"), "/operator", {"name": "Example"})
    written = quirks.written(("website_and_logo_always",), body)[0]["operator"]
    assert written["name"] == "Example"
    assert written["website"] and written["logo"]["url"]


def test_every_quirk_is_tried_here() -> None:
    tried = {each[0] for each in (*READ, *WRITE)} | {"website_and_logo_always"}
    assert tried == set(quirks.QUIRKS)


def test_an_operator_turns_them_on_by_name(operate: Any) -> None:
    partner = operate("invite", name="Odd", quirks=["kw_for_w"])["partner"]
    assert operate("partner", partner=partner)["quirks"] == ["kw_for_w"]
    changed = operate("partner_options", partner=partner, quirks=["address_45", "kw_for_w"])
    assert changed["quirks"] == ["address_45", "kw_for_w"]
    assert operate("partner_options", partner=partner, quirks=[])["quirks"] == []
    with pytest.raises(OperatorRefused, match="invalid /quirks/0: none of kw_for_w, "):
        operate("partner_options", partner=partner, quirks=["magic"])


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_lists_are_as_the_partner_can_take_them(version: str, ask: Any, known: Known, operate: Any) -> None:
    """In every version, at every depth: a Location, a Tariff, and both inside a CDR."""
    names = "address_45 day_of_week_numbers website_and_logo_always"
    known.by_id["emsp"] = a_partner("emsp", version, "EMSP/DE/MSP", quirks=names)
    address = "An address of more than forty-five characters, 100"
    limited = {"day_of_week": ["MONDAY", "SUNDAY"]}
    price = {"price_components": [{"type": "ENERGY", "price": 1, "step_size": 1}], "restrictions": limited}
    tariff = own("tariff", elements=[price])
    operate("put", module="tariffs", object=tariff)
    location = own("location", address=address, operator={"name": "Example"})
    operate("put", module="locations", object=location)
    cdr = own("cdr", cdr_token=for_emsp(), tariffs=[tariff])
    cdr["cdr_location"] = {**cdr["cdr_location"], "address": address, "id": location["id"]}
    operate("put", module="cdrs", object=cdr)

    def listed(module: str) -> Any:
        return ask("GET", f"/ocpi/{version}/sender/{module}", token="emsp").data[0]

    place, charged = listed("locations"), listed("cdrs")
    assert place["address"] == address[:45]
    assert place["operator"]["website"] and place["operator"]["logo"]["url"]
    assert listed("tariffs")["elements"][0]["restrictions"]["day_of_week"] == [1, 7]
    assert charged["tariffs"][0]["elements"][0]["restrictions"]["day_of_week"] == [1, 7]
    assert charged["location" if version == "2.1.1" else "cdr_location"]["address"] == address[:45]
    single = ask("GET", f"/ocpi/{version}/sender/locations/{place['id']}", token="emsp").data
    assert single["address"] == address[:45]
    assert operate("get", module="locations", id=place["id"])["object"]["address"] == address
