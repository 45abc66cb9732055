"""Every way to call oneself a hub, at every door for credentials: the word of the operator alone counts."""

from __future__ import annotations

import os
from typing import Any

import pytest

from chalicelib.partners import parties
from tests.harness import OperatorRefused
from tests.samples import example
from tests.stub import PartnerStub

EMSP = {"role": "EMSP", "country_code": "DE", "party_id": "MSP"}
BEHIND = {"role": "CPO", "country_code": "SE", "party_id": "ONE"}
DETAILS = {"business_details": {"name": "x"}}


def role(word: Any) -> dict[str, Any]:
    return {**EMSP, "role": word, **DETAILS}


# In which version, and what a credentials object says more.
CLAIMS: dict[str, tuple[str, dict[str, Any]]] = {
    "role": ("2.2.1", {"roles": [role("HUB")]}),
    "role in another case": ("2.2.1", {"roles": [role("hub")]}),
    "role among blanks": ("2.2.1", {"roles": [role(" Hub ")]}),
    "second role": ("2.2.1", {"roles": [role("EMSP"), role("HUB")]}),
    "one role, no list": ("2.2.1", {"roles": role("HUB")}),
    "name of the role in another case": (
        "2.2.1",
        {"roles": [{**EMSP, "role": None, "Role": "HUB", **DETAILS}]},
    ),
    "field of a later version": ("2.2.1", {"hub_party_id": "DEMSP"}),
    "role of an older version": ("2.3.0", {"roles": [role("HUB")]}),
    "field": ("2.3.0", {"hub_party_id": "DEMSP"}),
    "field in lower case": ("2.3.0", {"hub_party_id": "demsp"}),
    "field in another spelling": ("2.3.0", {"hubPartyId": "DEMSP"}),
    "field in a list": ("2.3.0", {"hub_party_id": ["DEMSP"]}),
    "field of 2.3.0 in 2.1.1": ("2.1.1", {"hub_party_id": "DEMSP"}),
    "roles of 2.2.1 in 2.1.1": ("2.1.1", {"roles": [role("HUB")]}),
}
DOORS = ("POST", "PUT", "register", "update_registration")
# Each claim at one of the doors; with OCPI_TRIALS=1 at all of them.
TRIED = [
    (claim, door)
    for at, claim in enumerate(CLAIMS)
    for turn, door in enumerate(DOORS)
    if os.environ.get("OCPI_TRIALS") or (at + at // 4) % 4 == turn
]


def is_no_hub(hand: Any, id: str, token: str, version: str) -> None:
    """It speaks for nobody but itself, whatever it is called."""
    view = hand.operate("partner", partner=id)
    assert view["hub"] is False
    assert [each["role"] for each in view["roles"]] in ([], ["EMSP"], ["OTHER"])
    assert hand.platform.partners.get(id, fresh=True).hub_party_id == ""
    assert parties.reached(hand.platform, ("SE", "ONE")) is None
    if version != "2.1.1" and token:
        info = example("client_info", version, owner="SE/ONE", role="CPO", status="CONNECTED")
        url = f"/ocpi/{version}/receiver/hubclientinfo/SE/ONE"
        assert hand.ask("PUT", url, token, info).code != 1000
        place = example("location", version, owner="SE/ONE", id="L1")
        assert hand.ask("PUT", f"/ocpi/{version}/receiver/locations/SE/ONE/L1", token, place).code != 1000


@pytest.mark.parametrize(("claim", "door"), TRIED)
def test_who_calls_itself_a_hub_is_none(hand: Any, claim: str, door: str) -> None:
    """AMB-18, AMB-19; design section 9, rule 2: refused, or registered as what it is."""
    version, more = CLAIMS[claim]
    if door in ("PUT", "update_registration"):
        stub = hand.register_partner(roles=[EMSP], version=version)
    else:
        stub = PartnerStub([EMSP], version, own_token="stub-token-h")
        hand._stubs.append(stub)
    body = {**stub.credentials, **more}
    stub.objects["hubclientinfo"] = [example("client_info", "2.2.1", owner="SE/ONE", role="CPO")]
    if door == "POST":
        invited = hand.operate("invite", name="x")
        hand.ask("POST", f"/ocpi/{version}/credentials", invited["token"], body)
        stub.id = invited["partner"]
    elif door == "PUT":
        before = hand.operate("partner", partner=stub.id)
        answer = hand.ask("PUT", f"/ocpi/{version}/credentials", stub.token, body)
        if answer.code == 1000:
            stub.token = answer.data["token"]
        else:
            assert hand.operate("partner", partner=stub.id) == before
    else:
        stub.answer("POST" if door == "register" else "PUT", "/credentials", data=body)
        try:
            if door == "register":
                found = hand.operate("register", versions_url=stub.versions_url, token="a-token")
            else:
                found = hand.operate("update_registration", partner=stub.id)
            stub.id, stub.token = found["id"], stub.requests("", "/credentials")[-1].json["token"]
        except OperatorRefused:
            if not stub.id:
                return
    hand.drain()
    is_no_hub(hand, stub.id, stub.token, version)
    assert hand.operate("list", module="hubclientinfo", party="all")["objects"] == []


def test_who_is_behind_a_partner_that_is_no_hub_is_not_asked_of_it(hand: Any) -> None:
    """Design section 9, rule 2: its hubclientinfo is neither pulled nor believed."""
    stub = hand.register_partner(roles=[EMSP], version="2.2.1")
    stub.objects["hubclientinfo"] = [
        example("client_info", "2.2.1", owner="SE/ONE", role="CPO", status="CONNECTED")
    ]
    for fields in ({}, {"module": "hubclientinfo", "full": True}):
        try:
            hand.operate("pull", partner=stub.id, **fields)
        except OperatorRefused:
            continue
        hand.drain()
    assert stub.requests("GET", "/hubclientinfo") == []
    is_no_hub(hand, stub.id, stub.token, "2.2.1")
