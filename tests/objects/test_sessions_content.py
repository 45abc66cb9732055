"""What Sessions say and how they go on: the rows of requirements 1.6 that are content."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.ocpi import jsontext
from tests import samples
from tests.harness import OperatorRefused
from tests.known import Known
from tests.samples import CPO_ROLES, EMSP_ROLES, NEWER, example, for_emsp, later, own

pytest_plugins = ["tests.known"]

URL = "/ocpi/2.3.0/receiver/sessions/BE/OTH/SES-0001"
READERS = [("2.1.1", "old_emsp", "FR/OLD"), ("2.2.1", "emsp", "DE/MSP"), ("2.3.0", "emsp2", "FR/ABC")]


def data(answer: Any) -> Any:
    assert answer.code == 1000, answer.text
    return jsontext.loads(answer.text)["data"]


def theirs(**changes: Any) -> dict[str, Any]:
    return example("session", "2.3.0", "BE/OTH", **changes)


def seen(ask: Any, operate: Any, **changes: Any) -> dict[str, dict[str, Any]]:
    """A Session of ours as the eMSP of each version is shown it, with its Location known."""
    found = {}
    operate("put", module="locations", object=own("location", id="L1"))
    for version, token, party in READERS:
        session = own("session", id=f"S-{token}", cdr_token=for_emsp(party), location_id="L1", **changes)
        operate("put", module="sessions", object=session)
        (found[version],) = data(ask("GET", f"/ocpi/{version}/sender/sessions", token=token))
    return found


@pytest.fixture
def emsp(register_partner: Any, drain: Any) -> Any:
    stub = register_partner(roles=EMSP_ROLES, version="2.3.0")
    drain()
    stub.forget()
    return stub


def test_a_cpo_looks_at_what_its_receiver_holds_after_a_failed_patch(ask: Any, known: Known) -> None:
    """SES-03: a PATCH that was refused changed nothing, which GET shows."""
    body = theirs()
    assert ask("PUT", URL, token="cpo2", body=body).status == 201
    assert ask("PATCH", URL, token="cpo2", body={"status": "GONE", "last_updated": NEWER}).code == 2001
    assert data(ask("GET", URL, token="cpo2")) == body


def test_what_was_missed_is_fetched(operate: Any, drain: Any, ask: Any, register_partner: Any) -> None:
    """SES-04, AMB-09: with GET and a date_from, beside what is pushed."""
    cpo = register_partner(roles=CPO_ROLES, version="2.3.0")
    drain()
    card = {**samples.CARD, "country_code": "NL", "party_id": "EXM"}
    sessions = [
        {**samples.session(f"S{at}", cdr_token=card), "country_code": "BE", "party_id": "BEC"}
        for at in range(2)
    ]
    pushed = ask("PUT", "/ocpi/2.3.0/receiver/sessions/BE/BEC/S0", token=cpo.token, body=sessions[0])
    assert pushed.status == 201
    for each in sessions:
        each |= {"kwh": 1, "charging_periods": []}
    cpo.objects["sessions"] = sessions
    cpo.forget()
    operate("pull", partner=cpo.id, module="sessions", date_from="2026-01-01T00:00:00Z")
    drain()
    (asked,) = cpo.requests("GET", "/sender/sessions")
    assert asked.query["date_from"] == "2026-01-01T00:00:00Z"
    found = operate("list", module="sessions", party="BE/BEC")["objects"]
    assert [each["id"] for each in found] == ["S0", "S1"]


def test_periods_that_are_taken_away_are_put_and_new_ones_patched(
    operate: Any, drain: Any, emsp: Any
) -> None:
    """SES-19: what a PATCH would append to is replaced by a PUT of the whole Session."""
    operate("put", module="sessions", object=samples.session(periods=3))
    drain()
    more = samples.session(periods=4, last_updated=later(4))
    less = samples.session(periods=2, last_updated=later(5))
    none = samples.session(periods=0, last_updated=later(6))
    emsp.forget()
    for body, method, times in ((more, "PATCH", [3]), (less, "PUT", [0, 1]), (none, "PUT", [])):
        operate("put", module="sessions", object=body)
        drain()
        (request,) = emsp.received
        sent = [each["start_date_time"] for each in request.json.get("charging_periods", [])]
        assert (request.method, sent) == (method, [later(at) for at in times])
        emsp.forget()


def test_a_session_starts_anew_when_it_becomes_active(operate: Any, drain: Any, emsp: Any) -> None:
    """SES-21, SES-06: the moment of activation takes the place of that of creation, in the same Session."""
    operate("put", module="sessions", object=samples.session(periods=0, status="PENDING"))
    drain()
    assert emsp.received.pop().json["start_date_time"] == samples.AT
    changes = {"status": "ACTIVE", "start_date_time": later(2), "last_updated": later(2)}
    operate("patch", module="sessions", id="S1", changes=changes)
    drain()
    (sent,) = emsp.received
    assert (sent.method, sent.json) == ("PATCH", changes)


def test_the_auth_method_may_change(operate: Any, drain: Any, emsp: Any, ask: Any) -> None:
    """SES-23: COMMAND for the reservation, WHITELIST for what follows; sent and received."""
    reserved = samples.session(periods=0, status="RESERVATION", auth_method="COMMAND")
    operate("put", module="sessions", object=reserved)
    drain()
    emsp.forget()
    changes = {"status": "ACTIVE", "auth_method": "WHITELIST", "last_updated": later(2)}
    operate("patch", module="sessions", id="S1", changes=changes)
    drain()
    (sent,) = emsp.received
    assert (sent.method, sent.json) == ("PATCH", changes)


def test_a_partners_auth_method_may_change(ask: Any, known: Known) -> None:
    """SES-23, received."""
    assert ask("PUT", URL, token="cpo2", body=theirs(auth_method="COMMAND")).status == 201
    body = {"auth_method": "WHITELIST", "last_updated": NEWER}
    assert ask("PATCH", URL, token="cpo2", body=body).code == 1000
    assert data(ask("GET", URL, token="cpo2"))["auth_method"] == "WHITELIST"


def test_no_cost_is_not_free_of_cost(ask: Any, known: Known, operate: Any) -> None:
    """SES-25: absent stays absent and 0.00 stays 0.00, in every version, both directions."""
    for version, found in seen(ask, operate, total_cost=None).items():
        assert "total_cost" not in found, version
    free = {"before_taxes": Decimal("0.00")}
    shown = {version: found["total_cost"] for version, found in seen(ask, operate, total_cost=free).items()}
    assert shown == {"2.1.1": 0, "2.2.1": {"excl_vat": 0}, "2.3.0": {"before_taxes": 0}}
    assert ask("PUT", URL, token="cpo2", body=theirs(total_cost=None)).status == 201
    assert "total_cost" not in data(ask("GET", URL, token="cpo2"))
    assert ask("PUT", URL, token="cpo2", body=theirs(total_cost=free)).status == 200
    assert data(ask("GET", URL, token="cpo2"))["total_cost"] == free


@pytest.mark.parametrize("name", ["country_code", "party_id", "uid", "type", "contract_id"])
def test_a_cdr_token_is_complete(ask: Any, known: Known, operate: Any, name: str) -> None:
    """SES-26: all five, in what we send and in what we take."""
    token = {each: value for each, value in for_emsp().items() if each != name}
    with pytest.raises(OperatorRefused) as refused:
        operate("put", module="sessions", object=own("session", cdr_token=token))
    assert refused.value.pointer == f"/cdr_token/{name}"
    answer = ask("PUT", URL, token="cpo2", body=theirs(cdr_token=token))
    if name == "uid":
        assert (answer.status, answer.code) == (200, 2001)
        assert f"/cdr_token/{name}" in answer.json["status_message"]
    else:  # of what is left out there is one reading, or nothing hangs on it
        assert answer.code == 1000


def test_every_period_that_is_told_is_passed_on(ask: Any, known: Known, operate: Any) -> None:
    """SES-27, SES-43: as many as its CPO gave; each names the Tariff that holds in it, also where the
    driver's preferences switched it.
    """
    periods = [
        {
            "start_date_time": f"2026-02-03T09:{at:02}:00Z",
            "dimensions": [{"type": "ENERGY", "volume": at}],
            "tariff_id": "STD-1" if at < 30 else "GREEN-1",
        }
        for at in range(60)
    ]
    for version, found in seen(ask, operate, charging_periods=periods).items():
        assert len(found["charging_periods"]) == 60
        if version != "2.1.1":
            assert [each["tariff_id"] for each in found["charging_periods"]] == [
                each["tariff_id"] for each in periods
            ]
    assert ask("PUT", URL, token="cpo2", body=theirs(charging_periods=periods)).status == 201
    assert data(ask("GET", URL, token="cpo2"))["charging_periods"] == periods


@pytest.mark.parametrize("status", ["PENDING", "ACTIVE", "COMPLETED", "INVALID", "RESERVATION"])
def test_every_status_is_told_and_taken(ask: Any, known: Known, operate: Any, status: str) -> None:
    """SES-28; RESERVATION is no word of 2.1.1 (CNV-70)."""
    for version, found in seen(ask, operate, status=status).items():
        expected = "PENDING" if (version, status) == ("2.1.1", "RESERVATION") else status
        assert found["status"] == expected, version
    assert ask("PUT", URL, token="cpo2", body=theirs(status=status)).status == 201
    assert data(ask("GET", URL, token="cpo2"))["status"] == status
    answer = ask("PUT", URL, token="cpo2", body=theirs(status="PAUSED"))
    assert (answer.status, answer.code) == (200, 2001)


@pytest.mark.parametrize("first", ["PENDING", "RESERVATION"])
def test_a_session_may_end_without_ever_being_active(operate: Any, drain: Any, emsp: Any, first: str) -> None:
    """SES-28, SES-07."""
    operate("put", module="sessions", object=samples.session(periods=0, status=first))
    operate("patch", module="sessions", id="S1", changes={"status": "COMPLETED", "last_updated": later(9)})
    drain()
    assert emsp.received[-1].json["status"] == "COMPLETED"


@pytest.mark.parametrize("ended", ["COMPLETED", "INVALID"])
def test_a_session_of_ours_that_is_over_is_not_changed(
    operate: Any, drain: Any, emsp: Any, ended: str
) -> None:
    """SES-28, AMB-66: nothing is stored nor sent; the same once more is no change."""
    over = samples.session(status=ended)
    operate("put", module="sessions", object=over)
    drain()
    emsp.forget()
    for body in ({**over, "kwh": Decimal(9)}, {**over, "status": "ACTIVE"}):
        with pytest.raises(OperatorRefused, match="SES-28"):
            operate("put", module="sessions", object=body)
    with pytest.raises(OperatorRefused, match="SES-28"):
        operate("patch", module="sessions", id="S1", changes={"kwh": 9})
    answer = operate("put", module="sessions", objects=[over, {**over, "kwh": 9}])
    assert (answer["unchanged"], [each["index"] for each in answer["errors"]]) == (1, [1])
    drain()
    assert emsp.received == []


# charging preferences


WISHES = {"profile_type": "CHEAP", "departure_time": "2026-02-03T18:00:00Z", "energy_need": 20}


@pytest.fixture
def charging(operate: Any, known: Known) -> str:
    """A session of ours at a Connector with the Tariffs A and B; where its preferences go."""
    whole = own("location", id="L1")
    evse = whole["evses"][0]
    evse["capabilities"] = ["CHARGING_PREFERENCES_CAPABLE"]
    evse["connectors"][0]["tariff_ids"] = ["A", "B"]
    operate("put", module="locations", object=whole)
    fields = {"location_id": "L1", "evse_uid": evse["uid"], "connector_id": "1", "status": "ACTIVE"}
    operate("put", module="sessions", object=own("session", id="S0", cdr_token=for_emsp(), **fields))
    return "/ocpi/2.2.1/sender/sessions/S0/charging_preferences"


@pytest.mark.parametrize(
    ("types", "wanted", "expected"),
    [
        (("REGULAR", "PROFILE_CHEAP"), "CHEAP", "ACCEPTED"),
        (("REGULAR", "PROFILE_CHEAP"), "REGULAR", "ACCEPTED"),
        (("REGULAR", "PROFILE_CHEAP"), "GREEN", "PROFILE_TYPE_NOT_SUPPORTED"),
        (("PROFILE_FAST", "PROFILE_CHEAP"), "REGULAR", "PROFILE_TYPE_NOT_SUPPORTED"),
        (("AD_HOC_PAYMENT", None), "GREEN", "ACCEPTED"),
        ((), "GREEN", "ACCEPTED"),
    ],
)
def test_a_profile_type_is_supported_where_there_is_a_tariff_for_it(
    ask: Any, operate: Any, charging: str, types: tuple[str, ...], wanted: str, expected: str
) -> None:
    """SES-34, LOC-72, TAR-18; where no Tariff is known prices are told in other ways."""
    for id_, type_ in zip("AB", types, strict=False):
        operate("put", module="tariffs", object=own("tariff", id=id_, type=type_))
    answer = ask("PUT", charging, token="emsp", body={**WISHES, "profile_type": wanted})
    assert (answer.status, answer.code, answer.data) == (200, 1000, expected)


def test_accepted_wishes_bind_nobody(ask: Any, operate: Any, charging: str) -> None:
    """SES-35: the Session goes on as it likes, with another Tariff (SES-43) or to its end."""
    assert ask("PUT", charging, token="emsp", body=WISHES).data == "ACCEPTED"
    changes = {
        "charging_periods": [
            {
                "start_date_time": "2026-02-03T10:30:00Z",
                "dimensions": [{"type": "TIME", "volume": 1}],
                "tariff_id": "B",
            }
        ]
    }
    operate("patch", module="sessions", id="S0", changes=changes)
    operate("patch", module="sessions", id="S0", changes={"status": "COMPLETED"})
    (found,) = data(ask("GET", "/ocpi/2.2.1/sender/sessions", token="emsp"))
    assert (found["status"], found["charging_periods"][-1]["tariff_id"]) == ("COMPLETED", "B")
    assert ask("PUT", charging, token="emsp", body=WISHES).data == "NOT_POSSIBLE"


@pytest.mark.parametrize(
    ("capabilities", "sent"),
    [(["CHARGING_PREFERENCES_CAPABLE"], True), (["RFID_READER"], False), ([], False), (None, True)],
)
def test_an_evse_is_asked_that_takes_preferences(
    ask: Any, operate: Any, register_partner: Any, capabilities: list[str] | None, sent: bool
) -> None:
    """SES-33; an EVSE that is not known here (None) cannot be checked."""
    cpo = register_partner(roles=CPO_ROLES, version="2.3.0")
    cpo.answer("PUT", "charging_preferences", data="ACCEPTED")
    party = {"country_code": "BE", "party_id": "BEC"}
    if capabilities is not None:
        evses = [samples.evse("E1", capabilities=capabilities)]
        place = {**samples.location(evses=0), **party, "evses": evses}
        url = "/ocpi/2.3.0/receiver/locations/BE/BEC/LOC1"
        assert ask("PUT", url, token=cpo.token, body=place).status == 201
    card = {**samples.CARD, "country_code": "NL", "party_id": "EXM"}
    session = {**samples.session(cdr_token=card), **party}
    assert ask("PUT", "/ocpi/2.3.0/receiver/sessions/BE/BEC/S1", token=cpo.token, body=session).status == 201
    if sent:
        answer = operate("charging_preferences", session_id="S1", preferences=WISHES)
        assert answer == {"response": "ACCEPTED"}
    else:
        with pytest.raises(OperatorRefused, match="CHARGING_PREFERENCES_CAPABLE"):
            operate("charging_preferences", session_id="S1", preferences=WISHES)
    assert bool(cpo.requests("PUT", "/charging_preferences")) == sent
