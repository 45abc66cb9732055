"""What a hub does not do: strangers, halves, what is for others, circles, forged cursors."""

from __future__ import annotations

from typing import Any

import pytest

from tests import samples
from tests.hub.conftest import party_of, routing_of
from tests.hub.test_forward import SESSION
from tests.hub.test_open import TOKEN, location, plain
from tests.samples import example

PUT = ("PUT", "receiver/sessions/BE/BEC/S1")


@pytest.mark.parametrize("word", ["to", "from"])
@pytest.mark.parametrize("half", ["country-code", "party-id"])
@pytest.mark.parametrize("value", ["BE", "", "TOOLONG", "B\u00e9"])
def test_half_a_pair_of_headers_is_2001_naming_the_other(
    party: Any, hub: Any, word: str, half: str, value: str
) -> None:
    cpo, emsp = party("cpo221"), party("emsp221")
    answer = hub.ask(
        "PUT", f"/ocpi/2.2.1/{PUT[1]}", token=cpo.token, body=SESSION, headers={f"OCPI-{word}-{half}": value}
    )
    assert (answer.status, answer.code) == (200, 2001)
    assert f"OCPI-{word}-" in answer.json["status_message"]
    assert emsp.received == []


@pytest.mark.parametrize("module", ["locations", "tariffs", "sessions", "tokens"])
def test_who_is_no_party_of_the_connection_is_2001_whatever_to_says(
    party: Any, send: Any, hub: Any, module: str
) -> None:
    """HUB-33, AMB-22: a stranger as FROM, as the owner in the path, or as the owner in the body."""
    cpo, emsp = party("cpo221"), party("emsp221")
    sender = emsp if module == "tokens" else cpo
    owner = party_of(sender)
    found = {
        "locations": location(),
        "tariffs": plain(example("tariff", "2.2.1", "BE/BEC", id="LOC1")),
        "sessions": {**SESSION, "id": "LOC1"},
        "tokens": {**TOKEN, "uid": "LOC1"},
    }[module]
    stranger = {"country_code": "FR", "party_id": "XYZ"}
    from_stranger = {"OCPI-from-country-code": "FR", "OCPI-from-party-id": "XYZ"}
    path = f"receiver/{module}/{owner[0]}/{owner[1]}/LOC1"
    for to in (None, ("NL", "HUB"), ("DE", "MSP"), ("XX", "YYY")):
        for where, body, headers in (
            (path, found, from_stranger),
            (f"receiver/{module}/FR/XYZ/LOC1", found, {}),
            (path, {**found, **stranger}, {}),
        ):
            answer = send(sender, "PUT", where, body, to=to, headers=headers)
            assert (answer.status, answer.code) == (200, 2001), (to, where, answer.text)
            assert routing_of(answer.headers)["from"] == "NL/HUB"
    assert cpo.received == emsp.received == []
    for each in ("FR/XYZ", "/".join(owner)):
        assert hub.operate("list", module=module, party=each)["objects"] == []


def test_a_cdr_of_a_stranger_is_2001(party: Any, send: Any) -> None:
    cpo, emsp = party("cpo221"), party("emsp221")
    cdr = plain(example("cdr", "2.2.1", "FR/XYZ", id="C1", cdr_token=SESSION["cdr_token"]))
    for to in (None, emsp, ("NL", "HUB")):
        assert send(cpo, "POST", "receiver/cdrs", cdr, to=to).code == 2001
    assert emsp.received == []


@pytest.mark.parametrize("module", ["sessions", "cdrs"])
def test_a_session_or_cdr_goes_to_nobody_but_the_emsp_of_its_token(
    party: Any, send: Any, module: str
) -> None:
    """HUB-21: also where the requester names somebody else."""
    cpo, third = party("cpo221"), party("third")
    party("emsp221")
    if module == "sessions":
        answer = send(cpo, *PUT, SESSION, to=third)
    else:
        cdr = plain(example("cdr", "2.2.1", "BE/BEC", id="C1", cdr_token=SESSION["cdr_token"]))
        answer = send(cpo, "POST", "receiver/cdrs", cdr, to=third)
    assert answer.code == 2001
    assert "/cdr_token" in answer.json["status_message"]
    assert third.received == []


@pytest.mark.parametrize("body", ["{", "[]", "7", '"x"', "{" + '"a":[' * 5000, '{"a": 1e999999}', "\ufeff{"])
def test_a_body_that_is_none_is_refused_and_not_passed_on(party: Any, send: Any, body: str) -> None:
    cpo, emsp = party("cpo221"), party("emsp221")
    answer = send(cpo, *PUT, body, to=emsp)
    assert answer.code in (2000, 2001) or answer.status == 400, answer.text
    assert emsp.received == []


