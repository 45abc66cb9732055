"""Partners that are hubs themselves, and parties hosted beside our hub."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import samples
from tests.harness import EMSP
from tests.hub.conftest import HUB, party_of, routing_of
from tests.hub.test_awaited import start
from tests.hub.test_forward import SESSION
from tests.hub.test_open import TOKEN
from tests.stub import PartnerStub

BEHIND = [
    {"role": "EMSP", "country_code": "SE", "party_id": "EMO"},
    {"role": "CPO", "country_code": "SE", "party_id": "HID"},
]
OTHER_HUB = {"role": "OTHER", "country_code": "SE", "party_id": "HUB"}
EMO = {**SESSION["cdr_token"], "country_code": "SE", "party_id": "EMO"}
PUT = ("PUT", "receiver/sessions/BE/BEC/S1")


@pytest.fixture
def other_hub(hub: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A 2.3.0 hub SE/HUB, behind which are eMSP SE/EMO and CPO SE/HID."""
    plain = PartnerStub.credentials.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(
        PartnerStub, "credentials", property(lambda stub: {**plain(stub), "hub_party_id": "SEHUB"})
    )
    stub = hub.register_partner(roles=[OTHER_HUB, *BEHIND], version="2.3.0", name="Other hub", hub=True)
    monkeypatch.undo()
    hub.drain()
    stub.forget()
    return stub


def as_party(country: str, party: str) -> dict[str, str]:
    return {"OCPI-from-country-code": country, "OCPI-from-party-id": party}


def test_a_party_behind_another_hub_is_reached_through_it(party: Any, send: Any, other_hub: Any) -> None:
    """HUB-07, HUB-33: one leg goes to the other hub, the headers name the ends."""
    cpo = party("cpo221")
    answer = send(cpo, *PUT, {**SESSION, "cdr_token": EMO}, to=("SE", "EMO"))
    assert (answer.code, routing_of(answer.headers)) == (1000, {"to": "BE/BEC", "from": "SE/EMO"})
    (heard,) = other_hub.requests("PUT")
    assert routing_of(heard.headers) == {"to": "SE/EMO", "from": "BE/BEC"}
    assert send(cpo, *PUT, {**SESSION, "cdr_token": EMO}).code == 1000
    assert len(other_hub.requests("PUT")) == 2


def test_a_party_behind_another_hub_asks_through_it(party: Any, send: Any, other_hub: Any) -> None:
    cpo = party("cpo221")
    command = {**start(other_hub), "token": {**TOKEN, "country_code": "SE", "party_id": "EMO"}}
    path = "receiver/commands/START_SESSION"
    answer = send(other_hub, "POST", path, command, to=cpo, headers=as_party("SE", "EMO"))
    assert (answer.code, routing_of(answer.headers)) == (1000, {"to": "SE/EMO", "from": "BE/BEC"})
    assert routing_of(cpo.requests("POST")[0].headers) == {"to": "BE/BEC", "from": "SE/EMO"}
    stranger = send(other_hub, "POST", path, command, to=cpo, headers=as_party("FR", "XYZ"))
    assert stranger.code == 2001
    mine = send(other_hub, "POST", path, command, to=cpo, headers=as_party("BE", "BEC"))
    assert mine.code == 2001
    assert len(cpo.requests("POST")) == 1


def test_nothing_goes_back_where_it_came_from(party: Any, send: Any, other_hub: Any) -> None:
    command = {**start(other_hub), "token": {**TOKEN, "country_code": "SE", "party_id": "EMO"}}
    path = "receiver/commands/START_SESSION"
    answer = send(other_hub, "POST", path, command, to=("SE", "HID"), headers=as_party("SE", "EMO"))
    assert answer.code == 4000
    assert other_hub.received == []


