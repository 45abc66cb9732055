"""The sandbox passes the kit in every role and version, also where it does what few servers do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance.causes import causes
from conformance.checks import CHECKS
from conformance.own_side import OPPOSITE
from conformance.run import Outcome, run
from conformance.trial import Options
from sandbox import Partner
from tests.conformance.breaks import allowed
from tests.conformance.conftest import broken
from tests.conformance.liberties import LIBERTIES

BOXES = {
    "CPO": ("EMSP", "SCSP", "NSP"),
    "EMSP": ("CPO", "HUB"),
    "CPO,EMSP": ("EMSP", "CPO"),
    "NAP": ("NSP", "EMSP"),
    "HUB": ("EMSP", "CPO", "OTHER"),
}


def tried(box: str, role: str, version: str, liberty: str = "") -> Outcome:
    """A run of the kit in that role against a sandbox that behaves, if in its own way."""
    taken = LIBERTIES[liberty]
    settings = {"role": box, "version": version, "pulls": True, **dict(taken.settings)}
    with Partner(**settings) as partner:
        invited = partner.do("invite")
        second = partner.do("invite")["token"] if box == "HUB" and role in OPPOSITE else ""
        taken.take(partner)
        url, token = invited["versions_url"], invited["token"]
        given = Options(url, token, role=role, version=version, second_token=second)
        return run(allowed(given))


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
@pytest.mark.parametrize(("box", "role"), [(box, role) for box, roles in BOXES.items() for role in roles])
def test_the_sandbox_passes_in_every_version(box: str, role: str, version: str) -> None:
    if version == "2.1.1" and (box in ("HUB", "CPO,EMSP") or role not in ("EMSP", "CPO")):
        pytest.skip("2.1.1 knows no hub, one role to a platform, and no roles but CPO and eMSP")
    assert broken(tried(box, role, version, "none")) == []


@pytest.mark.parametrize("liberty", [each for each in LIBERTIES if each != "none"])
def test_what_a_correct_server_may_do_is_no_fault(liberty: str) -> None:
    """No check fails, and none advises but those that the table names."""
    advice = tuple(LIBERTIES[liberty].advice.split())
    runs = [
        (box, role, version)
        for box, role in (("CPO", "EMSP"), ("EMSP", "CPO"))
        for version in LIBERTIES[liberty].versions
    ]
    with ThreadPoolExecutor(len(runs)) as pool:
        outcomes = list(pool.map(lambda each: tried(*each, liberty), runs))
    odd = [
        (each, said)
        for each, outcome in zip(runs, outcomes, strict=True)
        for said in broken(outcome)
        if not (said.startswith("warn") and advice and said.removeprefix("warn ").startswith(advice))
    ]
    assert odd == []


def test_no_check_rests_on_itself() -> None:
    """Else two faults could hide each other."""
    done: set[str] = set()

    def walk(id: str, way: tuple[str, ...]) -> None:
        assert id not in way, f"{' -> '.join(way)} -> {id}"
        if id not in done:
            for cause in causes(known[id], CHECKS):
                walk(cause.id, (*way, id))
            done.add(id)

    known = {each.id: each for each in CHECKS}
    for each in known:
        walk(each, ())
