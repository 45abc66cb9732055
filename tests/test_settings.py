"""Settings: a wrong value stops the start with a message that names the setting (design section 3)."""

from __future__ import annotations

import pytest

from chalicelib import settings

PARTY = '[{"role":"CPO","country_code":"nl","party_id":"exa","business_details":{"name":"Example","website":"https://e"}}]'


def test_defaults_are_those_of_the_contract() -> None:
    read = settings.read({"OCPI_PARTIES": PARTY})
    assert read.versions == ("2.1.1", "2.2.1", "2.3.0")
    assert (read.page_limit, read.allow_private_urls, read.stage) == (100, False, "local")
    assert read.parties[0].party == ("NL", "EXA")
    assert read.parties[0].business_details == {"name": "Example", "website": "https://e"}
    assert read.hosts(("NL", "EXA")) and not read.hosts(("NL", "XXX"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OCPI_PARTIES", ""),
        ("OCPI_PARTIES", "[]"),
        ("OCPI_PARTIES", "{"),
        ("OCPI_PARTIES", '[{"role":"CPO"}]'),
        ("OCPI_PARTIES", PARTY.replace("CPO", "ROAMER")),
        ("OCPI_PARTIES", PARTY.replace('"exa"', '"toolong"')),
        ("OCPI_PARTIES", PARTY.replace('"nl"', '"N1"')),
        ("OCPI_PARTIES", PARTY.replace("Example", " ")),
        ("OCPI_PARTIES", f"[{PARTY[1:-1]},{PARTY[1:-1]}]"),
        ("OCPI_VERSIONS", "2.2.1,3.0"),
        ("OCPI_BASE_URL", "example.com"),
        ("OCPI_BASE_URL", "https://example.com/?x=1"),
        ("OCPI_PAGE_LIMIT", "0"),
        ("OCPI_PAGE_LIMIT", "ten"),
        ("OCPI_RETRY_SCHEDULE", "5,-1"),
        ("OCPI_RETRY_SCHEDULE", "soon"),
        ("OCPI_ALLOW_PRIVATE_URLS", "yes"),
        ("OCPI_STAGE", "a b"),
        ("OCPI_RETENTION_DAYS", "sessions"),
        ("OCPI_RETENTION_DAYS", "locations=30"),
        ("OCPI_BACKEND_URL", "http://example.com/events"),
        ("OCPI_BACKEND_URL", "https://me:secret@example.com/"),
        ("OCPI_BACKEND_URL", "example.com"),
        ("OCPI_HUB_POLICY", "shut"),
        ("OCPI_HUB_ALIVE_SECONDS", "-1"),
        ("OCPI_CDR_GATE", "WARN"),
        ("OCPI_MESSAGES", "some"),
        ("OCPI_MESSAGE_DAYS", "a week"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_setting(name: str, value: str) -> None:
    with pytest.raises(settings.SettingsError, match=name):
        settings.read({"OCPI_PARTIES": PARTY, name: value})


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("OCPI_PAGE_LIMT", "OCPI_PAGE_LIMIT"),
        ("OCPI_PARTYS", "OCPI_PARTIES"),
        ("OCPI_BACKEND", "OCPI_BACKEND_URL"),
        ("OCPI_SEEDS", "OCPI_SEED"),
        ("OCPI_COLOUR_OF_THE_SKY", "OCPI_VERSIONS"),
    ],
)
def test_a_name_that_means_nothing_is_refused_with_the_nearest_one(name: str, near: str) -> None:
    """Design section 3; also an empty value: it was meant to say something"""
    for value in ("1", ""):
        with pytest.raises(settings.SettingsError, match=f"{name}.*{near}"):
            settings.read({"OCPI_PARTIES": PARTY, name: value})


def test_names_that_only_tools_read_and_those_of_others_are_let_be() -> None:
    others = {"OCPI_SEED": "0", "OCPI_BENCH_CATCH_UP": "10", "OCPI_URL": "http://x", "MY_OCPI_THING": "1"}
    assert settings.read({"OCPI_PARTIES": PARTY, **others}) == settings.read({"OCPI_PARTIES": PARTY})


def test_the_settings_of_hub_money_and_evidence_are_typed() -> None:
    """Design sections 12 to 14"""
    read = settings.read({"OCPI_PARTIES": PARTY})
    assert (read.hub_policy, read.hub_alive_seconds, read.cdr_gate) == ("open", 300, "warn")
    assert (read.messages, read.message_days, read.backend_url) == ("refused", 14, "")
    given = {
        "OCPI_HUB_POLICY": "closed",
        "OCPI_HUB_ALIVE_SECONDS": "0",
        "OCPI_CDR_GATE": "hold",
        "OCPI_MESSAGES": "all",
        "OCPI_MESSAGE_DAYS": "0",
        "OCPI_BACKEND_URL": "https://backend.example.com/ocpi?key=1",
    }
    read = settings.read({"OCPI_PARTIES": PARTY, **given})
    assert (read.hub_policy, read.hub_alive_seconds, read.cdr_gate) == ("closed", 0, "hold")
    assert (read.messages, read.message_days, read.backend_url) == ("all", 0, given["OCPI_BACKEND_URL"])
    local = {"OCPI_BACKEND_URL": "http://127.0.0.1:9000/", "OCPI_ALLOW_PRIVATE_URLS": "1"}
    assert settings.read({"OCPI_PARTIES": PARTY, **local}).backend_url == local["OCPI_BACKEND_URL"]


def test_a_base_url_has_no_slash_at_its_end() -> None:
    """Row I14."""
    read = settings.read({"OCPI_PARTIES": PARTY, "OCPI_BASE_URL": "https://ocpi.example.com/roaming//"})
    assert read.base_url == "https://ocpi.example.com/roaming"
