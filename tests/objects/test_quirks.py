"""Named repairs per partner: off unless the operator turns them on, then in what it sends and gets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.ocpi import quirks
from tests.harness import OperatorRefused
from tests.ocpi.samples import example, placed

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
