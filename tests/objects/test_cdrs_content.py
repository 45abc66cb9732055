"""What CDRs say: the rows of requirements 1.7 that are content, and credit CDRs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.ocpi import jsontext
from tests import samples
from tests.harness import OperatorRefused
from tests.known import Known
from tests.samples import EMSP_ROLES, example, for_emsp, own

pytest_plugins = ["tests.known"]

CDRS = "/ocpi/2.3.0/receiver/cdrs"
READERS = [("2.1.1", "old_emsp", "FR/OLD"), ("2.2.1", "emsp", "DE/MSP"), ("2.3.0", "emsp2", "FR/ABC")]


def data(answer: Any) -> Any:
    assert answer.code == 1000, answer.text
    return jsontext.loads(answer.text)["data"]


def theirs(**changes: Any) -> dict[str, Any]:
    return example("cdr", "2.3.0", "BE/OTH", **changes)


def kept(ask: Any, body: dict[str, Any], token: str = "cpo2") -> dict[str, Any]:
    """A partner's CDR as it comes back from where its Location header says."""
    answer = ask("POST", CDRS, token=token, body=body)
    assert answer.status == 201, answer.text
    return dict(data(ask("GET", answer.headers["location"], token=token)))


def seen(ask: Any, operate: Any, **changes: Any) -> dict[str, dict[str, Any]]:
    """A CDR of ours as the eMSP of each version is shown it."""
    found = {}
    for version, token, party in READERS:
        cdr = own("cdr", id=f"C-{token}", cdr_token=for_emsp(party), **changes)
        operate("put", module="cdrs", object=cdr)
        (found[version],) = data(ask("GET", f"/ocpi/{version}/sender/cdrs", token=token))
    return found


@pytest.fixture
def emsp(register_partner: Any, drain: Any) -> Any:
    stub = register_partner(roles=EMSP_ROLES, version="2.3.0")
    drain()
    stub.forget()
    return stub


def test_a_cdr_is_sent_as_soon_as_it_is_there(operate: Any, drain: Any, emsp: Any) -> None:
    """CDR-02: no time passes but that of the queues."""
    operate("put", module="cdrs", object=samples.cdr())
    drain(sweep=False)
    (sent,) = emsp.requests("POST", "/receiver/cdrs")
    assert sent.json["id"] == "C1"


# credit CDRs


def credit(original: dict[str, Any], **changes: Any) -> dict[str, Any]:
    cost = original["total_cost"]
    taxes = [{**each, "amount": -each["amount"]} for each in cost["taxes"]]
    return {
        **original,
        "id": f"{original['id']}-C",
        "credit": True,
        "credit_reference_id": original["id"],
        "total_cost": {"before_taxes": -cost["before_taxes"], "taxes": taxes},
        **changes,
    }


def test_a_credit_cdr_repeats_what_it_credits(ask: Any, known: Known, operate: Any) -> None:
    """CDR-05 to CDR-08, AMB-52: another id, the same data, the total cost negated; then a new CDR."""
    original = own("cdr", id="C1", cdr_token=for_emsp("FR/ABC"))
    body = credit(original, last_updated="2026-03-01T00:00:00Z", remark="wrong tariff")
    for each in (original, body, {**original, "id": "C2", "total_energy": Decimal("14.0")}):
        assert operate("put", module="cdrs", object=each)["stored"] == 1
    found = data(ask("GET", "/ocpi/2.3.0/sender/cdrs", token="emsp2"))
    assert [(each["id"], each["total_cost"]["before_taxes"]) for each in found] == [
        ("C1", Decimal("4.00")),
        ("C1-C", Decimal("-4.00")),
        ("C2", Decimal("4.00")),
    ]
    assert found[1]["total_energy_cost"] == found[0]["total_energy_cost"]
    assert not {"credit", "credit_reference_id"} & found[2].keys()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"total_energy": Decimal("1.0")}, "/total_energy"),
        ({"remark": "why", "session_id": None}, "/session_id"),
        ({"charging_periods": example("cdr", "2.3.0")["charging_periods"][:1]}, "/charging_periods"),
        ({"total_energy_cost": {"before_taxes": Decimal("-3.50")}}, "/total_energy_cost"),
        ({"total_cost": {"before_taxes": Decimal("-4.00")}}, "/total_cost"),
        ({"total_cost": own("cdr")["total_cost"]}, "/total_cost"),
    ],
)
def test_a_credit_cdr_that_says_something_else_is_refused(
    ask: Any, known: Known, operate: Any, changes: dict[str, Any], pointer: str
) -> None:
    """CDR-07; from a partner it is taken all the same (AMB-52)."""
    original = own("cdr", id="C1")
    operate("put", module="cdrs", object=original)
    body = {name: value for name, value in credit(original, **changes).items() if value is not None}
    with pytest.raises(OperatorRefused, match="CDR-07") as refused:
        operate("put", module="cdrs", object=body)
    assert refused.value.pointer == pointer
    received = theirs()
    assert kept(ask, received) == received
    odd = {name: value for name, value in credit(received, **changes).items() if value is not None}
    assert kept(ask, odd) == odd