def test_a_list_shows_the_asking_one_its_own_sessions_of_the_asked_one_alone(party: Any, send: Any) -> None:
    """Isolation in answers: neither another eMSP's Sessions, nor those of another CPO."""
    cpo, emsp = party("cpo221"), party("emsp221")
    other = {**SESSION, "id": "S2", "cdr_token": {**SESSION["cdr_token"], "party_id": "OTH"}}
    forged = {**SESSION, "id": "S3", "party_id": "NEW"}
    party("cpo230")
    cpo.objects["sessions"] = [SESSION, other, forged]
    answer = send(emsp, "GET", "sender/sessions", to=cpo)
    assert [each["id"] for each in answer.data] == ["S1"]
    cpo.objects["sessions"] = [SESSION]
    assert send(emsp, "GET", "sender/sessions", to=cpo).data == [SESSION]


def test_nobody_reads_a_session_of_others_at_its_owner(party: Any, send: Any) -> None:
    """Also where the far side would show it to whoever asks."""
    cpo, emsp, third = party("cpo221"), party("emsp221"), party("third")
    cpo.answer("GET", "sessions/BE/BEC/S1", data=SESSION)
    for to in (None, cpo):
        assert send(third, "GET", "receiver/sessions/BE/BEC/S1", to=to).code in (2001, 4000)
    assert send(emsp, "GET", "receiver/sessions/BE/BEC/S1").data == SESSION


def test_an_active_profile_goes_to_the_end_of_its_session_alone(party: Any, send: Any) -> None:
    """HUB-21, CHP-31: also where its CPO names somebody else."""
    cpo, emsp, third = party("cpo221"), party("emsp221"), party("third")
    assert send(cpo, *PUT, SESSION).code == 1000
    profile = {"charging_rate_unit": "A", "charging_profile_period": [{"start_period": 0, "limit": 6.0}]}
    active = {"start_date_time": "2026-03-01T10:00:00Z", "charging_profile": profile}
    assert send(cpo, "PUT", "sender/chargingprofiles/S1", active, to=third).code == 4001
    assert send(cpo, "PUT", "sender/chargingprofiles/S1", active, to=emsp).code == 1000
    assert third.received == []


def test_a_command_with_a_token_of_another_emsp_is_2001(party: Any, send: Any) -> None:
    """CMD-34: however its owner is said, as whoever reads it leniently would take it."""
    cpo, third = party("cpo221"), party("third")
    party("emsp221")
    path = "receiver/commands/START_SESSION"
    body = {"response_url": f"{third.base_url}/r", "location_id": "LOC1"}
    half = {name: value for name, value in TOKEN.items() if name != "country_code"}
    for token in (TOKEN, [TOKEN], half, {**half, "party_id": 123}, {**TOKEN, "country_code": "FR"}):
        answer = send(third, "POST", path, {**body, "token": token}, to=cpo)
        assert (answer.code, "/token" in answer.json["status_message"]) == (2001, True), token
    assert cpo.received == []
    unsaid = {**half, "party_id": ""}
    for at, token in enumerate((unsaid, {**unsaid, "country_code": "fr", "party_id": "thi"})):
        headers = {"X-Request-ID": f"own-{at}"}
        assert send(third, "POST", path, {**body, "token": token}, to=cpo, headers=headers).code == 1000


def test_a_list_of_2_1_1_is_told_apart_by_the_tokens_that_were_broadcast(party: Any, send: Any) -> None:
    """Everything comes to it from the hub's party, so what it lists is not for the asking one alone."""
    cpo, emsp, third = party("cpo211"), party("emsp221"), party("third")
    mine = plain(example("session", "2.1.1", id="S1", auth_id="DE-MSP-C1"))
    cpo.objects["sessions"] = [mine, {**mine, "id": "S2", "auth_id": "FR-THI-C1"}]
    assert send(emsp, "GET", "sender/sessions", to=cpo).data == []
    assert send(emsp, "PUT", "receiver/tokens/DE/MSP/U1", TOKEN).code == 1000
    others = samples.token(country_code="FR", party_id="THI", uid="U1", contract_id="FR-THI-C1")
    assert send(third, "PUT", "receiver/tokens/FR/THI/U1", others).code == 1000
    (found,) = send(emsp, "GET", "sender/sessions", to=cpo).data
    assert (found["id"], found["cdr_token"]["party_id"], found["party_id"]) == ("S1", "MSP", "OLD")
    assert [each["id"] for each in send(third, "GET", "sender/sessions", to=cpo).data] == ["S2"]


