"""The tickets of docs/operating.md, each answered by the command and the clicks that stand there.

Contract: design section 14
"""

from __future__ import annotations

import re
import shlex
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.test_lists import cdr, session
from tests.evidence.test_messages import PATH, location, ours
from tests.walker import Walker

WRITTEN = (Path(__file__).parent.parent.parent / "docs" / "operating.md").read_text()
TICKETS = re.findall(r'^\| "(.+)"[^|]* \| ([^|]+) \| `([^`]+)` \|$', WRITTEN, re.MULTILINE)
MOST_CLICKS = 3

# What the page and the command must say to each, in the order of the page.
SAID: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("CDR1", "no such tariff", "POST"), ("CDR1", "no such tariff", "POST")),
    (("/evses/0/status", "AVAILABLE", "CHARGING"), ("E1", "status")),
    (("no such tariff", "refused", "not known yet"), ("no such tariff", "refused")),
    (("L2", "/name", "not known yet"), ("L2", "/name", "not known yet")),
    (("L2", "refused", "r-1"), ("L2", "refused")),
    (("S1", "Messages by X-Correlation-ID"), ("S1",)),
    (("S1", "Sessions of this card", "D1"), ("S1",)),
    (("Session S1", "D1", "CDRs"), ("D1",)),
    (("S1", "active"), ("S1",)),
    (("L3",), ("L3",)),
    (("CDR1", "refused", "no such tariff"), ("CDR1", "REFUSED", "no such tariff")),
    (("Requests", "no such tariff", "ms"), ("locations", "refused objects")),
    (("scorecard", "--format html"), ("<!doctype html>", "no such tariff", "</html>")),
    (("Verdict", "Claimed", "Computed"), ("verdict", "claim")),
    (("START_SESSION", "accepted", "pending"), ("START_SESSION", "ACCEPTED")),
    (("Pulls", "tokens", "completed"), ("tokens", "COMPLETED")),
    (("Invited", "Not yet here", "Expires"), ("Not yet here", "INVITED")),
    (("unreachable", "oldest waiting", "no such tariff"), ("backlog", "no such tariff")),
    (("readmitted",), ("readmitted",)),
)
CARD = {"country_code": "DE", "party_id": "MSP", "uid": "CARD-1", "type": "RFID", "contract_id": "C-1"}


@pytest.fixture
def day(hand: Any, url: str, monkeypatch: Any) -> None:
    """What was going on when the tickets came."""
    from chalicelib.ocpi import reading
    from chalicelib.ocpi.errors import InvalidParameters
    from chalicelib.ocpi.findings import Finding

    partner = hand.register_partner(name="Example")
    hand.drain()
    hand.operate("invite", name="Not yet here")
    partner.answer("POST", "/cdrs", status=400, code=2001, message="no such tariff")
    hand.operate("put", module="locations", object=ours("L1"))
    sold = cdr("CDR1", country_code="NL", party_id="EXA", cdr_token=CARD)
    hand.operate("put", module="cdrs", object=sold, version="2.2.1")
    hand.drain(sweep=False)

    def send(method: str, path: str, body: Any, **headers: str) -> int:
        return int(hand.ask(method, path, token=partner.token, body=body, headers=headers).code)

    real = reading.read

    def stricter(kind: str, data: Any, *rest: Any, **more: Any) -> Any:
        if data.get("name") == "too new":
            raise InvalidParameters.of([Finding("/name", "malformed", "not known yet")])
        return real(kind, data, *rest, **more)

    monkeypatch.setattr(reading, "read", stricter)
    assert send("PUT", f"{PATH}/L2", location("L2", name="too new"), **{"X-Request-ID": "r-1"}) == 2001
    monkeypatch.setattr(reading, "read", real)
    busy = location("L3")
    busy["evses"][0]["status"] = "CHARGING"
    assert send("PUT", f"{PATH}/L3", busy) == 1000
    charge = session("S1", cdr_token={**session("S1")["cdr_token"], "uid": "CARD-1"})
    url_of = "/ocpi/2.2.1/receiver/sessions/BE/BEC/S1"
    assert send("PUT", url_of, charge, **{"X-Correlation-ID": "c-1"}) == 1000
    assert send("POST", "/ocpi/2.2.1/receiver/cdrs", cdr("D1", session_id="S1")) == 1000
    command = {
        "response_url": f"{partner.base_url}/results/1",
        "location_id": "L1",
        "token": charge["cdr_token"],
    }
    command["token"] = CARD | {
        "issuer": "X",
        "valid": True,
        "whitelist": "ALWAYS",
        "last_updated": charge["last_updated"],
    }
    assert send("POST", "/ocpi/2.2.1/receiver/commands/START_SESSION", command) == 1000
    partner.answer("GET", "/locations/NL/EXA/L1", data=ours("L1"))
    hand.operate("patch", module="locations", id="L1", evse_uid="E1", changes={"status": "CHARGING"})
    hand.drain(sweep=False)


def test_each_ticket_is_answered_by_one_command(day: None, run: Any, monkeypatch: Any) -> None:
    assert len(TICKETS) == len(SAID) >= 15
    monkeypatch.setenv("COLUMNS", "220")
    for (ticket, _, command), (_, wanted) in zip(TICKETS, SAID, strict=True):
        code, out, err = run(*shlex.split(command))
        assert code == 0, (ticket, command, out, err)
        missing = [each for each in wanted if each not in out]
        assert not missing, (ticket, command, missing, out)


def test_each_ticket_is_answered_by_three_clicks(day: None, url: str) -> None:
    """From the overview, by what is there to be clicked: links, forms, buttons."""
    today = date.today()
    monday = (today - timedelta(days=today.weekday())).isoformat()
    for (ticket, path, _), (wanted, _) in zip(TICKETS, SAID, strict=True):
        walker = Walker(f"{url}/local/console")
        for step in re.findall("`([^`]+)`", path):
            walker.step(step.replace("=monday", f"={monday}"))
        missing = [each for each in wanted if each not in walker.page.words]
        assert not missing, (ticket, path, missing, " ".join(walker.page.words.split()))
        assert walker.clicks <= MOST_CLICKS, (ticket, path)


def test_refusals_fit_on_a_narrow_screen_with_every_column(day: None, run: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run("refusals", "--partner", "Example")
    for heading in ("AT", "ID", "PARTNER", "MODULE", "OBJECT", "FINDINGS"):
        assert heading in out, out
    assert "not known yet" in out


def test_a_message_is_shown_whole_with_its_curl_line(day: None, run: Any) -> None:
    _, out, _ = run("messages", "--request-id", "r-1", "--json")
    import json

    id = json.loads(out)["messages"][0]["id"]
    code, out, err = run("message", id)
    assert code == 0 and "curl -i -X PUT" in out and "too new" in out, (out, err)
