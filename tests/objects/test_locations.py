"""Locations: parts, last_updated, visibility, large ones."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.objects.stored_object import load
from chalicelib.ocpi import jsontext
from localrun import large
from tests.known import Known
from tests.samples import NEWER, example, own

pytest_plugins = ["tests.known"]

URL = "/ocpi/2.2.1/receiver/locations/BE/BEC/GENT-01"
EVSE = f"{URL}/3256"
SENDER = "/ocpi/2.2.1/sender/locations"


def evse(uid: str, **changes: Any) -> dict[str, Any]:
    return example("evse", "2.2.1", uid=uid, **changes)


@pytest.fixture
def stored(ask: Any, known: Known) -> dict[str, Any]:
    whole = example(
        "location", "2.2.1", evses=[evse("3256"), evse("3257")], last_updated="2026-02-03T10:15:00Z"
    )
    assert ask("PUT", URL, token="cpo", body=whole).status == 201
    return whole


def get(ask: Any, url: str, token: str = "cpo") -> Any:
    answer = ask("GET", url, token=token)
    assert answer.code == 1000, answer.text
    return jsontext.loads(answer.text)["data"]


def test_a_location_comes_back_as_it_was_sent(ask: Any, stored: dict[str, Any]) -> None:
    """LOC-41, CNV-P2: fields nobody defined included."""
    stored["my_own_field"] = {"price": Decimal("0.10"), "deep": [{"x": None}]}
    assert ask("PUT", URL, token="cpo", body=stored).status == 200
    assert get(ask, URL) == stored


def test_a_put_replaces_the_whole_tree(ask: Any, stored: dict[str, Any]) -> None:
    """LOC-46, TRA-46: an EVSE that is not in it is gone, an optional field too."""
    whole = {**stored, "evses": [evse("3257")]}
    whole.pop("name", None)
    assert ask("PUT", URL, token="cpo", body=whole).status == 200
    found = get(ask, URL)
    assert found == whole
    assert ask("GET", EVSE, token="cpo").status == 404


def test_an_evse_status_moves_its_location(ask: Any, stored: dict[str, Any]) -> None:
    """LOC-26, LOC-49, LOC-51, LOC-87."""
    answer = ask("PATCH", EVSE, token="cpo", body={"status": "CHARGING", "last_updated": NEWER})
    assert answer.code == 1000
    found = get(ask, URL)
    assert found["last_updated"] == NEWER
    assert found["evses"][0]["status"] == "CHARGING"
    assert found["evses"][1] == stored["evses"][1]


def test_a_connector_moves_its_evse_and_location(ask: Any, stored: dict[str, Any]) -> None:
    """LOC-27, LOC-43, LOC-49, AMB-74: the time in the body, only if it is later."""
    id_ = stored["evses"][0]["connectors"][0]["id"]
    body = {"max_amperage": 16, "last_updated": NEWER}
    assert ask("PATCH", f"{EVSE}/{id_}", token="cpo", body=body).code == 1000
    found = get(ask, URL)
    assert found["last_updated"] == found["evses"][0]["last_updated"] == NEWER
    assert found["evses"][0]["connectors"][0]["max_amperage"] == 16
    older = {**found["evses"][0]["connectors"][0], "last_updated": "2020-01-01T00:00:00Z"}
    assert ask("PUT", f"{EVSE}/{id_}", token="cpo", body=older).code == 1000
    assert get(ask, URL)["last_updated"] == NEWER
    assert get(ask, f"{EVSE}/{id_}") == older


def test_a_new_evse_and_connector_are_added(ask: Any, stored: dict[str, Any]) -> None:
    """LOC-42, LOC-44, LOC-45."""
    assert ask("PUT", f"{URL}/NEW", token="cpo", body=evse("NEW", last_updated=NEWER)).status == 201
    assert len(get(ask, URL)["evses"]) == 3
    assert get(ask, URL)["last_updated"] == NEWER
    connector = {**stored["evses"][0]["connectors"][0], "id": "77"}
    assert ask("PUT", f"{EVSE}/77", token="cpo", body=connector).status == 201
    assert get(ask, f"{EVSE}/77") == connector


def test_a_part_below_an_unknown_parent_is_refused(ask: Any, stored: dict[str, Any]) -> None:
    """AMB-05."""
    for url, body in (
        (f"{URL}-X/3256", evse("3256")),
        (f"{URL}/NONE/1", {**stored["evses"][0]["connectors"][0], "id": "1"}),
    ):
        answer = ask("PUT", url, token="cpo", body=body)
        assert (answer.status, answer.code) == (404, 2003), answer.text


def test_a_location_patch_upserts_evses_by_uid(ask: Any, stored: dict[str, Any]) -> None:
    """AMB-10."""
    body = {
        "name": "Other",
        "evses": [{"uid": "3257", "status": "BLOCKED", "last_updated": NEWER}, evse("NEW")],
        "last_updated": NEWER,
    }
    assert ask("PATCH", URL, token="cpo", body=body).code == 1000
    found = get(ask, URL)
    assert [each["uid"] for each in found["evses"]] == ["3256", "3257", "NEW"]
    assert found["evses"][1]["status"] == "BLOCKED"
    assert found["evses"][1]["connectors"] == stored["evses"][1]["connectors"]
    assert found["name"] == "Other"


def test_null_clears_an_optional_field_and_not_a_required_one(ask: Any, stored: dict[str, Any]) -> None:
    """AMB-11."""
    assert ask("PATCH", URL, token="cpo", body={"name": None, "last_updated": NEWER}).code == 1000
    assert "name" not in get(ask, URL)
    answer = ask("PATCH", URL, token="cpo", body={"city": None, "last_updated": NEWER})
    assert (answer.status, answer.code) == (200, 2001)
    assert "/city" in answer.json["status_message"]


def test_an_older_patch_is_applied(ask: Any, stored: dict[str, Any]) -> None:
    """AMB-12: the owner wins."""
    body = {"status": "BLOCKED", "last_updated": "2020-01-01T00:00:00Z"}
    assert ask("PATCH", EVSE, token="cpo", body=body).code == 1000
    assert get(ask, EVSE)["status"] == "BLOCKED"


def test_ids_are_compared_without_case(ask: Any, stored: dict[str, Any]) -> None:
    """AMB-36: and come back as their owner wrote them."""
    assert get(ask, URL.replace("GENT-01", "gent-01").replace("BE/BEC", "be/bec"))["id"] == "GENT-01"
    assert ask("PUT", URL.lower().replace("gent", "gEnt"), token="cpo", body=stored).status in (200, 404)


def test_of_two_evses_of_one_uid_the_last_counts_and_both_come_back(ask: Any, known: Known) -> None:
    first, last = evse("a1"), {**evse("A1"), "status": "CHARGING"}
    whole = example("location", "2.2.1", evses=[first, last])
    assert ask("PUT", URL, token="cpo", body=whole).code == 1000
    assert get(ask, URL)["evses"] == [first, last]
    assert get(ask, f"{URL}/a1")["status"] == "CHARGING"


ODD_LISTS: list[Any] = [
    [],
    None,
    "none",
    [evse("Z9"), evse("A1"), evse("M5")],
    [evse("Z9"), {"status": "AVAILABLE"}, 7, evse("A1")],
    [evse(" 7 ") | {"uid": 7}, evse("B")],
    [evse("E1") | {"connectors": []}, evse("E2")],
]


@pytest.mark.parametrize("evses", ODD_LISTS)
def test_evses_come_back_as_they_were_sent(ask: Any, known: Known, evses: Any) -> None:
    whole = {**example("location", "2.2.1"), "evses": evses}
    assert ask("PUT", URL, token="cpo", body=whole).code == 1000
    assert get(ask, URL).get("evses") == evses
    assert ask("PUT", URL, token="cpo", body=whole).code == 1000
    assert get(ask, URL).get("evses") == evses


@pytest.mark.parametrize("uid", ["-", "--", "a/b", "#1", "*", "feed#", "~", "@group"])
def test_odd_uids_are_kept_apart(ask: Any, known: Known, uid: str) -> None:
    """AMB-39: percent-decoded once."""
    from urllib.parse import quote

    whole = example("location", "2.2.1", evses=[evse(uid), evse("-X")])
    assert ask("PUT", URL, token="cpo", body=whole).code == 1000
    assert get(ask, f"{URL}/{quote(uid, safe='')}")["uid"] == uid
    found = get(ask, URL)
    assert found["id"] == "GENT-01"
    assert {each["uid"] for each in found["evses"]} == {uid, "-X"}


def test_an_id_too_long_for_a_key_is_refused(ask: Any, known: Known) -> None:
    """AMB-04."""
    long = "x" * 300
    answer = ask("PUT", URL.replace("GENT-01", long), token="cpo", body=example("location", id=long))
    assert (answer.status, answer.code) == (200, 2001)


def test_a_location_beyond_what_can_be_kept_is_refused(ask: Any, known: Known) -> None:
    whole = example("location", "2.2.1", padding="x" * 400_000)
    answer = ask("PUT", URL, token="cpo", body=whole)
    assert (answer.status, answer.code) == (200, 2001)
    assert "KB" in answer.json["status_message"]
    assert ask("GET", URL, token="cpo").status == 404


def test_a_location_of_300_evses_is_stored_served_and_patched(ask: Any, known: Known) -> None:
    """ARC-13: more items than one transaction takes."""
    whole = example("location", "2.2.1", evses=[evse(f"E{at:04}") for at in range(300)])
    with large.tables():
        assert ask("PUT", URL, token="cpo", body=whole).status == 201
        assert len(get(ask, URL)["evses"]) == 300
        body = {"status": "BLOCKED", "last_updated": NEWER}
        assert ask("PATCH", f"{URL}/E0299", token="cpo", body=body).code == 1000
        found = get(ask, URL)
        assert found["evses"][299]["status"] == "BLOCKED"
        assert found["last_updated"] == NEWER
        shorter = {**whole, "evses": whole["evses"][:2]}
        assert ask("PUT", URL, token="cpo", body=shorter).status == 200
        assert get(ask, URL)["evses"] == shorter["evses"]


def test_partners_of_other_versions_see_the_same_evse(ask: Any, known: Known, operate: Any) -> None:
    """CNV-P2, CNV-P3: each in its own version, parts stored in different ones included."""
    operate("put", module="locations", object=own("location", id="L1"))
    uid = own("location")["evses"][0]["uid"]
    operate("patch", module="locations", id="L1", evse_uid=uid, changes={"status": "BLOCKED"})
    for version, token in (("2.1.1", "old_emsp"), ("2.2.1", "emsp"), ("2.3.0", "emsp2")):
        found = get(ask, f"/ocpi/{version}/sender/locations/L1/{uid}", token)
        assert (found["uid"], found["status"]) == (uid, "BLOCKED")
        assert ("country_code" in get(ask, f"/ocpi/{version}/sender/locations/L1", token)) == (
            version != "2.1.1"
        )


def test_a_patch_in_another_version_than_the_stored_one_is_merged(
    ask: Any, stored: dict[str, Any], known: Known
) -> None:
    """CNV-P7: the partner changed its version in between."""
    url = EVSE.replace("2.2.1", "2.1.1")
    assert ask("PATCH", url, token="cpo", body={"status": "RESERVED"}).code == 1000
    found = get(ask, URL)
    assert found["evses"][0]["status"] == "RESERVED"
    assert {each["uid"] for each in found["evses"]} == {"3256", "3257"}
    assert found["name"] == stored["name"]


def test_our_own_are_read_one_by_one(ask: Any, known: Known, operate: Any) -> None:
    """LOC-31, LOC-33: no country_code and party_id in this path."""
    operate("put", module="locations", object=own("location", id="L1"))
    evse_ = own("location")["evses"][0]
    assert get(ask, f"{SENDER}/L1", "emsp")["id"] == "L1"
    assert get(ask, f"{SENDER}/l1/{evse_['uid']}", "emsp")["uid"] == evse_["uid"]
    connector = evse_["connectors"][0]["id"]
    assert get(ask, f"{SENDER}/L1/{evse_['uid']}/{connector}", "emsp")["id"] == connector
    for path in ("L2", "L1/NONE", f"L1/{evse_['uid']}/NONE"):
        answer = ask("GET", f"{SENDER}/{path}", token="emsp")
        assert (answer.status, answer.code) == (404, 2003)


def test_a_cpo_does_not_read_our_locations(ask: Any, known: Known, operate: Any) -> None:
    """Requirements section 3: EMSP, NSP, NAP and OTHER do."""
    operate("put", module="locations", object=own("location", id="L1"))
    for token in ("cpo", "cpo2", "scsp"):
        assert ask("GET", SENDER, token=token).data == []
        assert ask("GET", f"{SENDER}/L1", token=token).status == 404
    for token in ("emsp", "emsp2", "nsp", "nap"):
        assert len(ask("GET", SENDER, token=token).data) == 1, token


def private(**entry: Any) -> dict[str, Any]:
    return own("location", id="P1", publish=False, publish_allowed_to=[entry])


def give_token(ask: Any, token: str, owner: str, **changes: Any) -> None:
    body = example("token", "2.2.1", owner, **changes)
    url = f"/ocpi/2.2.1/receiver/tokens/{owner}/{body['uid']}?type={body['type']}"
    assert ask("PUT", url, token=token, body=body).code == 1000


@pytest.mark.parametrize(
    "entry",
    [
        {"uid": "CARD1", "type": "RFID"},
        {"group_id": "g-1"},
        {"visual_number": "V1", "issuer": "Acme"},
    ],
)
def test_a_private_location_is_for_the_owners_of_its_tokens(
    ask: Any, known: Known, operate: Any, entry: dict[str, str]
) -> None:
    """LOC-13, LOC-14, LOC-17, AMB-64; a 2.1.1 partner cannot be told what private means."""
    give_token(
        ask, "emsp", "DE/MSP", uid="CARD1", type="RFID", group_id="G-1", visual_number="V1", issuer="Acme"
    )
    give_token(
        ask, "emsp2", "FR/ABC", uid="CARD2", type="RFID", group_id="G-2", visual_number="V1", issuer="ACME"
    )
    operate("put", module="locations", object=private(**entry))
    operate("put", module="locations", object=own("location", id="L1"))
    answer = ask("GET", SENDER, token="emsp")
    assert [each["id"] for each in answer.data] == ["L1", "P1"]
    assert answer.headers["x-total-count"] == "2"
    assert ask("GET", f"{SENDER}/P1", token="emsp").code == 1000
    for token in ("emsp2", "nsp", "nap"):
        answer = ask("GET", SENDER, token=token)
        assert [each["id"] for each in answer.data] == ["L1"], token
        assert answer.headers["x-total-count"] == "1"
        assert ask("GET", f"{SENDER}/P1", token=token).status == 404
    assert ask("GET", "/ocpi/2.1.1/sender/locations/P1", token="emsp").status == 404


def test_a_location_that_goes_private_leaves_the_list(ask: Any, known: Known, operate: Any) -> None:
    """Totals stay exact, places keep their order."""
    for id_ in ("L1", "P1", "L2"):
        operate("put", module="locations", object=own("location", id=id_))
    operate("patch", module="locations", id="P1", changes={"publish": False})
    answer = ask("GET", SENDER, token="emsp")
    assert ([each["id"] for each in answer.data], answer.headers["x-total-count"]) == (["L1", "L2"], "2")
    second = ask("GET", f"{SENDER}?offset=1&limit=1", token="emsp")
    assert [each["id"] for each in second.data] == ["L2"]
    assert "link" not in second.headers
    operate("patch", module="locations", id="P1", changes={"publish": True})
    assert [each["id"] for each in ask("GET", SENDER, token="emsp").data] == ["L1", "L2", "P1"]


def test_an_own_evse_is_never_deleted(operate: Any, known: Known) -> None:
    """LOC-03, LOC-04: the way is the status REMOVED, and such Locations stay in the list (AMB-33)."""
    whole = own("location", id="L1")
    operate("put", module="locations", object=whole)
    with pytest.raises(Exception, match="REMOVED"):
        operate("put", module="locations", object={**whole, "evses": whole["evses"][1:]})
    with pytest.raises(Exception, match="REMOVED"):
        operate("remove", module="locations", id="L1")


def test_the_same_again_changes_nothing(ask: Any, stored: dict[str, Any], platform: Any) -> None:
    """AMB-75: nothing is written, so nothing is announced."""
    from chalicelib.store.object_items import Key

    key = Key("locations", "BE", "BEC", "GENT-01")
    before = load(platform, key)
    assert ask("PUT", URL, token="cpo", body=stored).status == 200
    after = load(platform, key)
    assert [part.revision for part in before.parts] == [part.revision for part in after.parts]


def test_the_first_spelling_of_an_id_stays(ask: Any, stored: dict[str, Any], platform: Any) -> None:
    """AMB-36: whoever addresses it in other letters changes nothing about it."""
    from chalicelib.store.object_items import Key

    body = {"name": "x", "last_updated": NEWER}
    assert ask("PATCH", URL.replace("GENT", "gent"), token="cpo", body=body).code == 1000
    body = evse("new")
    assert ask("PUT", f"{URL.replace('GENT', 'gent')}/new", token="cpo", body=body).status == 201
    found = load(platform, Key("locations", "be", "bec", "gent-01"))
    assert {part.spelled for part in found.parts} == {("BE", "BEC", "GENT-01")}
    assert found.key == Key("locations", "BE", "BEC", "GENT-01")


@pytest.mark.parametrize("entry", [{"uid": "CARD1", "type": "RFID"}, {"group_id": "g-1"}])
def test_a_token_that_comes_later_opens_a_private_location(
    ask: Any, known: Known, operate: Any, entry: dict[str, str]
) -> None:
    """LOC-13, LOC-14: nobody sees it before."""
    operate("put", module="locations", object=private(**entry))
    assert ask("GET", SENDER, token="emsp").data == []
    give_token(ask, "emsp2", "FR/ABC", uid="CARD2", type="RFID", group_id="G-2")
    give_token(ask, "emsp", "DE/MSP", uid="CARD1", type="RFID", group_id="G-1")
    assert [each["id"] for each in ask("GET", SENDER, token="emsp").data] == ["P1"]
    assert ask("GET", SENDER, token="emsp2").data == []