@pytest.mark.parametrize("one", ["emsp221", "emsp230", "emsp211"])
def test_next_links_lead_through_the_hub(party: Any, send: Any, one: str) -> None:
    """AMB-26: page by page, by links of ours alone."""
    emsp, cpo = party(one), party("cpo221")
    cpo.page_limit = 2
    cpo.objects["tariffs"] = [plain(example("tariff", "2.2.1", "BE/BEC", id=f"T{at}")) for at in range(5)]
    if one == "emsp211":
        return  # it names nobody; its lists are of all
    answer = send(emsp, "GET", "sender/tariffs?date_from=2010-01-01T00:00:00Z&limit=2", to=cpo)
    found = [each["id"] for each in answer.data]
    assert answer.headers["x-total-count"] == "5"
    for to in (cpo, None):
        link = answer.headers["link"].partition("<")[2].partition(">")[0]
        assert link.startswith(f"https://ocpi.example.com/ocpi/{emsp.version}/sender/tariffs?cursor=hub.")
        assert "127.0.0.1" not in link
        answer = send(emsp, "GET", link, to=to)
        assert routing_of(answer.headers)["from"] == "BE/BEC"
        found += [each["id"] for each in answer.data]
    assert found == [f"T{at}" for at in range(5)]
    assert "link" not in answer.headers
    assert {each.query["date_from"] for each in cpo.received} == {"2010-01-01T00:00:00Z"}


def test_a_cursor_is_of_one_party_and_cannot_be_forged(party: Any, send: Any) -> None:
    emsp, third, cpo = party("emsp221"), party("third"), party("cpo221")
    cpo.page_limit = 1
    cpo.objects["tariffs"] = [plain(example("tariff", "2.2.1", "BE/BEC", id=f"T{at}")) for at in range(3)]
    answer = send(emsp, "GET", "sender/tariffs", to=cpo)
    link = answer.headers["link"].partition("<")[2].partition(">")[0]
    cpo.forget()
    for url in (link[:-4] + "AAAA", "/ocpi/2.2.1/sender/tariffs?cursor=hub.eHg", link + "%00"):
        assert send(emsp, "GET", url if url.startswith("http") else url[12:]).code == 2001
    assert send(third, "GET", link).code == 2001
    assert send(emsp, "GET", link.replace("tariffs", "locations")).code == 2001
    assert cpo.received == []


def test_a_next_link_to_another_host_is_not_passed_on(party: Any, send: Any) -> None:
    emsp, cpo = party("emsp221"), party("cpo221")
    cpo.answer("GET", "tariffs", data=[], headers={"Link": '<https://evil.example/t?offset=2>; rel="next"'})
    answer = send(emsp, "GET", "sender/tariffs", to=cpo)
    assert (answer.code, "link" in answer.headers) == (1000, False)


def test_a_module_of_their_own_passes_between_partners_of_one_version(
    party: Any, send: Any, hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its path and method; version details list it under a URL of ours."""
    from tests.stub import PartnerStub

    plain_endpoints = PartnerStub.endpoints.fget  # type: ignore[attr-defined]
    more = lambda stub: {"identifier": "parking", "role": "SENDER", "url": stub.url("SENDER", "parking")}  # noqa: E731
    monkeypatch.setattr(PartnerStub, "endpoints", property(lambda stub: [*plain_endpoints(stub), more(stub)]))
    cpo, other = party("cpo221"), party("cpo230")
    monkeypatch.undo()
    emsp = party("emsp221")
    listed = hub.ask("GET", "/ocpi/2.2.1", token=emsp.token).data["endpoints"]
    url = "https://ocpi.example.com/ocpi/2.2.1/sender/parking"
    assert {"identifier": "parking", "role": "SENDER", "url": url} in listed
    cpo.answer("*", "parking", data={"free": 7})
    answer = send(emsp, "PATCH", f"{url}/a%2Fb/c?x=1", "not JSON", to=cpo)
    assert (answer.code, answer.data, routing_of(answer.headers)["from"]) == (1000, {"free": 7}, "BE/BEC")
    (heard,) = cpo.received
    assert (heard.method, heard.path, heard.body) == ("PATCH", "/2.2.1/sender/parking/a/b/c", b"not JSON")
    assert routing_of(heard.headers) == {"to": "BE/BEC", "from": "DE/MSP"}
    assert send(emsp, "GET", url, to=other).code == 4000
    assert send(emsp, "GET", url).code == 4001
    assert send(emsp, "GET", url.replace("parking", "nothing"), to=cpo).code == 4000
    assert hub.ask("GET", url).status == 401
