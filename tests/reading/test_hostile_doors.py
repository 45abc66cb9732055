"""Bodies that nobody should send, at the doors that take no whole object: an envelope, never a failure.

What is said of them names nothing that only this platform's language knows.
"""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

import pytest

from tests.known import Known
from tests.ocpi import fuzz
from tests.ocpi.fuzz import JUNK, TEXTS
from tests.ocpi.generate import make
from tests.samples import evse, example, for_emsp

pytest_plugins = ["tests.known"]

COMMANDS = {
    "START_SESSION": "start_session",
    "STOP_SESSION": "stop_session",
    "RESERVE_NOW": "reserve_now",
    "CANCEL_RESERVATION": "cancel_reservation",
    "UNLOCK_CONNECTOR": "unlock_connector",
}
# door -> who asks, how, what, and the kind of object that belongs there
DOORS: dict[str, tuple[str, str, str, str]] = {
    "patch location": ("cpo", "PATCH", "2.2.1/receiver/locations/BE/BEC/L1", "location"),
    "patch evse": ("cpo", "PATCH", "2.2.1/receiver/locations/BE/BEC/L1/E1", "evse"),
    "patch connector": ("cpo", "PATCH", "2.2.1/receiver/locations/BE/BEC/L1/E1/1", "connector"),
    "patch session": ("cpo2", "PATCH", "2.3.0/receiver/sessions/BE/OTH/S1", "session"),
    "patch token": ("old_emsp", "PATCH", "2.1.1/receiver/tokens/FR/OLD/T1", "token"),
    **{
        f"{command} {version}": (token, "POST", f"{version}/receiver/commands/{command}", kind)
        for command, kind in COMMANDS.items()
        for version, token in (("2.1.1", "old_emsp"), ("2.2.1", "emsp"), ("2.3.0", "emsp2"))
    },
    "set profile": ("scsp", "PUT", "2.2.1/receiver/chargingprofiles/S1", "set_charging_profile"),
    "active profile": ("cpo", "PUT", "2.2.1/sender/chargingprofiles/S1", "active_charging_profile"),
    "client info": ("hub", "PUT", "2.3.0/receiver/hubclientinfo/BE/BEC", "client_info"),
    "credentials": ("cpo", "PUT", "2.2.1/credentials", "credentials"),
    "authorize": ("cpo", "POST", "2.2.1/sender/tokens/T1/authorize", "location_references"),
}


def broken(kind: str, version: str, random: Random) -> bytes:
    body: Any = make(kind, version, random)
    for _ in range(random.choice([1, 1, 2, 4])):
        fuzz._break(body, random)
    if random.random() < 0.1:
        body = random.choice(JUNK)
    text = bytearray(json.dumps(body, default=str).encode("utf-8", "replace"))
    if random.random() < 0.2:
        at = random.randrange(len(text))
        text[at : at + random.randrange(4)] = random.choice(TEXTS)
    return bytes(text)


def stocked(ask: Any) -> None:
    """What the doors change is there."""
    location = example("location", "2.2.1", "BE/BEC", id="L1", evses=[evse("E1")])
    session = example("session", "2.3.0", "BE/OTH", id="S1", cdr_token=for_emsp("NL/EXM"))
    token = example("token", "2.1.1", "FR/OLD", uid="T1")
    for sender, path, body in (
        ("cpo", "2.2.1/receiver/locations/BE/BEC/L1", location),
        ("cpo2", "2.3.0/receiver/sessions/BE/OTH/S1", session),
        ("old_emsp", "2.1.1/receiver/tokens/FR/OLD/T1", token),
    ):
        assert ask("PUT", f"/ocpi/{path}", token=sender, body=body).status == 201


@pytest.mark.parametrize("door", DOORS)
def test_a_broken_body_gets_an_envelope_and_words_of_its_own(ask: Any, known: Known, door: str) -> None:
    token, method, path, kind = DOORS[door]
    version = path.split("/")[0]
    stocked(ask)
    for seed in range(40):
        body = broken(kind, version, Random(f"{door} {seed}"))
        answer = ask(method, f"/ocpi/{path}", token=token, body=body)
        assert answer.status < 500, (seed, body, answer.text)
        said = answer.json
        assert said["timestamp"] and 1000 <= said["status_code"] < 3000, (seed, body, answer.text)
        words = said.get("status_message") or ""
        found = re.findall(r"\b(?:None|nan|NaN|True|False|Traceback|dict|NoneType)\b", words)
        assert not [each for each in found if each.encode() not in body], (seed, body, words)
