"""Smart charging through a hub: who shares a Session with which provider, and what it may do with it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import Hand
from tests.hub.conftest import party_of, routing_of
from tests.hub.joining import join
from tests.hub.test_forward import SESSION
from tests.hub.test_open import plain
from tests.samples import example
from tests.stub import PartnerStub

PATH = "receiver/sessions/BE/BEC/S1"
PROFILE = {"charging_rate_unit": "A", "charging_profile_period": [{"start_period": 0, "limit": 6.0}]}
ACTIVE = {"start_date_time": "2026-03-01T10:00:00Z", "charging_profile": PROFILE}


@pytest.fixture(params=["2.2.1", "2.3.0"])
def provider(hub: Hand, request: pytest.FixtureRequest) -> PartnerStub:
    return join(hub, "SCSP/DK/SMA", version=request.param, smart_charging="delegated")


@pytest.fixture
def stranger(hub: Hand) -> PartnerStub:
    """A provider by its role alone."""
    return join(hub, "SCSP/DK/OTH")


def ask_profile(send: Any, provider: PartnerStub, method: str, **more: Any) -> Any:
    url = f"{provider.base_url}/mine/{method}"
    if method == "PUT":
        body = {"charging_profile": PROFILE, "response_url": url}
        return send(provider, "PUT", "receiver/chargingprofiles/S1", body, **more)
    query = f"?duration=60&response_url={url}" if method == "GET" else f"?response_url={url}"
    return send(provider, method, f"receiver/chargingprofiles/S1{query}", **more)


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
@pytest.mark.parametrize("named", [True, False])
def test_a_cpo_shares_a_session_and_the_provider_asks_it_about_it(
    party: Any, send: Any, hub: Hand, provider: PartnerStub, method: str, named: bool
) -> None:
    """CHP-01, CHP-06, AMB-26: with OCPI-to or by the Session, each result comes back once."""
    cpo, emsp = party("cpo221"), party("emsp221")
    assert send(cpo, "PUT", PATH, SESSION).code == 1000
    assert send(cpo, "PUT", PATH, SESSION, to=provider).code == 1000
    assert provider.requests("PUT")[0].json["cdr_token"] == SESSION["cdr_token"]
    cpo.forget()
    cpo.answer("GET", "chargingprofiles", data={"result": "ACCEPTED", "timeout": 30})
    answer = ask_profile(send, provider, method, to=cpo if named else None)
    assert (answer.code, answer.data["result"]) == (1000, "ACCEPTED"), answer.text
    assert routing_of(answer.headers) == {"to": "DK/SMA", "from": "BE/BEC"}
    (heard,) = cpo.received
    assert routing_of(heard.headers) == {"to": "BE/BEC", "from": "DK/SMA"}
    back = heard.json["response_url"] if method == "PUT" else heard.query["response_url"]
    result: dict[str, Any] = {"result": "ACCEPTED"} | ({"profile": ACTIVE} if method == "GET" else {})
    for _ in range(2):
        assert send(cpo, "POST", back, result, to=provider).code == 1000
    hub.drain()
    (told,) = provider.requests("POST", "/mine/")
    assert told.json == result
    assert send(cpo, "PUT", "sender/chargingprofiles/S1", ACTIVE, to=provider).code == 1000
    assert provider.requests("PUT", "chargingprofiles")[0].json == ACTIVE
    assert emsp.requests("PUT", "chargingprofiles") == []


def test_a_profile_whose_result_never_comes_is_answered_once(
    party: Any, send: Any, hub: Hand, provider: PartnerStub
) -> None:
    """CHP-16: a ChargingProfileResult has no TIMEOUT, so the provider is told REJECTED."""
    cpo = party("cpo221")
    party("emsp221")
    assert send(cpo, "PUT", PATH, SESSION, to=provider).code == 1000
    assert ask_profile(send, provider, "PUT").code == 1000
    hub.clock.advance(40)
    hub.drain()
    assert [each.json for each in provider.requests("POST", "/mine/")] == [{"result": "REJECTED"}]


def test_a_session_that_is_shared_still_has_its_two_ends(
    party: Any, send: Any, provider: PartnerStub
) -> None:
    """A PATCH that names nobody is the eMSP's; the CPO reads back what it has; each may be patched."""
    cpo, emsp = party("cpo221"), party("emsp221")
    for to in (provider, None):
        assert send(cpo, "PUT", PATH, SESSION, to=to).code == 1000
    patch = {"kwh": 3, "last_updated": "2026-03-01T11:00:00Z"}
    assert send(cpo, "PATCH", PATH, patch).code == 1000
    assert (len(emsp.requests("PATCH")), provider.requests("PATCH")) == (1, [])
    assert send(cpo, "PATCH", PATH, patch, to=provider).code == 1000
    assert (len(emsp.requests("PATCH")), len(provider.requests("PATCH"))) == (1, 1)
    emsp.answer("GET", "sessions", data=SESSION)
    assert send(cpo, "GET", PATH).data["id"] == SESSION["id"]
    assert (len(emsp.requests("GET")), provider.requests("GET")) == (1, [])


