"""A request that names its receiver goes there, and its answer comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import samples
from tests.hub.conftest import routing_of

SESSION = {
    "country_code": "BE",
    "party_id": "BEC",
    "id": "S1",
    "start_date_time": "2026-03-01T10:00:00Z",
    "kwh": 1.50,
    "cdr_token": {"uid": "U1", "type": "RFID", "contract_id": "C1", "country_code": "DE", "party_id": "MSP"},
    "auth_method": "WHITELIST",
    "location_id": "LOC1",
    "evse_uid": "E1",
    "connector_id": "1",
    "currency": "EUR",
    "status": "ACTIVE",
    "last_updated": "2026-03-01T10:00:00Z",
    "x_own": {"kept": [1, 2.10]},
}


def test_a_request_to_a_party_is_asked_of_it_and_its_answer_handed_back(
    party: Any, send: Any, hub: Any
) -> None:
    """HUB-06, HUB-08, HUB-09, HUB-10: four legs keep the ends; a new request id, one correlation id."""
    cpo, emsp = party("cpo221"), party("emsp221")
    text = json.dumps(SESSION, indent=3)
    answer = send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", text, to=emsp)
    assert (answer.status, answer.code) == (201, 1000), answer.text
    assert routing_of(answer.headers) == {"to": "BE/BEC", "from": "DE/MSP"}
    assert answer.headers["x-request-id"] == "request-1"
    (heard,) = emsp.requests("PUT")
    assert heard.body.decode() == text
    assert heard.path == "/2.2.1/receiver/sessions/BE/BEC/S1"
    assert routing_of(heard.headers) == {"to": "DE/MSP", "from": "BE/BEC"}
    assert heard.headers["x-correlation-id"] == "correlation-1"
    assert heard.headers["x-request-id"] not in ("", "request-1")
    (route,) = hub.operate("routes")["routes"]
    assert (route["from"], route["to"], route["module"]) == ("BE/BEC", "DE/MSP", "sessions")
    assert route["request_ids"] == {"in": "request-1", "out": heard.headers["x-request-id"]}
    assert (route["http_status"], route["status_code"], route["losses"]) == (201, 1000, [])


def test_an_unknown_receiver_is_4001(party: Any, send: Any) -> None:
    """STA-23"""
    answer = send(party("cpo221"), "PUT", "receiver/sessions/BE/BEC/S1", SESSION, to=("XX", "YYY"))
    assert (answer.status, answer.code) == (200, 4001)
    assert routing_of(answer.headers) == {"to": "BE/BEC", "from": "NL/HUB"}


def test_a_location_is_broadcast_and_copied(party: Any, send: Any) -> None:
    cpo = party("cpo221")
    location = samples.location(country_code="BE", party_id="BEC")
    answer = send(cpo, "PUT", "receiver/locations/BE/BEC/LOC1", location, to=("NL", "HUB"))
    assert (answer.status, answer.code) == (201, 1000), answer.text
    answer = send(cpo, "GET", "receiver/locations/BE/BEC/LOC1")
    assert answer.data["id"] == "LOC1"


@pytest.mark.parametrize("name", ["cpo211", "cpo221", "cpo230", "emsp211", "emsp221", "emsp230"])
def test_version_details_offer_every_module_on_both_interfaces(party: Any, hub: Any, name: str) -> None:
    """Design section 12, what a partner sees; CRE-47, CRE-49, CNV-204."""
    one = party(name)
    found = hub.ask("GET", f"/ocpi/{one.version}", token=one.token).data["endpoints"]
    if one.version == "2.1.1":
        sides = {each["identifier"]: each["url"].split("/")[5] for each in found if "er/" in each["url"]}
        assert sides["locations"] == ("receiver" if name == "cpo211" else "sender")
        return
    pairs = {(each["identifier"], each["role"]) for each in found}
    for module in ("locations", "tariffs", "sessions", "cdrs", "tokens", "commands", "chargingprofiles"):
        assert {(module, "SENDER"), (module, "RECEIVER")} <= pairs
    assert ("hubclientinfo", "SENDER") in pairs
    said = hub.ask("GET", f"/ocpi/{one.version}/credentials", token=one.token).data
    if one.version == "2.2.1":
        assert [role["role"] for role in said["roles"]] == ["HUB"]
    else:
        assert said["hub_party_id"] == "NLHUB"
