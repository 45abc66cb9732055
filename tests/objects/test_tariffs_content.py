"""What Tariffs say, and when one may go: the rows of requirements 1.8 that are content."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.ocpi import jsontext
from tests import samples
from tests.harness import OperatorRefused
from tests.known import Known
from tests.samples import CPO_ROLES, EMSP_ROLES, NEWER, example, for_emsp, own

pytest_plugins = ["tests.known"]

READERS = [("2.1.1", "old_emsp"), ("2.2.1", "emsp"), ("2.3.0", "emsp2")]


def data(answer: Any) -> Any:
    assert answer.code == 1000, answer.text
    return jsontext.loads(answer.text)["data"]


def listed(ask: Any, version: str = "2.3.0", token: str = "emsp2") -> list[dict[str, Any]]:
    return list(data(ask("GET", f"/ocpi/{version}/sender/tariffs", token=token)))


def priced(price: int, **restrictions: Any) -> dict[str, Any]:
    element: dict[str, Any] = {"price_components": [{"type": "TIME", "price": price, "step_size": 1}]}
    return {**element, "restrictions": restrictions} if restrictions else element


def with_tariff(*ids: str, **changes: Any) -> dict[str, Any]:
    whole = own("location", **changes)
    for evse in whole["evses"]:
        for connector in evse["connectors"]:
            connector["tariff_ids"] = []
    whole["evses"][0]["connectors"][1]["tariff_ids"] = list(ids)
    return whole


@pytest.mark.parametrize("changes", [{"publish": True}, {"publish": False}])
def test_a_tariff_that_a_connector_names_is_deleted_and_the_connector_told(
    ask: Any, known: Known, operate: Any, changes: dict[str, Any]
) -> None:
    """TAR-03: of a private Location, too; ids are compared without case."""
    for id_, type_ in (("T1", "REGULAR"), ("T2", "PROFILE_GREEN")):
        operate("put", module="tariffs", object=own("tariff", id=id_, type=type_))
    for at in range(3):
        operate("put", module="locations", object=with_tariff("T2", id=f"X{at}", **changes))
    operate("put", module="locations", object=with_tariff("T2", "t1", id="L1", **changes))
    with pytest.raises(OperatorRefused) as refused:
        operate("remove", module="tariffs", id="T1")
    assert (refused.value.code, refused.value.pointer) == ("still_named", "/id")
    assert "L1/evses/0/connectors/1" in refused.value.message and "force" in refused.value.message
    assert [each["id"] for each in listed(ask)] == ["T1", "T2"]
    still = operate("remove", module="tariffs", id="T1", force=True)["still_named_by"]
    assert still == ["L1/evses/0/connectors/1"]
    assert [each["id"] for each in listed(ask)] == ["T2"]


def test_of_many_connectors_the_first_are_told(operate: Any, known: Known) -> None:
    """TAR-03."""
    operate("put", module="tariffs", object=own("tariff", id="T1"))
    operate("put", module="locations", objects=[with_tariff("T1", id=f"L{at}") for at in range(9)])
    still = operate("remove", module="tariffs", id="T1", force=True)["still_named_by"]
    assert [each.partition("/")[0] for each in still] == ["L0", "L1", "L2", "L3", "L4"]


def test_an_id_that_only_looks_like_it_keeps_no_tariff(operate: Any, known: Known) -> None:
    """TAR-03: a name, a longer id, another party's."""
    operate("put", module="tariffs", object=own("tariff", id="T1"))
    operate("put", module="locations", object=with_tariff("T11", id="T1", name="T1"))
    assert operate("remove", module="tariffs", id="T1") == {"removed": 1}


def test_a_pulled_list_takes_the_place_of_the_known_one(
    operate: Any, drain: Any, clock: Any, events: Any, register_partner: Any
) -> None:
    """TAR-04, AMB-33: what is not listed any more is hidden and said to be."""
    cpo = register_partner(roles=CPO_ROLES, version="2.3.0")
    party = {"country_code": "BE", "party_id": "BEC"}
    tariffs = [jsontext.dumps({**samples.tariff(f"T{at}"), **party}) for at in range(3)]
    cpo.objects["tariffs"] = [jsontext.loads(each.replace("0.35", "1")) for each in tariffs]
    operate("pull", partner=cpo.id, module="tariffs", full=True)
    drain()
    clock.advance(60)
    kept = {**cpo.objects["tariffs"][0], "currency": "SEK", "last_updated": NEWER}
    cpo.objects["tariffs"] = [kept, cpo.objects["tariffs"][2]]
    operate("pull", partner=cpo.id, module="tariffs", full=True)
    drain()
    found = operate("list", module="tariffs", party="BE/BEC")["objects"]
    assert {each["id"]: each["currency"] for each in found}["T0"] == "SEK"
    hidden = [each["detail"] for each in events("ObjectChanged") if each["detail"].get("hidden")]
    assert {each["id"] for each in hidden} == {"T1"}