def test_an_emsp_shares_its_customers_sessions_and_is_asked_about_them(
    party: Any, send: Any, hub: Hand, provider: PartnerStub
) -> None:
    """CHP-01: SCSP -> EMSP -> CPO; by the CPO's name in the path, of a Session that this eMSP had from it."""
    cpo, emsp, third = party("cpo221"), party("emsp221"), party("third")
    assert send(emsp, "PUT", PATH, SESSION, to=provider).code == 2001
    assert send(cpo, "PUT", PATH, SESSION).code == 1000
    assert send(emsp, "PUT", PATH, SESSION, to=provider).code == 1000
    assert [each.path for each in provider.requests("PUT")] == [f"/{provider.version}/{PATH}"]
    for forged in ({**SESSION, "party_id": "OLD"}, {**SESSION, "cdr_token": token_of(third)}):
        assert send(emsp, "PUT", PATH, forged, to=provider).code == 2001
    for other in (third, cpo):
        assert send(emsp, "PUT", PATH, SESSION, to=other).code == 2001
        assert send(third, "PUT", PATH, SESSION, to=provider).code == 2001
    emsp.forget()
    assert ask_profile(send, provider, "PUT").code == 1000
    assert len(emsp.requests("PUT", "chargingprofiles/S1")) == 1


def token_of(stub: PartnerStub) -> dict[str, Any]:
    country, party = party_of(stub)
    return {**SESSION["cdr_token"], "country_code": country, "party_id": party}


def test_nobody_is_a_provider_by_its_role_alone(
    party: Any, send: Any, provider: PartnerStub, stranger: PartnerStub
) -> None:
    """CHP-06, HUB-21; design section 9: on the Sessions delegated to it, and on no others."""
    cpo = party("cpo221")
    party("emsp221")
    assert send(cpo, "PUT", PATH, SESSION).code == 1000
    assert send(cpo, "PUT", PATH, SESSION, to=stranger).code == 2001
    assert (
        send(cpo, "PATCH", PATH, {"kwh": 3, "last_updated": ACTIVE["start_date_time"]}, to=stranger).code
        == 4001
    )
    cpo.forget()
    for method in ("PUT", "GET", "DELETE"):
        for to in (cpo, None):
            assert ask_profile(send, stranger, method, to=to).code == 4001
        assert ask_profile(send, provider, method).code == 4001, "nobody shared it with this one"
    cpo.answer("GET", "sessions", data=[SESSION])
    assert send(stranger, "GET", "sender/sessions", to=cpo).data == []
    assert stranger.received == []
    assert [each.method for each in cpo.received] == ["GET"]


def test_a_provider_reads_the_sessions_that_a_cpo_shows_it(
    party: Any, send: Any, provider: PartnerStub
) -> None:
    """Of a CPO of 2.1.1, which is not told who asks, it reads nothing."""
    cpo, old = party("cpo221"), party("cpo211")
    cpo.answer("GET", "sessions", data=[SESSION])
    old.answer("GET", "sessions", data=[plain(example("session", "2.1.1"))])
    assert [each["id"] for each in send(provider, "GET", "sender/sessions", to=cpo).data] == [SESSION["id"]]
    assert send(provider, "GET", "sender/sessions", to=old).data == []
    assert len(old.requests("GET")) == 1
    assert send(provider, "GET", "sender/sessions").data == []


def test_a_provider_is_told_of_nothing_but_sessions(party: Any, send: Any, provider: PartnerStub) -> None:
    cpo, emsp = party("cpo221"), party("emsp221")
    stop = {"response_url": f"{provider.base_url}/mine", "session_id": "S1"}
    assert send(cpo, "PUT", PATH, SESSION).code == 1000
    assert send(provider, "POST", "receiver/commands/STOP_SESSION", stop, to=cpo).code == 4001
    cdr = plain(example("cdr", "2.2.1", "BE/BEC", id="X1", cdr_token=SESSION["cdr_token"]))
    assert send(cpo, "POST", "receiver/cdrs", cdr, to=provider).code == 2001
    assert emsp.requests("POST") == [] and provider.requests("POST") == []
