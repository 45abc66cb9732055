"""What passes a hub between partners of any two versions, in both directions: whole, in the receiver's words.

Made from the tables: each module × each way a request goes × each pair of versions. What arrives is judged by
the object tables of the conformance kit, which shares nothing with our models. No pair, kind or command is
left out; thinned are the hubs: all kinds of a pair pass the same one in turn, and all its commands.
"""

from __future__ import annotations

from typing import Any

import pytest

from conformance import shapes
from tests.harness import Hand
from tests.hub.conftest import party_of
from tests.hub.test_open import plain
from tests.samples import example
from tests.stub import PartnerStub

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
PAIRS = [(one, other) for one in VERSIONS for other in VERSIONS]
HUB = ("NL", "HUB")
AT = "2026-03-01T10:00:00Z"
NAMES = {"location": "Location", "evse": "EVSE", "connector": "Connector", "tariff": "Tariff"} | {
    "token": "Token",
    "session": "Session",
    "cdr": "CDR",
}
# kind -> module, and what comes after the owner in the path of a Receiver interface
PUSHED = {
    "location": ("locations", "LOC1"),
    "evse": ("locations", "LOC1/3256"),
    "connector": ("locations", "LOC1/3256/1"),
    "tariff": ("tariffs", "T1"),
    "token": ("tokens", "U1"),
    "session": ("sessions", "S1"),
}
COMMANDS = ("START_SESSION", "STOP_SESSION", "RESERVE_NOW", "UNLOCK_CONNECTOR", "CANCEL_RESERVATION")


def of(kind: str, stub: PartnerStub, emsp: PartnerStub | None = None, **more: Any) -> dict[str, Any]:
    """An object of a partner's, in its version; of a Session or CDR, of a customer of that eMSP."""
    found = plain(example(kind, stub.version, "/".join(party_of(stub))))
    ids = {"token": {"uid": "U1"}, "evse": {"uid": "3256"}, "connector": {"id": "1"}}
    found |= ids.get(kind, {"id": {"location": "LOC1", "tariff": "T1", "session": "S1"}.get(kind, "C1")})
    if kind == "token":
        contract = f"{'-'.join(party_of(stub))}-C1"
        found |= {"auth_id": contract} if stub.version == "2.1.1" else {"contract_id": contract}
    if kind in ("session", "cdr") and emsp is not None:
        country, party = party_of(emsp)
        contract = f"{country}-{party}-C1"
        card = {"country_code": country, "party_id": party, "uid": "U1", "type": "RFID"}
        found |= (
            {"auth_id": contract}
            if stub.version == "2.1.1"
            else {"cdr_token": {**card, "contract_id": contract}}
        )
    return found | more


def check(kind: str, value: Any, version: str) -> None:
    """Fail where it is not what this version has."""
    assert shapes.faults(NAMES.get(kind, kind), value, version) == []


def same_time(one: Any, other: Any) -> bool:
    return shapes.moment(one["last_updated"]) == shapes.moment(other["last_updated"])


def named(sender: PartnerStub, to: Any) -> Any:
    """OCPI-to, which 2.1.1 does not have."""
    return None if sender.version == "2.1.1" else to


def name_of(role: str, version: str) -> str:
    return role + version.replace(".", "")


@pytest.fixture
def met(party: Any, send: Any, hub: Hand) -> Any:
    """A CPO and an eMSP of these versions, whose Location and Token are known here."""

    def meet(cpo_version: str, emsp_version: str) -> tuple[PartnerStub, PartnerStub]:
        cpo, emsp = party(name_of("cpo", cpo_version)), party(name_of("emsp", emsp_version))
        for stub, kind in ((cpo, "location"), (emsp, "token")):
            module, id = PUSHED[kind]
            path = f"receiver/{module}/{'/'.join(party_of(stub))}/{id}"
            answer = send(stub, "PUT", path, of(kind, stub))
            assert answer.code == 1000, answer.text
        hub.drain()
        cpo.forget()
        emsp.forget()
        return cpo, emsp

    return meet


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_what_is_broadcast_arrives_whole(met: Any, send: Any, hub: Hand, one: str, other: str) -> None:
    """HUB-17, HUB-22, HUB-11: the object or the part of it that is news; a Token the other way."""
    cpo, emsp = met(one, other)
    for at, kind in enumerate(("location", "evse", "connector", "tariff", "token")):
        pass_on(kind, f"2026-03-01T1{at}:00:00Z", cpo, emsp, send, hub)


