"""Sessions, CDRs, Tariffs, Tokens and HubClientInfo: what each has of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.ocpi import jsontext
from chalicelib.partner import Endpoint
from tests.harness import OperatorRefused
from tests.known import Known, a_partner
from tests.samples import NEWER, example, for_emsp, own

pytest_plugins = ["tests.known"]

SESSION = "/ocpi/2.2.1/receiver/sessions/BE/BEC/SES-0001"
CDRS = "/ocpi/2.2.1/receiver/cdrs"
TOKENS = "/ocpi/2.2.1/receiver/tokens/DE/MSP"


def data(answer: Any) -> Any:
    assert answer.code == 1000, answer.text
    return jsontext.loads(answer.text)["data"]


# sessions


def period(at: int) -> dict[str, Any]:
    return {
        "start_date_time": f"2026-02-03T1{at}:00:00Z",
        "dimensions": [{"type": "ENERGY", "volume": Decimal("1.10")}],
    }


def test_periods_of_a_patch_are_appended_once(ask: Any, known: Known) -> None:
    """SES-17, SES-18, AMB-86."""
    session = example("session", charging_periods=[period(1)])
    assert ask("PUT", SESSION, token="cpo", body=session).status == 201
    for periods in ([period(2)], [period(2)], [], [period(3), period(1)]):
        body = {"charging_periods": periods, "last_updated": NEWER}
        assert ask("PATCH", SESSION, token="cpo", body=body).code == 1000
    found = data(ask("GET", SESSION, token="cpo"))
    assert found["charging_periods"] == [period(1), period(2), period(3)]
    assert found["last_updated"] == NEWER


def test_a_put_without_periods_removes_them(ask: Any, known: Known) -> None:
    """SES-13, SES-14, AMB-66: also after it was completed."""
    assert ask("PUT", SESSION, token="cpo", body=example("session", status="COMPLETED")).status == 201
    bare = example("session", charging_periods=None)
    assert ask("PUT", SESSION, token="cpo", body=bare).status == 200
    assert data(ask("GET", SESSION, token="cpo")) == bare


def test_a_2_1_1_patch_replaces_the_periods(ask: Any, known: Known) -> None:
    """SES-20, CNV-72."""
    url = "/ocpi/2.1.1/receiver/sessions/BE/OLD/SES-0001"
    assert ask("PUT", url, token="old_cpo", body=example("session", "2.1.1")).status == 201
    assert ask("PATCH", url, token="old_cpo", body={"charging_periods": [period(5)]}).code == 1000
    assert data(ask("GET", url, token="old_cpo"))["charging_periods"] == [period(5)]


def test_a_2_1_1_session_names_our_token_by_its_contract(ask: Any, known: Known, operate: Any) -> None:
    """CNV-65."""
    session = example("session", "2.1.1")
    token = own("token", uid="CARD7", contract_id=session["auth_id"])
    operate("put", module="tokens", object=token)
    url = "/ocpi/2.1.1/receiver/sessions/BE/OLD/SES-0001"
    assert ask("PUT", url, token="old_cpo", body=session).status == 201
    found = operate("get", module="sessions", party="BE/OLD", id="SES-0001")["object"]
    assert found["cdr_token"]["uid"] == "CARD7"
    assert (found["cdr_token"]["country_code"], found["cdr_token"]["party_id"]) == ("NL", "EXM")


def test_sessions_and_cdrs_are_for_the_emsp_of_their_token(ask: Any, known: Known, operate: Any) -> None:
    """SES-01, SES-10, CDR-03, CDR-10, ARC-12."""
    for module, kind in (("sessions", "session"), ("cdrs", "cdr")):
        operate("put", module=module, object=own(kind, id="A", cdr_token=for_emsp("DE/MSP")))
        operate("put", module=module, object=own(kind, id="B", cdr_token=for_emsp("fr/abc")))
        for token, expected in (
            ("emsp", ["A"]),
            ("emsp2", ["B"]),
            ("cpo", []),
            ("nsp", []),
            ("scsp", []),
            ("hub", []),
        ):
            answer = ask("GET", f"/ocpi/2.2.1/sender/{module}", token=token)
            assert [each["id"] for each in data(answer)] == expected, (module, token)
            assert answer.headers["x-total-count"] == str(len(expected))


# CDRs


def test_a_cdr_is_read_where_its_location_header_says(ask: Any, known: Known) -> None:
    """CDR-11 to CDR-13."""
    for version, token in (("2.1.1", "old_cpo"), ("2.2.1", "cpo"), ("2.3.0", "cpo2")):
        owner = {"old_cpo": "BE/OLD", "cpo": "BE/BEC", "cpo2": "BE/OTH"}[token]
        cdr = example("cdr", version, owner)
        answer = ask("POST", f"/ocpi/{version}/receiver/cdrs", token=token, body=cdr)
        assert (answer.status, answer.code) == (201, 1000), answer.text
        assert answer.headers["location"].startswith("https://")
        assert data(ask("GET", answer.headers["location"], token=token)) == cdr
        assert ask("GET", answer.headers["location"], token="nsp").status == 404


def test_a_cdr_twice_is_one_and_a_different_one_is_refused(ask: Any, known: Known) -> None:
    """CDR-01, CDR-16, AMB-35."""
    cdr = example("cdr")
    first = ask("POST", CDRS, token="cpo", body=cdr)
    again = ask("POST", CDRS, token="cpo", body=dict(reversed(cdr.items())))
    assert (first.status, again.status, again.code) == (201, 200, 1000)
    assert first.headers["location"] == again.headers["location"]
    other = ask("POST", CDRS, token="cpo", body={**cdr, "total_energy": Decimal("1.5")})
    assert (other.status, other.code) == (200, 2001)
    assert "location" not in other.headers
    assert data(ask("GET", first.headers["location"], token="cpo")) == cdr


def test_the_owner_in_a_cdr_must_be_the_sender(ask: Any, known: Known) -> None:
    """AMB-22: 2001 at once, since a POST has no path to hide."""
    answer = ask("POST", CDRS, token="cpo", body=example("cdr", owner="BE/OTH"))
    assert (answer.status, answer.code) == (200, 2001)
    assert ask("GET", f"{CDRS}/BE/OTH/{example('cdr')['id']}", token="cpo2").status == 404


def test_our_cdr_is_never_changed(operate: Any, known: Known) -> None:
    """CDR-01, CDR-05."""
    cdr = own("cdr", id="C1")
    assert operate("put", module="cdrs", object=cdr)["stored"] == 1
    assert operate("put", module="cdrs", object=cdr)["unchanged"] == 1
    with pytest.raises(OperatorRefused, match="CDR-01"):
        operate("put", module="cdrs", object={**cdr, "remark": "changed"})
    with pytest.raises(OperatorRefused, match="CDR-01"):
        operate("patch", module="cdrs", id="C1", changes={"remark": "changed"})


# tariffs


def test_a_deleted_tariff_is_unknown_and_may_come_again(ask: Any, known: Known) -> None:
    """TAR-06, AMB-65."""
    url = "/ocpi/2.2.1/receiver/tariffs/BE/BEC/STD-1"
    tariff = example("tariff", id="STD-1")
    assert ask("PUT", url, token="cpo", body=tariff).status == 201
    gone = ask("DELETE", url, token="cpo")
    assert (gone.status, gone.code, gone.data) == (200, 1000, None)
    assert ask("GET", url, token="cpo").status == 404
    assert ask("DELETE", url, token="cpo").status == 404
    assert ask("PUT", url, token="cpo", body=tariff).status == 201


def test_only_tariffs_are_removed(operate: Any, known: Known) -> None:
    """TAR-02, TOK-02, SES-02, CDR-01: the error names the way."""
    operate("put", module="tariffs", object=own("tariff", id="T1"))
    assert operate("remove", module="tariffs", id="T1") == {"removed": 1}
    for module, way in (("tokens", "valid"), ("sessions", "status"), ("cdrs", "credit")):
        with pytest.raises(OperatorRefused, match=way):
            operate("remove", module=module, id="T1")


# tokens


def test_tokens_of_one_uid_and_two_types_are_two(ask: Any, known: Known) -> None:
    """TOK-04, TOK-06, AMB-41."""
    card = example("token", owner="DE/MSP", uid="U1", type="RFID")
    app = example("token", owner="DE/MSP", uid="U1", type="APP_USER")
    assert ask("PUT", f"{TOKENS}/U1", token="emsp", body=card).status == 201
    assert ask("PUT", f"{TOKENS}/U1?type=APP_USER", token="emsp", body=app).status == 201
    assert data(ask("GET", f"{TOKENS}/U1", token="emsp"))["type"] == "RFID"
    assert data(ask("GET", f"{TOKENS}/u1?type=app_user", token="emsp"))["type"] == "APP_USER"
    assert data(ask("GET", f"{TOKENS}/U1?token_type=APP_USER", token="emsp"))["type"] == "APP_USER"
    assert ask("GET", f"{TOKENS}/U1?type=OTHER", token="emsp").status == 404
    body = {"valid": False, "last_updated": NEWER}
    assert ask("PATCH", f"{TOKENS}/U1?type=APP_USER", token="emsp", body=body).code == 1000
    assert data(ask("GET", f"{TOKENS}/U1", token="emsp"))["valid"] is True
    assert data(ask("GET", f"{TOKENS}/U1?type=APP_USER", token="emsp"))["valid"] is False


def test_the_only_token_of_a_uid_is_found_without_its_type(ask: Any, known: Known) -> None:
    """AMB-41."""
    app = example("token", owner="DE/MSP", uid="U2", type="APP_USER")
    assert ask("PUT", f"{TOKENS}/U2", token="emsp", body=app).status == 201
    assert data(ask("GET", f"{TOKENS}/U2", token="emsp"))["type"] == "APP_USER"
    body = {"valid": False, "last_updated": NEWER}
    assert ask("PATCH", f"{TOKENS}/U2", token="emsp", body=body).code == 1000


def test_the_type_in_path_and_body_must_agree(ask: Any, known: Known) -> None:
    """AMB-41."""
    app = example("token", owner="DE/MSP", uid="U3", type="APP_USER")
    answer = ask("PUT", f"{TOKENS}/U3?type=RFID", token="emsp", body=app)
    assert (answer.status, answer.code) == (200, 2001)
    assert "/type" in answer.json["status_message"]


@pytest.mark.parametrize(
    ("uid", "type_"), [("A|OTHER", "RFID"), ("A", "OTHER"), ("A", "RFID"), ("A|RFID", "RFID")]
)
def test_a_uid_with_a_bar_is_its_own(ask: Any, known: Known, uid: str, type_: str) -> None:
    from urllib.parse import quote

    for each, kind in (("A|OTHER", "RFID"), ("A", "OTHER"), ("A", "RFID"), ("A|RFID", "RFID")):
        body = example("token", owner="DE/MSP", uid=each, type=kind, contract_id=f"{each[:3]}{kind}")
        assert ask("PUT", f"{TOKENS}/{quote(each)}?type={kind}", token="emsp", body=body).status == 201
    found = data(ask("GET", f"{TOKENS}/{quote(uid)}?type={type_}", token="emsp"))
    assert (found["uid"], found["type"]) == (uid, type_)


def test_our_tokens_are_for_cpos(ask: Any, known: Known, operate: Any) -> None:
    """TOK-08, requirements section 3."""
    operate("put", module="tokens", object=own("token", uid="X1"))
    for version, token in (("2.1.1", "old_cpo"), ("2.2.1", "cpo"), ("2.3.0", "cpo2")):
        found = data(ask("GET", f"/ocpi/{version}/sender/tokens", token=token))
        assert [each["uid"] for each in found] == ["X1"]
        assert ("auth_id" in found[0]) == (version == "2.1.1")
    for token in ("emsp", "nsp", "nap", "scsp"):
        assert data(ask("GET", "/ocpi/2.2.1/sender/tokens", token=token)) == []


# hubclientinfo


def client(
    role: str = "CPO", status: str = "CONNECTED", owner: str = "SE/HID", **more: Any
) -> dict[str, Any]:
    return example("client_info", owner=owner, role=role, status=status, **more)


def tell(ask: Any, body: dict[str, Any], token: str = "hub") -> Any:
    url = f"/ocpi/2.2.1/receiver/hubclientinfo/{body['country_code']}/{body['party_id']}"
    return ask("PUT", url, token=token, body=body)


def test_a_hub_tells_of_the_parties_behind_it(ask: Any, known: Known) -> None:
    """HCI-03, HCI-06, AMB-30: by role; the best status is shown."""
    assert tell(ask, client("CPO", "SUSPENDED")).code == 1000
    assert tell(ask, client("EMSP", "OFFLINE")).code == 1000
    url = "/ocpi/2.2.1/receiver/hubclientinfo/SE/HID"
    assert data(ask("GET", url, token="hub"))["status"] == "OFFLINE"
    assert tell(ask, client("CPO", "CONNECTED")).code == 1000
    assert data(ask("GET", url, token="hub")) == client("CPO", "CONNECTED")
    assert ask("GET", url, token="cpo").code == 2001
    assert tell(ask, client(), token="cpo").code == 2001


def test_client_info_without_last_updated_is_of_now(ask: Any, known: Known) -> None:
    """HCI-16, AMB-29."""
    assert tell(ask, client(last_updated=None)).code == 1000
    url = "/ocpi/2.2.1/receiver/hubclientinfo/SE/HID"
    assert data(ask("GET", url, token="hub"))["last_updated"]


def test_a_hub_writes_for_the_parties_behind_it_only(ask: Any, known: Known) -> None:
    """HUB-33, AMB-18, AMB-22: not for one that is connected directly, nor for one of ours."""
    url = "/ocpi/2.2.1/receiver/locations/{}/GENT-01"
    body = example("location", owner="SE/HID")
    assert ask("PUT", url.format("SE/HID"), token="hub", body=body).status == 404
    assert tell(ask, client("CPO")).code == 1000
    assert ask("PUT", url.format("SE/HID"), token="hub", body=body).status == 201
    for owner in ("BE/BEC", "NL/EXA"):
        assert tell(ask, client("CPO", owner=owner)).code == 1000
        body = example("location", owner=owner)
        assert ask("PUT", url.format(owner), token="hub", body=body).status == 404
    assert tell(ask, client("EMSP", owner="SE/EMO")).code == 1000
    body = example("location", owner="SE/EMO")
    assert ask("PUT", url.format("SE/EMO"), token="hub", body=body).status == 404


# charging preferences


WISHES = {"profile_type": "CHEAP", "departure_time": "2026-02-03T18:00:00Z", "energy_need": 20}


@pytest.fixture
def charging(operate: Any, known: Known) -> str:
    location = own("location", id="L1")
    location["evses"][0]["capabilities"] = ["CHARGING_PREFERENCES_CAPABLE"]
    operate("put", module="locations", object=location)
    uid = location["evses"][0]["uid"]
    for at, changes in enumerate([{}, {"status": "COMPLETED"}, {"evse_uid": "#NA"}]):
        fields = {"location_id": "L1", "evse_uid": uid, "status": "ACTIVE", **changes}
        operate("put", module="sessions", object=own("session", id=f"S{at}", cdr_token=for_emsp(), **fields))
    return "/ocpi/2.2.1/sender/sessions/{}/charging_preferences"


def test_preferences_are_taken(ask: Any, charging: str, events: Any) -> None:
    """SES-30 to SES-32: `data` is a bare string."""
    answer = ask("PUT", charging.format("S0"), token="emsp", body=WISHES)
    assert (answer.status, answer.code, answer.data) == (200, 1000, "ACCEPTED"), answer.text
    heard = events("ChargingPreferencesSet")
    assert heard[-1]["detail"]["preferences"]["profile_type"] == "CHEAP"


def test_preferences_that_cannot_be(ask: Any, charging: str) -> None:
    """SES-42, AMB-32, AMB-66."""
    for id_, token in (("NONE", "emsp"), ("S0", "emsp2"), ("S0", "cpo"), ("S2", "emsp")):
        answer = ask("PUT", charging.format(id_), token=token, body=WISHES)
        assert (answer.status, answer.code) == (404, 2001), (id_, token, answer.text)
    ended = ask("PUT", charging.format("S1"), token="emsp", body=WISHES)
    assert (ended.status, ended.data) == (200, "NOT_POSSIBLE")
    wrong = ask("PUT", charging.format("S0"), token="emsp", body={"energy_need": 1})
    assert (wrong.status, wrong.code) == (200, 2001)


def test_we_set_preferences_at_the_cpo(ask: Any, known: Known, operate: Any, platform: Any) -> None:
    """SES-30, SES-31, as an eMSP."""
    endpoint = Endpoint("sessions", "SENDER", "https://cpo.example/sessions")
    known.add(a_partner("cpo", "2.2.1", "CPO/BE/BEC", endpoints=(endpoint,)))
    assert ask("PUT", SESSION, token="cpo", body=example("session")).status == 201
    sent = []

    class Client:
        def call(self, partner: Any, method: str, url: str, **more: Any) -> Any:
            from chalicelib.partner_client.answer import Answer

            sent.append((partner.id, method, url, more["body"]))
            return Answer(200, 1000, "", "ACCEPTED")

    platform.__dict__["partner_client"] = Client()
    answer = operate("charging_preferences", session_id="ses-0001", preferences=WISHES)
    assert answer == {"response": "ACCEPTED"}
    assert sent[0][:3] == ("cpo", "PUT", "https://cpo.example/sessions/SES-0001/charging_preferences")
    with pytest.raises(OperatorRefused, match="profile_type"):
        operate("charging_preferences", session_id="SES-0001", preferences={"profile_type": 7})
    with pytest.raises(OperatorRefused):
        operate("charging_preferences", session_id="NONE", preferences=WISHES)
    del platform.__dict__["partner_client"]