def test_a_tariff_is_named_by_owner_and_id(ask: Any, known: Known) -> None:
    """TAR-09: one id of two owners are two Tariffs, and each owner reaches its own only."""
    for version, token, owner, currency in (
        ("2.2.1", "cpo", "BE/BEC", "EUR"),
        ("2.3.0", "cpo2", "BE/OTH", "SEK"),
        ("2.1.1", "old_cpo", "BE/OLD", "CHF"),
    ):
        body = example("tariff", version, owner, id="ONE", currency=currency)
        url = f"/ocpi/{version}/receiver/tariffs/{owner}/ONE"
        assert ask("PUT", url, token=token, body=body).status == 201
        assert ask("PUT", url, token=token, body=body).status == 200
    for version, token, owner, currency in (
        ("2.2.1", "cpo", "BE/BEC", "EUR"),
        ("2.3.0", "cpo2", "BE/OTH", "SEK"),
        ("2.1.1", "old_cpo", "BE/OLD", "CHF"),
    ):
        found = data(ask("GET", f"/ocpi/{version}/receiver/tariffs/{owner}/one", token=token))
        assert found["currency"] == currency


def test_a_2_1_1_partner_is_told_what_it_can_restrict(ask: Any, known: Known, operate: Any) -> None:
    """TAR-40, CNV-95: elements for a current or a reservation would price everything there."""
    elements = [
        priced(1, max_current=32),
        priced(2, reservation="RESERVATION"),
        priced(3, start_time="09:00", end_time="18:00", max_kwh=10),
        priced(4),
    ]
    operate("put", module="tariffs", object=own("tariff", id="T1", elements=elements))
    (old,) = listed(ask, "2.1.1", "old_emsp")
    assert [each["price_components"][0]["price"] for each in old["elements"]] == [3, 4]
    assert old["elements"][0]["restrictions"] == {"start_time": "09:00", "end_time": "18:00", "max_kwh": 10}
    for version, token in READERS[1:]:
        (new,) = listed(ask, version, token)
        assert [each["price_components"][0]["price"] for each in new["elements"]] == [1, 2, 3, 4]


def test_an_ad_hoc_tariff_is_told_and_its_cdrs_go_to_no_emsp(ask: Any, known: Known, operate: Any) -> None:
    """TAR-41: who paid at the station has no eMSP; the Tariff is there to be shown."""
    operate("put", module="tariffs", object=own("tariff", id="ADHOC", type="AD_HOC_PAYMENT"))
    for version, token in READERS[1:]:
        assert [each["type"] for each in listed(ask, version, token)] == ["AD_HOC_PAYMENT"]
    paid = {**for_emsp("NL/EXA"), "type": "AD_HOC_USER"}
    operate("put", module="cdrs", object=own("cdr", id="C1", cdr_token=paid))
    for token, partner in known.by_id.items():
        assert data(ask("GET", f"/ocpi/{partner.version}/sender/cdrs", token=token)) == []


def test_no_emsp_is_sent_a_cdr_that_somebody_paid_at_the_station(
    operate: Any, drain: Any, register_partner: Any
) -> None:
    """TAR-41."""
    emsp = register_partner(roles=EMSP_ROLES)
    paid = {**samples.CARD, "country_code": "NL", "party_id": "EXA", "type": "AD_HOC_USER"}
    operate("put", module="cdrs", object=samples.cdr(cdr_token=paid))
    drain()
    assert emsp.requests("POST") == []


def test_fields_of_the_payments_and_bookings_modules_survive(ask: Any, known: Known, operate: Any) -> None:
    """TAR-43, TAR-44: `preauthorize_amount` and `booking`, ours and a partner's."""
    added = {"preauthorize_amount": 25, "elements": [priced(1, booking="BOOKING"), priced(2)]}
    operate("put", module="tariffs", object=own("tariff", id="T1", **added))
    (found,) = listed(ask)
    assert {name: found[name] for name in added} == added
    body = example("tariff", "2.3.0", "BE/OTH", **added)
    url = f"/ocpi/2.3.0/receiver/tariffs/BE/OTH/{body['id']}"
    assert ask("PUT", url, token="cpo2", body=body).status == 201
    assert data(ask("GET", url, token="cpo2")) == body


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1"])
def test_a_price_of_bookings_is_no_price_of_sessions(
    ask: Any, known: Known, operate: Any, version: str
) -> None:
    """TAR-44: a version that has no bookings would apply the element to everything, so it is left out."""
    elements = [priced(1, booking="BOOKING"), priced(2)]
    operate("put", module="tariffs", object=own("tariff", id="T1", elements=elements))
    operate("put", module="tariffs", object=own("tariff", id="T2", elements=elements[:1]))
    (found,) = listed(ask, version, dict(READERS)[version])
    assert found["id"] == "T1"
    assert [each["price_components"][0]["price"] for each in found["elements"]] == [2]