def pass_on(kind: str, at: str, cpo: PartnerStub, emsp: PartnerStub, send: Any, hub: Hand) -> None:
    """Broadcast an object of this kind, and judge what arrives and what the hub lists."""
    sender, receiver = (emsp, cpo) if kind == "token" else (cpo, emsp)
    module, id = PUSHED[kind]
    owner = "/".join(party_of(sender))
    body = of(kind, sender, last_updated=at)
    answer = send(sender, "PUT", f"receiver/{module}/{owner}/{id}", body, to=named(sender, HUB))
    assert answer.code == 1000, answer.text
    hub.drain()
    heard = receiver.requests(containing=f"/receiver/{module}/{owner}/")[-1]
    if heard.method == "PUT":
        check(kind_at(module, heard.path), heard.json, receiver.version)
    assert same_time(part(kind, heard.json), body), kind
    # The list of what the hub holds says the same.
    if kind != "token":
        (listed,) = send(emsp, "GET", f"sender/{module}").data
        check(NAMES["location" if module == "locations" else kind], listed, emsp.version)
        assert same_time(part(kind, listed), body), kind


def kind_at(module: str, path: str) -> str:
    """The kind of object at a path of a Receiver interface."""
    parts = path.partition(f"/{module}/")[2].split("/")[2:]
    return ("location", "evse", "connector")[len(parts) - 1] if module == "locations" else module[:-1]


def part(kind: str, found: dict[str, Any]) -> dict[str, Any]:
    """The EVSE or Connector meant, in whatever arrived."""
    for name in {"evse": ("evses",), "connector": ("evses", "connectors")}.get(kind, ()):
        found = found[name][0] if name in found else found
    return found


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_session_its_changes_its_profile_and_its_cdr_arrive_whole(
    met: Any, send: Any, one: str, other: str
) -> None:
    """CNV-15, CNV-P7, HUB-06, HUB-27, AMB-26, CHP-30: 2.1.1 has neither profiles nor preferences."""
    cpo, emsp = met(one, other)
    session_through(cpo, emsp, send)
    if "2.1.1" not in (one, other):
        profile_and_preferences_through(cpo, emsp, send)
    cdr_through(cpo, emsp, send)


def session_through(cpo: PartnerStub, emsp: PartnerStub, send: Any) -> None:
    """A Session, a change of it, and how it is read back."""
    one, other = cpo.version, emsp.version
    path = f"receiver/sessions/{'/'.join(party_of(cpo))}/S1"
    body = of("session", cpo, emsp, last_updated=AT)
    for to in {None, named(cpo, party_of(emsp))}:
        answer = send(cpo, "PUT", path, body, to=to)
        assert answer.code == 1000, answer.text
    heard = emsp.requests("PUT")[-1]
    check("session", heard.json, other)
    assert (heard.path, same_time(heard.json, body)) == (f"/{other}/{path}", True)
    token = heard.json.get("auth_id") or heard.json["cdr_token"]["contract_id"]
    assert token == f"{'-'.join(party_of(emsp))}-C1"
    change = {"kwh": 20.25, "last_updated": "2026-03-01T11:00:00Z"}
    answer = send(cpo, "PATCH", path, change)
    assert answer.code == 1000, answer.text
    assert emsp.received[-1].json == change
    emsp.answer("GET", "/sessions/", data=of("session", emsp) | ids_of(cpo, emsp))
    answer = send(cpo, "GET", path)
    assert answer.code == 1000, answer.text
    check("session", answer.data, one)


def ids_of(cpo: PartnerStub, emsp: PartnerStub) -> dict[str, Any]:
    """Whose Session it is, in the words of the eMSP that has it."""
    found = of("session", emsp, emsp)
    if emsp.version == "2.1.1":
        return {"auth_id": found["auth_id"]}
    country, party = party_of(cpo)
    return {"country_code": country, "party_id": party, "cdr_token": found["cdr_token"]}


def profile_and_preferences_through(cpo: PartnerStub, emsp: PartnerStub, send: Any) -> None:
    """A changed profile of the Session from the CPO to its eMSP, and the driver's wishes back."""
    active = plain(example("active_charging_profile", "2.3.0"))
    for name in ("country_code", "party_id"):
        active.pop(name, None)
    assert send(cpo, "PUT", "sender/chargingprofiles/S1", active).code == 1000
    check("ActiveChargingProfile", emsp.requests("PUT", "chargingprofiles")[0].json, emsp.version)
    wishes = {"profile_type": "CHEAP", "departure_time": "2026-03-01T18:00:00Z", "energy_need": 12}
    cpo.answer("PUT", "charging_preferences", data="ACCEPTED")
    answer = send(emsp, "PUT", "sender/sessions/S1/charging_preferences", wishes)
    assert (answer.code, answer.data) == (1000, "ACCEPTED"), answer.text
    check("ChargingPreferences", cpo.requests("PUT", "charging_preferences")[0].json, cpo.version)