def test_a_request_that_comes_round_is_4000(party: Any, send: Any, other_hub: Any) -> None:
    """Issue: hubs that pass a request round in a circle are told so, once."""
    cpo = party("cpo221")
    found: list[Any] = []

    def back(request: Any) -> None:
        if request.method == "PUT" and not found:
            headers = {
                "X-Correlation-ID": request.headers["x-correlation-id"],
                "OCPI-to-country-code": "SE",
                "OCPI-to-party-id": "EMO",
            }
            path = request.path.replace("/2.3.0/", "")
            found.append(send(other_hub, "PUT", path, request.body, headers=headers | as_party("BE", "BEC")))

    other_hub.script(back)
    assert send(cpo, *PUT, {**SESSION, "cdr_token": EMO}, to=("SE", "EMO")).code == 1000
    assert found[0].code == 4000
    assert len(other_hub.requests("PUT")) == 1


def test_a_direct_connection_beats_one_behind_a_hub(party: Any, send: Any, hub: Any, other_hub: Any) -> None:
    emo = hub.register_partner(roles=BEHIND[:1], version="2.2.1", name="direct")
    assert send(party("cpo221"), *PUT, {**SESSION, "cdr_token": EMO}).code == 1000
    assert len(emo.requests("PUT")) == 1
    assert other_hub.requests("PUT") == []
    answer = send(other_hub, "GET", "sender/tariffs", to=party("cpo221"), headers=as_party("SE", "EMO"))
    assert answer.code == 2001


class TestHosted:
    """An eMSP hosted beside the hub is a party like any other."""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"OCPI_PARTIES": json.dumps([HUB, EMSP])}

    def test_what_is_for_a_hosted_party_is_handled_here(self, party: Any, send: Any, hub: Any) -> None:
        cpo = party("cpo221")
        token = {**SESSION["cdr_token"], "country_code": "NL", "party_id": "EXM"}
        for id, to in (("S1", ("NL", "EXM")), ("S2", None)):
            path = f"receiver/sessions/BE/BEC/{id}"
            answer = send(cpo, "PUT", path, {**SESSION, "id": id, "cdr_token": token}, to=to)
            assert (answer.status, answer.code) == (201, 1000), answer.text
            assert routing_of(answer.headers) == {"to": "BE/BEC", "from": "NL/EXM"}, "HUB-06, HUB-27"
            wrong = send(cpo, "PUT", path, {**SESSION, "id": id, "cdr_token": token, "kwh": "much"}, to=to)
            assert (wrong.code, routing_of(wrong.headers)["from"]) == (2001, "NL/EXM")
        found = hub.operate("list", module="sessions", party="BE/BEC")["objects"]
        assert sorted(each["id"] for each in found) == ["S1", "S2"]

    def test_a_hosted_emsp_is_asked_about_its_token(self, party: Any, send: Any, hub: Any) -> None:
        cpo, emsp = party("cpo221"), party("emsp221")
        hub.operate("put", module="tokens", object=samples.token(uid="H1"))
        answer = send(cpo, "POST", "sender/tokens/H1/authorize")
        assert (answer.code, answer.data["allowed"]) == (1000, "ALLOWED"), answer.text
        assert routing_of(answer.headers)["from"] == "NL/EXM"
        assert emsp.received == []
        assert send(cpo, "POST", "sender/tokens/H1/authorize", to=("NL", "EXM")).data["allowed"] == "ALLOWED"

    def test_credentials_name_hub_and_hosted(self, party: Any, hub: Any) -> None:
        emsp = party("emsp221")
        said = hub.ask("GET", "/ocpi/2.2.1/credentials", token=emsp.token).data["roles"]
        assert [(role["role"], role["party_id"]) for role in said] == [("HUB", "HUB"), ("EMSP", "EXM")]
        cpo = party("cpo230")
        said = hub.ask("GET", "/ocpi/2.3.0/credentials", token=cpo.token).data
        assert said["hub_party_id"] == "NLHUB"
        named = {(role["role"], role["country_code"], role["party_id"]) for role in said["roles"]}
        assert named == {("EMSP", "NL", "EXM"), ("EMSP", *party_of(emsp))}
