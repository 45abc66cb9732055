"""Our own platform passes the kit whole, as every kind of partner and in every version (not as a hub)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance import report
from conformance.cli import main
from localrun.platform import LocalPlatform
from tests.conformance.conftest import Kit, broken, verdicts

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("role", ["EMSP", "CPO"])
def test_it_passes_whole_as_partner_of_the_two_main_roles(kit: Kit, role: str, version: str) -> None:
    outcome = kit(role, version)
    assert broken(outcome) == []
    assert outcome.count("pass") > 100


@pytest.mark.parametrize(
    ("role", "version"),
    [
        ("NSP", "2.2.1"),
        ("NAP", "2.3.0"),
        ("SCSP", "2.2.1"),
        ("SCSP", "2.3.0"),
        ("OTHER", "2.2.1"),
        ("HUB", "2.2.1"),
        ("HUB", "2.3.0"),
    ],
)
def test_it_passes_whole_as_partner_of_the_other_roles(kit: Kit, role: str, version: str) -> None:
    outcome = kit(role, version)
    assert broken(outcome) == []
    assert outcome.count("pass") > 50


def test_a_whole_charge_is_tried_with_profiles_and_its_cdr(kit: Kit) -> None:
    """CMD-08, CHP-15, CDR-02: what needs a charge point is not skipped where there is one."""
    found = verdicts(kit("EMSP", "2.2.1"))
    charge = (
        "CMD-08",
        "CMD-37",
        "CHP-15/a",
        "CHP-15/b",
        "CHP-15/c",
        "CMD-08/b",
        "SES-02",
        "CDR-02",
        "CDR-27",
    )
    assert {each: found[each] for each in charge} == dict.fromkeys(charge, "pass")


def test_nothing_but_get_and_the_registration_is_sent_where_writing_was_not_allowed(
    kit: Kit, running: LocalPlatform
) -> None:
    before = {module: len(_listed(running, module)) for module in ("locations", "tokens")}
    outcome = kit("CPO", "2.2.1", write=False)
    sent = {
        (each.method, each.module) for result in outcome.results for each in result.evidence if not each.heard
    }
    allowed = {("POST", "credentials"), ("DELETE", "credentials")}
    assert {each for each in sent if each[0] != "GET"} <= allowed
    assert outcome.count("fail") == 0
    assert {module: len(_listed(running, module)) for module in before} == before


def _listed(running: LocalPlatform, module: str) -> list[object]:
    found: list[object] = running.do("list", module=module, party="NL/KIT")["objects"]
    return found


def test_a_run_leaves_no_registration_behind(kit: Kit, running: LocalPlatform) -> None:
    kit("NSP", "2.3.0", write=False)
    states = {each["state"] for each in running.do("partners")["partners"] if each["name"].startswith("Kit")}
    assert "REGISTERED" not in states


def test_no_report_shows_a_credentials_token(kit: Kit) -> None:
    outcome = kit("EMSP", "2.3.0")
    assert len(outcome.secrets) > 3
    for text in (
        report.as_json(outcome),
        report.junit(outcome),
        report.html(outcome),
        report.summary(outcome),
    ):
        assert not [each for each in outcome.secrets if each in text]
        assert "CREDENTIALS" not in text or "Token " in text


def test_the_command_line_writes_its_reports_and_keeps_the_token_in_a_file(
    running: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    invited = running.do("invite", name="Kit by hand")
    kept, page, machine, junit = (tmp_path / each for each in ("token", "r.html", "r.json", "r.xml"))
    arguments = [invited["versions_url"], invited["token"], "--role", "NSP", "--keep", str(kept)]
    written = ["--html", str(page), "--json", str(machine), "--junit", str(junit), "--quiet"]
    assert main([*arguments, *written]) == 0
    assert json.loads(machine.read_text())["counts"]["fail"] == 0
    assert "<details" in page.read_text()
    assert "<testsuite" in junit.read_text()
    assert kept.stat().st_mode & 0o77 == 0

    token = kept.read_text()
    assert main([invited["versions_url"], token, "--role", "NSP", "--token-in-use", "--quiet"]) == 0
    shown = capsys.readouterr().out
    assert token not in shown
    assert invited["token"] not in shown
    name = next(e["id"] for e in running.do("partners")["partners"] if e["name"] == "Kit by hand")
    running.do("unregister", partner=name)


def test_what_cannot_be_tried_ends_with_two(
    running: LocalPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"{running.base_url}/ocpi/versions", "nobody-gave-this"]) == 2
    assert "401" in capsys.readouterr().err
    assert main(["http://127.0.0.1:9/versions", "token"]) == 2
    assert main([]) == 2
