"""Smart charging that is delegated: Sessions to a provider, and its profiles back (CHP-01, CHP-06)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.commands.test_profiles import ACTIVE, PROFILE, SCSP, setting, theirs
from tests.harness import CPO, Hand, OperatorRefused
from tests.samples import their_session
from tests.stub import PartnerStub

CUSTOMERS_OF = {name: [{"role": "EMSP", "country_code": "DE", "party_id": name}] for name in ("MSA", "MSB")}
LATER = "2026-02-01T00:00:00Z"


def sessions(partner: PartnerStub) -> list[tuple[str, str, str]]:
    """The Sessions a partner was sent: method, the end of the path, and whom it was told to come from."""
    return [
        (
            each.method,
            each.path.partition("/receiver/sessions/")[2],
            f"{each.headers['ocpi-from-country-code']}/{each.headers['ocpi-from-party-id']}",
        )
        for each in partner.received
        if "/receiver/sessions/" in each.path
    ]


def test_a_provider_gets_the_sessions_of_the_cpo_that_delegated_to_it(
    ask: Any, operate: Any, drain: Any, register_partner: Any
) -> None:
    """CHP-01, CHP-06: whoever's customer charges; another provider gets none."""
    operate("put", module="sessions", object=their_session("S1"))
    provider = register_partner(SCSP, smart_charging="delegated")
    other = register_partner([{"role": "SCSP", "country_code": "FR", "party_id": "SMA"}])
    assert operate("partner", partner=provider.id)["smart_charging"] == "delegated"
    operate("put", module="sessions", object=their_session("S2", emsp="FR/ABC"))
    drain()
    told = [("PUT", f"NL/EXA/{id}", "NL/EXA") for id in ("S1", "S2")]
    assert sorted(sessions(provider)) == told
    assert sessions(other) == []
    url = "/ocpi/2.2.1/sender/sessions?date_from=2020-01-01T00:00:00Z"
    assert [each["id"] for each in ask("GET", url, provider.token).data] == ["S1", "S2"]
    assert ask("GET", url, other.token).data == []
    operate("patch", module="sessions", id="S2", changes={"status": "COMPLETED"})
    drain()
    assert provider.received[-1].json["status"] == "COMPLETED"
    cdrs = ask("GET", "/ocpi/2.2.1/sender/cdrs", provider.token)
    assert cdrs.data in (None, [])


def test_an_emsp_forwards_the_sessions_of_its_customers(
    ask: Any, operate: Any, drain: Any, partner: PartnerStub, register_partner: Any
) -> None:
    """CHP-01: under the CPO's name and in its words; those of another's customers stay here."""
    theirs(ask, partner)
    drain()
    provider = register_partner(SCSP, smart_charging="delegated")
    other = register_partner([{"role": "SCSP", "country_code": "FR", "party_id": "SMA"}])
    drain()
    assert sessions(provider) == [("PUT", "BE/BEC/S9", "NL/EXM")]
    url = "/ocpi/2.2.1/receiver/sessions/BE/BEC/"
    odd = their_session("S10", "BE/BEC", "NL/EXM") | {"x_grid": {"phase": 2}}
    assert ask("PUT", url + "S10", partner.token, odd).code == 1000
    assert ask("PUT", url + "S8", partner.token, their_session("S8", "BE/BEC", "DE/MSP")).code == 1000
    drain()
    assert sessions(provider)[1:] == [("PUT", "BE/BEC/S10", "NL/EXM")]
    assert provider.received[-1].json["x_grid"] == {"phase": 2}
    change = {"kwh": 9.5, "last_updated": LATER}
    assert ask("PATCH", url + "S10", partner.token, change).code == 1000
    drain()
    assert sessions(provider)[2:] == [("PATCH", "BE/BEC/S10", "NL/EXM")]
    assert provider.received[-1].json["kwh"] == 9.5
    assert sessions(other) == []
    assert ask("GET", "/ocpi/2.2.1/sender/sessions", provider.token).data in (None, [])


@pytest.fixture
def provider(make_platform: Any) -> Hand:
    """A platform that is a smart charging provider, and a CPO besides."""
    party = {"role": "SCSP", "country_code": "SE", "party_id": "SMA", "business_details": {"name": "Smart"}}
    return make_platform({"OCPI_PARTIES": json.dumps([party, CPO])})