def test_a_credit_of_what_is_not_here_any_more_is_taken(operate: Any, known: Known) -> None:
    """CDR-07: there is nothing to hold it against."""
    assert operate("put", module="cdrs", object=credit(own("cdr", id="OLD")))["stored"] == 1


# content


def test_a_cdr_shows_how_its_cost_came_about(ask: Any, known: Known, operate: Any) -> None:
    """CDR-09, CDR-23: all its periods, dimensions and tariffs, in-between periods included; CDR-35: the
    numbers of each dimension as they were given, energy fed back into the net included.
    """
    units = {
        "ENERGY": Decimal("-1.2345"),
        "TIME": Decimal("0.25"),
        "PARKING_TIME": Decimal("0.1"),
        "RESERVATION_TIME": Decimal("0.0833"),
        "MAX_CURRENT": 96,
        "MIN_CURRENT": 0,
        "MAX_POWER": Decimal("22.08"),
        "MIN_POWER": Decimal("-11"),
    }
    periods = [
        {
            "start_date_time": f"2026-02-03T09:0{at}:00Z",
            "dimensions": [{"type": name, "volume": volume} for name, volume in units.items()],
            "tariff_id": "STD-1",
        }
        for at in range(5)
    ]
    in_211 = ["ENERGY", "TIME", "PARKING_TIME", "MAX_CURRENT", "MIN_CURRENT"]
    for version, found in seen(ask, operate, charging_periods=periods).items():
        assert len(found["charging_periods"]) == 5
        for each in found["charging_periods"]:
            told = {one["type"]: one["volume"] for one in each["dimensions"]}
            names = in_211 if version == "2.1.1" else list(units)
            assert told == {name: units[name] for name in names}, version
        assert [each["id"] for each in found["tariffs"]] == ["STD-1"]
    assert kept(ask, theirs(charging_periods=periods))["charging_periods"] == periods


def test_a_period_without_tariff_has_none(ask: Any, known: Known, operate: Any) -> None:
    """CDR-26: nobody puts one in, whatever `tariffs` holds."""
    periods = [{"start_date_time": "2026-02-03T09:00:00Z", "dimensions": [{"type": "TIME", "volume": 1}]}]
    for version, found in seen(ask, operate, charging_periods=periods).items():
        assert "tariff_id" not in found["charging_periods"][0], version
        assert found["tariffs"]
    assert kept(ask, theirs(charging_periods=periods))["charging_periods"] == periods


def test_a_cdr_of_a_reservation_has_no_session(ask: Any, known: Known, operate: Any) -> None:
    """CDR-27, CDR-32: nor an EVSE; sent and received."""
    place = {**own("cdr")["cdr_location"], "evse_uid": "#NA", "evse_id": "#NA", "connector_id": "#NA"}
    changes = {"session_id": None, "cdr_location": place, "total_energy": 0}
    for version, found in seen(ask, operate, **changes).items():
        assert "session_id" not in found, version
    body = theirs(**changes)
    assert kept(ask, body) == body


def test_states_of_charge_stay_in_sessions(ask: Any, known: Known, operate: Any) -> None:
    """CDR-34, CDR-39: never in our CDRs; from a partner that sends them all the same they are kept."""
    periods = [
        {
            "start_date_time": "2026-02-03T09:00:00Z",
            "dimensions": [{"type": "ENERGY", "volume": 1}, {"type": "STATE_OF_CHARGE", "volume": 80}],
        }
    ]
    with pytest.raises(OperatorRefused, match="STATE_OF_CHARGE"):
        operate("put", module="cdrs", object=own("cdr", charging_periods=periods))
    operate("put", module="sessions", object=own("session", charging_periods=periods))
    assert kept(ask, theirs(charging_periods=periods))["charging_periods"] == periods


