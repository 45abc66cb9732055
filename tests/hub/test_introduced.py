"""Who joins a hub is introduced where a far side has not heard of it, at whatever it is asked first."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.partners import health
from tests import samples
from tests.harness import Hand, borrow, defaults, give_back
from tests.hub.conftest import party_of
from tests.hub.joining import join, role, routed
from tests.hub.test_hub_versions import PATCHED, PERIOD
from tests.hub.test_open import TOKEN, plain
from tests.samples import example
from tests.stub import Canned, Received


@pytest.fixture(autouse=True)
def joining(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour of having just joined, since the machine may be slow."""
    monkeypatch.setattr(health, "JOINING", 3600)


def test_a_command_reaches_a_cpo_that_has_just_registered_with_the_hub(hub: Hand) -> None:
    """CMD-04, HCI-10: a CPO on this software that has not fetched yet who is at the hub."""
    emsp = join(hub, "EMSP/DE/NWM")
    cpo = hub.register_partner([role("CPO/NL/EXA")])
    far = borrow(defaults(), None)
    try:
        hub_there = far.register_partner([role("HUB/NL/HUB")], hub=True)
        far.operate("put", module="locations", object=samples.location("L1"))

        def at_the_cpo(request: Received) -> Canned:
            headers = {
                name: text for name, text in request.headers.items() if name.startswith(("x-", "ocpi-"))
            }
            body = json.loads(request.body.replace(hub_url.encode(), hub_there.base_url.encode()))
            answer = far.ask(request.method, f"/ocpi{request.path}", hub_there.token, body, headers)
            return Canned(answer.status, body=answer.text.encode(), headers=dict(answer.headers))

        hub_url = hub.platform.settings.base_url
        cpo.script(at_the_cpo)
        command = {
            "response_url": f"{emsp.base_url}/r",
            "location_id": "L1",
            "token": samples.their_token("DE", "NWM"),
        }
        path = "/ocpi/2.2.1/receiver/commands/START_SESSION"
        answer = hub.ask("POST", path, emsp.token, command, routed("DE/NWM", "NL/EXA"))
        assert (answer.code, answer.data["result"]) == (1000, "ACCEPTED"), answer.text
        (there,) = far.operate("commands")["commands"]
        assert (there["direction"], there["state"]) == ("RECEIVED", "PENDING")
    finally:
        give_back(far)


def test_who_refuses_the_object_that_a_patch_is_about_is_told_too(party: Any, send: Any) -> None:
    """CNV-P7: a PATCH that has no words there is preceded by a GET, which a strict one refuses first."""
    cpo, emsp = party("cpo211"), party("emsp221")
    assert send(emsp, "PUT", "receiver/tokens/DE/MSP/U1", TOKEN).code == 1000
    session = plain(example("session", "2.1.1", id="S1", auth_id="DE-MSP-C1"))
    assert send(cpo, "PUT", "receiver/sessions/BE/OLD/S1", session).code == 1000
    there = emsp.requests("PUT", "/sessions")[0].json
    emsp.forget()
    emsp.answer("GET", "/sessions", times=1, code=2001, message="BE/OLD is no party of yours")
    emsp.answer("GET", "/sessions", data=there)
    answer = send(cpo, "PATCH", "receiver/sessions/BE/OLD/S1", {**PATCHED, "charging_periods": [PERIOD]})
    assert answer.code == 1000, answer.text
    asked = [(each.method, each.path.split("/")[3]) for each in emsp.received]
    get, told, put = ("GET", "sessions"), ("PUT", "hubclientinfo"), ("PUT", "sessions")
    assert asked == [get, told, get, put]
    assert emsp.requests("PUT", "/hubclientinfo")[0].path.endswith("/".join(party_of(cpo)))


@pytest.mark.parametrize(("waits", "times"), [({"Retry-After": "5"}, 2), ({}, 1)])
def test_who_fails_is_asked_again_only_where_it_says_that_it_did_nothing(
    hub: Hand, waits: dict[str, str], times: int
) -> None:
    """Design section 8: a command is never repeated on an unknown outcome."""
    cpo, emsp = hub.register_partner([role("CPO/BE/BEC")]), hub.register_partner([role("EMSP/DE/NWM")])
    cpo.answer("POST", "/commands", code=3000, headers=waits)
    command = {"response_url": f"{emsp.base_url}/r", "session_id": "S1"}
    path = "/ocpi/2.2.1/receiver/commands/STOP_SESSION"
    answer = hub.ask("POST", path, emsp.token, command, routed("DE/NWM", "BE/BEC"))
    assert answer.code == 3000
    assert len(cpo.requests("POST", "/commands")) == times
