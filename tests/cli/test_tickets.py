"""The tickets of docs/operating.md, each answered by the command and the clicks that stand there.

Contract: design section 14
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from localrun.front import Front
from tests.evidence.test_lists import cdr, session
from tests.evidence.test_messages import PATH, location, ours
from tests.hub.conftest import HUB
from tests.hub.joining import join, routed
from tests.walker import Walker

Said = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
Tickets = list[tuple[str, str, str]]
WRITTEN = (Path(__file__).parent.parent.parent / "docs" / "operating.md").read_text()
TICKETS, AT_A_HUB = (
    re.findall(r'^\| "(.+)"[^|]* \| ([^|]+) \| `([^`]+)` \|$', part, re.MULTILINE)
    for part in WRITTEN.split("\nAt a hub, besides")
)
MOST_CLICKS = 3

# What the page and the command must say to each, in the order of the page.
SAID: Said = (
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
    (("Sums", "BE/BEC/D1", "1 EUR"), ("BE/BEC/D1", "EUR", "currencies")),
    (("BE/BEC/D1", "Claimed"), ("BE/BEC/D1", "1")),
    (("BE/BEC/D1", "open", "priced in UTC"), ("BE/BEC/D1", "OPEN", "priced in UTC")),
    (
        ("cdr without session", "BE/BEC/D2", "Session S9 is not known"),
        ("CDR_WITHOUT_SESSION", "BE/BEC/D2", "Session S9 is not known"),
    ),
    (("Read with repairs", "/evses/0/status", "OUTOFORDER"), ("findings", "/evses/0/status", "OUTOFORDER")),
    (("START_SESSION", "accepted", "pending"), ("START_SESSION", "ACCEPTED")),
    (("Pulls", "tokens", "completed"), ("tokens", "COMPLETED")),
    (("Invited", "Not yet here", "Expires"), ("Not yet here", "INVITED")),
    (("unreachable", "oldest waiting", "no such tariff"), ("backlog", "no such tariff")),
    (("readmitted",), ("readmitted",)),
)
SAID_AT_A_HUB: Said = (
    (("Agreements", "DE/MSP", "may roam", "everybody roams with everybody"), ("DE/MSP", "NL/CPO")),
    (("NL/CPO → DE/MSP", "PUT locations", "OCPI 1000"), ("NL/CPO", "DE/MSP", "locations", "1000")),
    (("Messages by X-Correlation-ID", "L2", "PUT"), ("L2", "PUT")),
    (("DE/MSP", "connected"), ("DE", "MSP", "CONNECTED")),
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
    assert send("POST", "/ocpi/2.2.1/receiver/cdrs", cdr("D2", session_id="S9")) == 1000
    broken = location("L4")
    broken["evses"][0]["status"] = "out of order"
    assert send("PUT", f"{PATH}/L4", broken) == 1000
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
    hand.operate("dispute", party="BE/BEC", id="D1", reason="priced in UTC")


def test_each_ticket_is_answered_by_one_command(day: None, run: Any, monkeypatch: Any) -> None:
    assert len(TICKETS) == len(SAID) >= 20
    monkeypatch.setenv("COLUMNS", "220")
    _each_by_a_command(TICKETS, SAID, run)


def test_each_ticket_is_answered_by_three_clicks(day: None, url: str) -> None:
    """From the overview, by what is there to be clicked: links, forms, buttons."""
    _each_by_clicks(TICKETS, SAID, url)


@pytest.fixture
def hub_day(make_platform: Any) -> Iterator[str]:
    """What went on at a hub when the tickets came; its address."""
    hub = make_platform({"OCPI_PARTIES": json.dumps([HUB]), "OCPI_MESSAGES": "all"})
    cpo, emsp = join(hub, "CPO/NL/CPO"), join(hub, "EMSP/DE/MSP")
    emsp.answer("PUT", "/locations", data=None)
    for id in ("L1", "L2", "L3"):
        place = {**location(id), "country_code": "NL", "party_id": "CPO"}
        headers = {**routed("NL/CPO", "DE/MSP"), "X-Correlation-ID": f"c-{id[1:]}"}
        path = f"/ocpi/2.2.1/receiver/locations/NL/CPO/{id}"
        assert hub.ask("PUT", path, token=cpo.token, body=place, headers=headers).code == 1000
    hub.operate("agree", parties=["NL/CPO", "DE/MSP"], allowed=True)
    hub.drain(sweep=False)
    front = Front(hub.functions, lambda after: [])
    yield f"http://127.0.0.1:{front.start(0)}"
    front.stop()


def test_each_ticket_of_a_hub_is_answered(hub_day: str, run: Any, monkeypatch: Any) -> None:
    """Design section 12: what the operator has."""
    assert len(AT_A_HUB) == len(SAID_AT_A_HUB)
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.setenv("OCPI_URL", hub_day)
    _each_by_a_command(AT_A_HUB, SAID_AT_A_HUB, run)
    _each_by_clicks(AT_A_HUB, SAID_AT_A_HUB, hub_day)


def _each_by_a_command(tickets: Tickets, said: Said, run: Any) -> None:
    for (ticket, _, command), (_, wanted) in zip(tickets, said, strict=True):
        code, out, err = run(*shlex.split(command))
        assert code == 0, (ticket, command, out, err)
        missing = [each for each in wanted if each not in out]
        assert not missing, (ticket, command, missing, out)


def _each_by_clicks(tickets: Tickets, said: Said, url: str) -> None:
    today = date.today()
    monday = (today - timedelta(days=today.weekday())).isoformat()
    for (ticket, path, _), (wanted, _) in zip(tickets, said, strict=True):
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