LONG = {
    "/signed_data/encoding_method": ("encoding_method", 36),
    "/signed_data/public_key": ("public_key", 512),
    "/signed_data/url": ("url", 512),
    "/signed_data/signed_values/0/nature": ("nature", 32),
    "/signed_data/signed_values/0/plain_data": ("plain_data", 5000),
    "/signed_data/signed_values/0/signed_data": ("signed_data", 5000),
}


@pytest.mark.parametrize("pointer", LONG)
def test_signed_data_has_its_limits(ask: Any, known: Known, operate: Any, pointer: str) -> None:
    """CDR-37: as long as allowed, to the last character and unchanged, and no longer from us; a partner's
    longer text is kept, since a CDR that is refused costs money (AMB-04).
    """
    name, most = LONG[pointer]

    def signed(length: int) -> dict[str, Any]:
        value = "https://v.example/".ljust(length, "x") if name == "url" else "x" * length
        whole = {"encoding_method": "OCMF", "public_key": "a", "url": "https://v.example"}
        entry = {"nature": "Start", "plain_data": "p", "signed_data": "s"}
        (entry if "signed_values" in pointer else whole)[name] = value
        return {**whole, "signed_values": [entry]}

    with pytest.raises(OperatorRefused) as refused:
        operate("put", module="cdrs", object=own("cdr", id="C0", signed_data=signed(most + 1)))
    assert refused.value.pointer == pointer
    operate("put", module="cdrs", object=own("cdr", cdr_token=for_emsp(), signed_data=signed(most)))
    (found,) = data(ask("GET", "/ocpi/2.2.1/sender/cdrs", token="emsp"))
    assert found["signed_data"] == signed(most)
    assert kept(ask, theirs(signed_data=signed(most + 1)))["signed_data"] == signed(most + 1)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"signed_values": []}, "/signed_data/signed_values"),
        ({"encoding_method": None}, "/signed_data/encoding_method"),
        (
            {"signed_values": [{"nature": "Start", "plain_data": "p"}]},
            "/signed_data/signed_values/0/signed_data",
        ),
    ],
)
def test_signed_data_is_complete(
    ask: Any, known: Known, operate: Any, changes: dict[str, Any], pointer: str
) -> None:
    """CDR-37: at least one value; any word as its nature."""
    whole = {
        "encoding_method": "OCMF",
        "signed_values": [{"nature": "Tariff change", "plain_data": "p", "signed_data": "s"}],
    }
    wrong = {name: value for name, value in {**whole, **changes}.items() if value is not None}
    with pytest.raises(OperatorRefused) as refused:
        operate("put", module="cdrs", object=own("cdr", signed_data=wrong))
    assert refused.value.pointer == pointer
    assert ask("POST", CDRS, token="cpo2", body=theirs(id="WRONG", signed_data=wrong)).code == 1000
    read = operate("get", module="cdrs", id="WRONG", party="BE/OTH")
    assert [each["pointer"] for each in read["findings"]] == [pointer]
    assert kept(ask, theirs(signed_data=whole))["signed_data"] == whole


def test_home_charging_is_marked(ask: Any, known: Known, operate: Any) -> None:
    """CDR-38: 2.1.1 has no word for it."""
    for version, found in seen(ask, operate, home_charging_compensation=True).items():
        assert found.get("home_charging_compensation") is (None if version == "2.1.1" else True)
    assert kept(ask, theirs(home_charging_compensation=True))["home_charging_compensation"] is True


@pytest.mark.parametrize("method", ["AUTH_REQUEST", "COMMAND", "WHITELIST"])
def test_every_auth_method_is_told(ask: Any, known: Known, operate: Any, method: str) -> None:
    """CDR-40: COMMAND is no word of 2.1.1 (CNV-76)."""
    for version, found in seen(ask, operate, auth_method=method).items():
        expected = "AUTH_REQUEST" if (version, method) == ("2.1.1", "COMMAND") else method
        assert found["auth_method"] == expected, version
    assert kept(ask, theirs(auth_method=method))["auth_method"] == method
    assert ask("POST", CDRS, token="cpo2", body=theirs(id="OTHER", auth_method="MAGIC")).code == 1000
