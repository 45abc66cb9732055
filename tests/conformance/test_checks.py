"""The checks as data: IDs, roles, versions, the table of objects, and the page that lists them."""

from __future__ import annotations

import re

import pytest

from conformance.check import STAGES
from conformance.checks import CHECKS
from conformance.cli import main
from conformance.lists import next_link
from conformance.peer import Exchange
from conformance.samples import Samples
from conformance.shapes import Enumeration, faults, tables
from docs import generate_conformance, generate_requirements

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")


def test_there_are_a_hundred_checks_and_each_has_an_id_of_its_own() -> None:
    ids = [each.id for each in CHECKS]
    assert len(ids) >= 100
    assert len(ids) == len(set(ids))


def test_every_id_is_a_row_of_the_ledger() -> None:
    known = generate_requirements.known(generate_requirements.PAGE.read_text())
    unknown = [each.id for each in CHECKS if each.id.partition("/")[0] not in known]
    assert unknown == []
    assert all(re.fullmatch(r"[A-Z]{3}-\d\d(/[a-z])?", each.id) for each in CHECKS)


def test_every_check_says_what_it_asks_and_what_must_come() -> None:
    for each in CHECKS:
        assert each.title and each.asks and each.expects, each.id
        assert each.stage in STAGES and each.force in ("MUST", "SHOULD", "READ"), each.id


@pytest.mark.parametrize("role", ["CPO", "EMSP", "NSP", "NAP", "SCSP", "HUB"])
@pytest.mark.parametrize("version", VERSIONS)
def test_every_role_has_checks_in_every_version(role: str, version: str) -> None:
    assert sum(each.applies(role, version) for each in CHECKS) > 50


def test_the_list_has_a_line_per_check_with_its_id_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [each.split()[0] for each in lines] == [each.id for each in CHECKS]


def test_the_page_lists_the_checks_that_there_are() -> None:
    is_now, should_be = generate_conformance.current()
    assert is_now == should_be, "run python -m docs.generate_conformance"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_kits_own_objects_are_without_fault(version: str) -> None:
    samples = Samples(version, "NL", "KIT")
    made = {
        "Location": samples.location(),
        "Tariff": samples.tariff(),
        "Token": samples.token(),
        "Session": samples.session(),
        "CDR": samples.cdr(),
    }
    for kind, each in made.items():
        assert faults(kind, each, version) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_type_that_the_object_tables_name_is_there(version: str) -> None:
    simple = {"string", "CiString", "number", "int", "boolean", "DateTime", "URL"}
    for name, table in tables(version).items():
        if not isinstance(table, Enumeration):
            missing = {each.type.partition("(")[0] for each in table} - simple - set(tables(version))
            assert not missing, (name, missing)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("city", None, "/city: required"),
        ("evses", {}, "/evses: is an object, must be a list"),
        ("coordinates", {"latitude": "52.1", "longitude": "4.895168"}, "/coordinates/latitude"),
        ("last_updated", "2026-01-01T00:00:00+00:00", "/last_updated"),
        ("last_updated", "2026-01-01T00:00:00.123456Z", "more than 25 characters"),
        ("publish", "true", "/publish: is a string, must be true or false"),
        ("country", "NL", "/country"),
        ("city", "x" * 46, "46 characters, at most 45"),
        ("evses", [{"uid": "1", "status": "SLEEPING", "connectors": []}], "/evses/0/status"),
    ],
)
def test_a_fault_is_named_with_its_place(field: str, value: object, said: str) -> None:
    location = {**Samples("2.2.1", "NL", "KIT").location(), field: value}
    assert any(said in each for each in faults("Location", location, "2.2.1"))


def test_an_open_enumeration_takes_new_values_where_it_is_open() -> None:
    location = Samples("2.3.0", "NL", "KIT").location(facilities=["SWIMMING_POOL"])
    assert faults("Location", location, "2.3.0") == []
    assert faults("Location", location, "2.2.1") == ["/facilities/0: 'SWIMMING_POOL' is no Facility of 2.2.1"]


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ('<https://a/x?offset=1>; rel="next"', "https://a/x?offset=1"),
        ('<https://a/0>; rel="prev", <https://a/2>; rel="next"', "https://a/2"),
        ("<https://a/x>; rel=next", "https://a/x"),
        ('<https://a/x>; rel="last"', ""),
        ("", ""),
    ],
)
def test_the_next_link_is_read_from_its_header(link: str, url: str) -> None:
    assert next_link(Exchange("GET", "https://a", {}, "", headers={"link": link})) == url
