"""Which party of a connection asks where OCPI-from does not say it."""

from __future__ import annotations

import pytest

from tests import samples
from tests.harness import Hand
from tests.hub.conftest import routing_of
from tests.hub.joining import join, routed
from tests.stub import PartnerStub

HERE = "/ocpi/2.2.1"
NOBODY = {"OCPI-to-country-code": "BE", "OCPI-to-party-id": "BEC"}


@pytest.fixture
def many(hub: Hand) -> PartnerStub:
    """Two eMSPs and a CPO on one connection."""
    return join(hub, "EMSP/DE/AAA", "EMSP/DE/BBB", "CPO/DE/CCC")


def test_a_hub_takes_the_party_that_the_path_the_body_or_the_module_names(
    hub: Hand, many: PartnerStub
) -> None:
    """AMB-21, HUB-03, HUB-06: and the answer is TO that one."""
    cpo, emsp = join(hub, "CPO/BE/BEC"), join(hub, "EMSP/FR/EFG")
    to = {
        each.id: {f"OCPI-to-{name}": text for name, text in zip(("country-code", "party-id"), party)}
        for each, party in ((cpo, ("BE", "BEC")), (emsp, ("FR", "EFG")))
    }
    token = samples.their_token("DE", "BBB")
    start = {"response_url": f"{many.base_url}/r", "location_id": "L1", "token": token}
    session = {"country_code": "DE", "party_id": "CCC", "kwh": 1.0, "last_updated": samples.AT}
    for method, path, body, asks in (
        ("PUT", f"receiver/tokens/DE/BBB/{token['uid']}", token, "DE/BBB"),
        ("POST", "receiver/commands/START_SESSION", start, "DE/BBB"),
        ("POST", "sender/tokens/U1/authorize", None, "DE/CCC"),
        ("PATCH", "receiver/sessions/DE/CCC/S1", session, "DE/CCC"),
    ):
        far = emsp if asks == "DE/CCC" else cpo
        far.forget()
        answer = hub.ask(method, f"{HERE}/{path}", many.token, body, to[far.id])
        assert (answer.code, routing_of(answer.headers)["to"]) == (1000, asks), (path, answer.text)
        (heard,) = far.received
        assert routing_of(heard.headers)["from"] == asks, path


def test_a_hub_asks_who_asks_where_several_can(hub: Hand, many: PartnerStub) -> None:
    """AMB-21: one that has no agreement would be heard in another's name."""
    cpo = join(hub, "CPO/BE/BEC")
    hub.operate("agree", parties=["BE/BEC", "DE/BBB"], allowed=False)
    many.forget()
    cpo.forget()
    stop = {"response_url": f"{many.base_url}/r", "session_id": "S1"}
    for method, path, body in (
        ("GET", "sender/locations", None),
        ("GET", "sender/sessions", None),
        ("POST", "receiver/commands/STOP_SESSION", stop),
        ("GET", "sender/parking", None),
    ):
        answer = hub.ask(method, f"{HERE}/{path}", many.token, body, NOBODY)
        assert (answer.code, "OCPI-from" in answer.text) == (2001, True), (path, answer.text)
    assert cpo.received == []
    for asks, code in (("DE/AAA", 1000), ("DE/BBB", 4001)):
        answer = hub.ask("GET", f"{HERE}/sender/locations", many.token, headers=routed(asks, "BE/BEC"))
        assert answer.code == code, answer.text


def test_what_is_between_platforms_names_nobody(hub: Hand, many: PartnerStub) -> None:
    """HUB-02, HCI-15."""
    answer = hub.ask("GET", f"{HERE}/sender/hubclientinfo", many.token)
    assert (answer.code, answer.headers.get("ocpi-to-party-id")) == (1000, None)


def test_a_result_is_told_by_its_id_whoever_brings_it(hub: Hand) -> None:
    """AMB-21, AMB-26: of several CPOs on one connection the one that was asked need not be named again."""
    cpos, emsp = join(hub, "CPO/BE/AAA", "CPO/BE/BBB"), join(hub, "EMSP/DE/MSP")
    start = {
        "response_url": f"{emsp.base_url}/r",
        "location_id": "L1",
        "token": samples.their_token("DE", "MSP"),
    }
    path = f"{HERE}/receiver/commands/START_SESSION"
    assert hub.ask("POST", path, emsp.token, start, routed("DE/MSP", "BE/BBB")).code == 1000
    back = cpos.received[-1].json["response_url"]
    stranger = hub.ask("POST", back, cpos.token, {"result": "FAILED"}, routed("BE/ZZZ"))
    assert stranger.code == 2001
    assert hub.ask("POST", back, cpos.token, {"result": "ACCEPTED"}).code == 1000
    hub.drain()
    (told,) = emsp.requests("POST", "/r")
    assert (told.json["result"], routing_of(told.headers)["from"]) == ("ACCEPTED", "BE/BBB")