def cdr_through(cpo: PartnerStub, emsp: PartnerStub, send: Any) -> None:
    """A CDR, read again at a Location of ours, in the words of who reads it."""
    one, other = cpo.version, emsp.version
    answer = send(cpo, "POST", "receiver/cdrs", of("cdr", cpo, emsp, last_updated=AT))
    assert answer.code == 1000, answer.text
    (heard,) = emsp.requests("POST")
    check("cdr", heard.json, other)
    assert same_time(heard.json, {"last_updated": AT})
    emsp.answer("GET", "/cdrs", data=heard.json)
    answer = send(cpo, "GET", answer.headers["location"])
    assert answer.code == 1000, answer.text
    check("cdr", answer.data, one)
    assert same_time(answer.data, {"last_updated": AT})


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_list_is_answered_in_the_words_of_who_asks(met: Any, send: Any, one: str, other: str) -> None:
    """TO = D. 2.1.1 names nobody, and is answered with what the hub holds (above, and in test_get_all)."""
    cpo, emsp = met(other, one)
    for kind in ("location", "tariff", "session", "cdr", "token"):
        asker, owner = (cpo, emsp) if kind == "token" else (emsp, cpo)
        if asker.version == "2.1.1":
            continue
        module = f"{kind}s"
        owner.objects[module] = [of(kind, owner, emsp, last_updated=AT)]
        answer = send(asker, "GET", f"sender/{module}?limit=5", to=owner)
        assert (answer.code, answer.headers["x-total-count"]) == (1000, "1"), answer.text
        (found,) = answer.data
        check(kind, found, asker.version)
        assert (found["country_code"], found["party_id"]) == party_of(owner)
        assert same_time(found, {"last_updated": AT}), kind


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_location_that_nobody_told_the_hub_is_read_openly(
    party: Any, send: Any, one: str, other: str
) -> None:
    """HUB-28, HUB-29: an EVSE and a Connector of it too."""
    cpo, emsp = party(name_of("cpo", other)), party(name_of("emsp", one))
    for kind in ("connector", "evse", "location"):
        path = f"sender/locations/{PUSHED[kind][1]}"
        cpo.answer("GET", path, data=of(kind, cpo, last_updated=AT))
        answer = send(emsp, "GET", path)
        assert answer.code == 1000, answer.text
        check(kind, answer.data, one)
        assert same_time(answer.data, {"last_updated": AT}), kind


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_each_command_its_response_and_its_result(
    met: Any, send: Any, hub: Hand, one: str, other: str
) -> None:
    """AMB-25, AMB-26, CNV-111 to CNV-119: also where nobody is named; 2.1.1 cannot say CANCEL_RESERVATION."""
    cpo, emsp = met(other, one)
    session = f"receiver/sessions/{'/'.join(party_of(cpo))}/S1"
    assert send(cpo, "PUT", session, of("session", cpo, emsp)).code == 1000
    for command in COMMANDS[: 4 if one == "2.1.1" else 5]:
        cpo.forget()
        emsp.forget()
        command_through(command, cpo, emsp, send, hub)


def command_through(command: str, cpo: PartnerStub, emsp: PartnerStub, send: Any, hub: Hand) -> None:
    """Send a command to the CPO and its result back, twice, and judge all that arrives."""
    one, other = emsp.version, cpo.version
    url = f"{emsp.base_url}/mine/{command}"
    known = {"response_url": url, "location_id": "LOC1", "evse_uid": "3256", "connector_id": "1"}
    body: dict[str, Any] = plain(example(command.lower(), "2.1.1" if one == "2.1.1" else "2.3.0", "DE/MSP"))
    for name in ("country_code", "party_id"):
        body.pop(name, None)
    body |= {name: value for name, value in known.items() if name in body}
    body |= {"session_id": "S1"} if "session_id" in body else {}
    body |= {"token": of("token", emsp)} if "token" in body else {}
    body |= {"reservation_id": 7 if one == "2.1.1" else "7"} if "reservation_id" in body else {}
    body |= {"expiry_date": hub.clock()[:11] + "23:59:00Z"} if "expiry_date" in body else {}
    to = None if command in ("START_SESSION", "STOP_SESSION") else named(emsp, party_of(cpo))
    answer = send(emsp, "POST", f"receiver/commands/{command}", body, to=to)
    assert answer.code == 1000, answer.text
    check("CommandResponse", answer.data, one)
    if command == "CANCEL_RESERVATION" and other == "2.1.1":
        assert (answer.data["result"], cpo.requests("POST")) == ("NOT_SUPPORTED", [])
        return
    assert answer.data["result"] == "ACCEPTED"
    (heard,) = cpo.requests("POST")
    shape = "".join(word.capitalize() for word in command.split("_"))
    check(shape, heard.json, other)
    back = heard.json["response_url"]
    for _ in range(2):
        answer = send(cpo, "POST", back, {"result": "REJECTED"}, to=named(cpo, party_of(emsp)))
        assert answer.code == 1000, answer.text
    hub.drain()
    (told,) = emsp.requests("POST", f"/mine/{command}")
    assert told.json["result"] == "REJECTED"
    check("CommandResponse" if one == "2.1.1" else "CommandResult", told.json, one)
