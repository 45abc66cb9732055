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
        ("OCPI_PARTIES", PARTY.replace("CPO", "HUB")),
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
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_setting(name: str, value: str) -> None:
    with pytest.raises(settings.SettingsError, match=name):
        settings.read({"OCPI_PARTIES": PARTY, name: value})


def test_the_schedule_repeats_its_last_step_until_the_limit() -> None:
    """Design section 8: statuses give up within the hour, CDRs are tried for 7 days."""
    read = settings.read({"OCPI_PARTIES": PARTY, "OCPI_RETRY_SCHEDULE": "5,30,120,600,3600,21600,..."})
    assert read.retry_delays(3600) == (5, 30, 120, 600)
    week = read.retry_delays(7 * 24 * 3600)
    assert week[:6] == (5, 30, 120, 600, 3600, 21600)
    assert 6.5 * 24 * 3600 < sum(week) <= 7 * 24 * 3600
