"""Objects between partners of different versions: complete, unchanged in time, said as each can."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hub.conftest import party_of
from tests.hub.test_forward import SESSION
from tests.hub.test_open import TOKEN, plain
from tests.samples import example

PATCHED = {"kwh": 2.50, "last_updated": "2026-03-01T11:00:00Z"}
PERIOD = {
    "start_date_time": "2026-03-01T10:30:00Z",
    "dimensions": [{"type": "ENERGY", "volume": 1.10}],
}


def session_of(cpo: Any, emsp: Any, **more: Any) -> dict[str, Any]:
    country, party = party_of(cpo)
    token = {**SESSION["cdr_token"], "country_code": party_of(emsp)[0], "party_id": party_of(emsp)[1]}
    return {**SESSION, "country_code": country, "party_id": party, "cdr_token": token, **more}


@pytest.mark.parametrize("other", ["emsp211", "emsp230"])
def test_a_session_is_said_in_the_words_of_its_emsp(party: Any, send: Any, hub: Any, other: str) -> None:
    cpo, emsp = party("cpo221"), party(other)
    answer = send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", session_of(cpo, emsp))
    assert answer.code == 1000, answer.text
    said = emsp.requests("PUT")[0].json
    assert said["last_updated"] == SESSION["last_updated"]
    assert said["x_own"] == SESSION["x_own"]
    if other == "emsp211":
        assert (said["auth_id"], "cdr_token" in said, said["location"]["id"]) == ("C1", False, "LOC1")
    else:
        assert said["cdr_token"] == session_of(cpo, emsp)["cdr_token"]
    (route,) = hub.operate("routes")["routes"]
    assert route["versions"] == {"from": "2.2.1", "to": emsp.version}


@pytest.mark.parametrize("other", ["emsp211", "emsp230", "emsp221"])
def test_a_patch_is_a_patch_where_it_means_the_same(party: Any, send: Any, other: str) -> None:
    cpo, emsp = party("cpo221"), party(other)
    send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", session_of(cpo, emsp))
    assert send(cpo, "PATCH", "receiver/sessions/BE/BEC/S1", PATCHED).code == 1000
    (heard,) = emsp.requests("PATCH")
    assert heard.json == PATCHED


def test_periods_that_are_added_reach_2_1_1_as_the_whole_session(party: Any, send: Any) -> None:
    """CNV-P7: there a PATCH replaces the periods, so its Session is fetched, changed and PUT."""
    cpo, emsp = party("cpo221"), party("emsp211")
    send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", session_of(cpo, emsp, charging_periods=[PERIOD]))
    there = emsp.requests("PUT")[0].json
    emsp.answer("GET", "sessions", data=there)
    added = {**PERIOD, "start_date_time": "2026-03-01T10:45:00Z"}
    answer = send(cpo, "PATCH", "receiver/sessions/BE/BEC/S1", {**PATCHED, "charging_periods": [added]})
    assert answer.code == 1000, answer.text
    assert emsp.requests("PATCH") == []
    said = emsp.requests("PUT")[-1].json
    assert [each["start_date_time"] for each in said["charging_periods"]] == [
        "2026-03-01T10:30:00Z",
        "2026-03-01T10:45:00Z",
    ]
    assert (said["kwh"], said["last_updated"]) == (2.5, "2026-03-01T11:00:00Z")


def test_a_patch_of_what_the_far_side_does_not_have_is_its_404(party: Any, send: Any) -> None:
    cpo, emsp = party("cpo221"), party("emsp211")
    send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", session_of(cpo, emsp))
    answer = send(cpo, "PATCH", "receiver/sessions/BE/BEC/S1", {**PATCHED, "charging_periods": [PERIOD]})
    assert answer.status == 404


@pytest.mark.parametrize("other", ["emsp221", "emsp230"])
def test_a_session_of_2_1_1_names_its_token_and_owner(party: Any, send: Any, other: str) -> None:
    """CNV-15, CNV-65: by the Token that its eMSP broadcast; the path tells owners apart."""
    cpo, emsp = party("cpo211"), party(other)
    country, id = party_of(emsp)
    token = {**TOKEN, "country_code": country, "party_id": id}
    assert send(emsp, "PUT", f"receiver/tokens/{country}/{id}/U1", token).code == 1000
    session = plain(example("session", "2.1.1", id="S1", auth_id="DE-MSP-C1"))
    answer = send(cpo, "PUT", "receiver/sessions/BE/OLD/S1", session)
    assert (answer.status, answer.code) == (201, 1000), answer.text
    (heard,) = emsp.requests("PUT")
    assert heard.path.endswith("/receiver/sessions/BE/OLD/S1")
    said = heard.json
    assert (said["country_code"], said["party_id"], said["location_id"]) == (
        "BE",
        "OLD",
        session["location"]["id"],
    )
    assert said["cdr_token"]["contract_id"] == "DE-MSP-C1"
    assert said["cdr_token"]["party_id"] == id
    assert said["last_updated"].rstrip("Z")[:19] == session["last_updated"].rstrip("Z")[:19]


@pytest.mark.parametrize("cpo_name", ["cpo211", "cpo221", "cpo230"])
@pytest.mark.parametrize("other", ["emsp211", "emsp221", "emsp230"])
def test_an_authorization_is_answered_in_the_words_of_the_cpo(
    party: Any, send: Any, cpo_name: str, other: str
) -> None:
    """CNV-107: 2.1.1 names no Token in its answer, later versions require it."""
    cpo, emsp = party(cpo_name), party(other)
    country, id = party_of(emsp)
    token = {**TOKEN, "country_code": country, "party_id": id}
    info = {"allowed": "ALLOWED"} if other == "emsp211" else {"allowed": "ALLOWED", "token": token}
    emsp.answer("POST", "authorize", data=info)
    answer = send(cpo, "POST", "sender/tokens/U1/authorize", {"location_id": "LOC1"})
    assert (answer.status, answer.code) == (200, 1000), answer.text
    assert answer.data["allowed"] == "ALLOWED"
    assert ("token" in answer.data) == (cpo_name != "cpo211")
    if cpo_name != "cpo211":
        assert (answer.data["token"]["party_id"], answer.data["token"]["uid"]) == (id, "U1")
    assert emsp.requests("POST")[0].json == {"location_id": "LOC1"}


@pytest.mark.parametrize("other", ["emsp221", "emsp230"])
def test_a_list_of_2_1_1_is_said_in_the_words_of_who_asks(
    party: Any, send: Any, hub: Any, other: str
) -> None:
    cpo, emsp = party("cpo211"), party(other)
    cpo.objects["locations"] = [plain(example("location", "2.1.1", id=f"L{at}")) for at in range(2)]
    cpo.objects["locations"].append({"id": "BROKEN"})
    answer = send(emsp, "GET", "sender/locations", to=cpo)
    assert [(each["party_id"], each["id"]) for each in answer.data] == [("OLD", "L0"), ("OLD", "L1")]
    assert answer.headers["x-total-count"] == "3"


def test_what_cannot_be_said_is_noted_with_its_pointers(party: Any, send: Any, hub: Any) -> None:
    cpo, emsp = party("cpo230"), party("emsp211")
    found = session_of(cpo, emsp, status="RESERVATION", authorization_reference="A1")
    assert send(cpo, "PUT", "receiver/sessions/BE/NEW/S1", found).code == 1000
    (route,) = hub.operate("routes", parties=["BE/NEW", "DE/OLM"], module="sessions")["routes"]
    assert route["losses"] != []
    assert all(each.startswith("/") for each in route["losses"])
    assert hub.operate("routes", parties=["BE/NEW", "DE/MSP"])["routes"] == []