def test_as_the_provider_we_ask_the_emsp_that_forwarded_the_session(provider: Hand) -> None:
    """CHP-01, CHP-40: response, result and changes come from it."""
    emsp = provider.register_partner(CUSTOMERS_OF["MSA"], smart_charging="delegated")
    url = "/ocpi/2.2.1/receiver/sessions/BE/BEC/S1"
    assert provider.ask("PUT", url, emsp.token, their_session("S1", "BE/BEC", "DE/MSA")).code == 1000
    assert provider.ask("GET", url, emsp.token).data["id"] == "S1"
    emsp.answer("PUT", "/receiver/chargingprofiles/", data={"result": "ACCEPTED", "timeout": 9})
    record = provider.operate("set_profile", session_id="S1", party="BE/BEC", charging_profile=PROFILE)
    assert (record["party"], record["response"]["result"]) == ("DE/MSA", "ACCEPTED")
    (request,) = emsp.requests("PUT", "/receiver/chargingprofiles/S1")
    assert provider.ask("POST", request.json["response_url"], emsp.token, {"result": "ACCEPTED"}).code == 1000
    assert provider.operate("command", id=record["id"])["result"] == {"result": "ACCEPTED"}
    changed = provider.ask("PUT", "/ocpi/2.2.1/sender/chargingprofiles/S1", emsp.token, ACTIVE)
    assert changed.code == 1000
    with pytest.raises(OperatorRefused) as refused:
        provider.operate("set_profile", session_id="S2", party="BE/BEC", charging_profile=PROFILE)
    assert refused.value.code == "unknown_partner"


def test_an_emsp_sees_and_changes_the_sessions_of_its_own_customers_only(provider: Hand) -> None:
    """CHP-01, TRA-55: of two that forward, and of one that may not."""
    first, second = (
        provider.register_partner(roles, smart_charging="delegated") for roles in CUSTOMERS_OF.values()
    )
    url = "/ocpi/2.2.1/receiver/sessions/BE/BEC/S1"
    mine = their_session("S1", "BE/BEC", "DE/MSA")
    assert provider.ask("PUT", url, first.token, mine).code == 1000
    wrong = provider.ask("PUT", url.replace("S1", "S2"), second.token, mine | {"id": "S2"})
    assert (wrong.code, wrong.json["status_message"].startswith("/cdr_token/party_id")) == (2001, True)
    assert provider.ask("PUT", url, second.token, their_session("S1", "BE/BEC", "DE/MSB")).status == 404
    assert provider.ask("GET", url, second.token).status == 404
    change = {"kwh": 99, "last_updated": LATER}
    assert provider.ask("PATCH", url, second.token, change).status == 404
    stolen = {"cdr_token": their_session("S1", "BE/BEC", "DE/MSB")["cdr_token"], "last_updated": LATER}
    assert provider.ask("PATCH", url, first.token, stolen).code == 2001
    assert provider.ask("GET", url, first.token).data["kwh"] == mine["kwh"]
    unknown = provider.ask("PATCH", url.replace("S1", "S9"), first.token, change)
    assert unknown.status == 404
    stranger = provider.register_partner([{"role": "EMSP", "country_code": "DE", "party_id": "MSC"}])
    own = their_session("S3", "BE/BEC", "DE/MSC")
    assert provider.ask("PUT", url.replace("S1", "S3"), stranger.token, own).status == 404
    connected = provider.register_partner([{"role": "CPO", "country_code": "BE", "party_id": "BEC"}])
    assert provider.ask("PATCH", url, first.token, change).status == 404
    assert provider.ask("PUT", url, connected.token, mine).code == 1000


def test_a_provider_sets_a_profile_for_a_session_it_was_forwarded(
    ask: Any, drain: Any, partner: PartnerStub, register_partner: Any
) -> None:
    """CHP-01, CHP-40, AMB-46: forwarded, answered and passed on."""
    provider = register_partner(SCSP, smart_charging="delegated")
    theirs(ask, partner)
    drain()
    id = provider.received[-1].json["id"]
    partner.answer("PUT", "/receiver/chargingprofiles/", data={"result": "ACCEPTED", "timeout": 12})
    answer = ask("PUT", f"/ocpi/2.2.1/receiver/chargingprofiles/{id}", provider.token, setting(provider))
    assert answer.data["result"] == "ACCEPTED"
