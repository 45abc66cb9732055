"""Each row of the routing table, for each module and method, on each pair of versions, at the doors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.hub import route
from chalicelib.ocpi import modules
from chalicelib.ocpi.modules import Interface, Module, Operation
from tests.hub.conftest import party_of, routing_of
from tests.hub.test_awaited import card
from tests.hub.test_open import plain
from tests.samples import example

VERSIONS = {"2.1.1": "211", "2.2.1": "221", "2.3.0": "230"}
PAIRS = [(one, other) for one in VERSIONS for other in VERSIONS]
IDS = {
    "location_id": "LOC1",
    "evse_uid": "3256",
    "connector_id": "1",
    "token_uid": "U1",
    "command": "START_SESSION",
}
AWAITED = ("commands", "chargingprofiles")
AT = "2026-03-01T10:00:00Z"


def operations(version: str) -> Iterator[tuple[Module, Interface, Operation]]:
    """Everything functional that a version has."""
    for module in modules.MODULES:
        for side in module.interfaces:
            for operation in side.operations:
                if module.functional and version in module.versions and version in operation.versions:
                    yield module, side, operation


def path_of(module: Module, side: Interface, operation: Operation, owner: tuple[str, str]) -> str:
    names = {**IDS, "country_code": owner[0], "party_id": owner[1]}
    shape = re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], "X1"), operation.shape)
    return f"{side.role.lower()}/{module.id}" + (f"/{shape}" if shape else "")


def body_of(module: Module, side: Interface, operation: Operation, sender: Any, to: Any) -> Any:
    owner, version = party_of(sender), sender.version
    if operation.method == "PATCH":
        return {"last_updated": AT, "kwh" if module.id == "sessions" else "x_own": 1}
    if module.id == "commands" and side.role == "RECEIVER":
        return {"response_url": f"{sender.base_url}/r", "token": card(sender), "location_id": "LOC1"}
    if module.id == "chargingprofiles" and operation.method == "PUT":
        profile = {"charging_rate_unit": "A", "charging_profile_period": [{"start_period": 0, "limit": 6.0}]}
        if side.role == "SENDER":
            return {"start_date_time": AT, "charging_profile": profile}
        return {"charging_profile": profile, "response_url": f"{sender.base_url}/r"}
    if "charging_preferences" in operation.shape:
        return {"profile_type": "CHEAP"}
    if operation.method not in ("PUT", "POST") or side.role == "SENDER":
        return None
    kind = module.kind
    if operation.shape.endswith("{evse_uid}"):
        kind = "evse"
    if operation.shape.endswith("{connector_id}"):
        kind = "connector"
    found = plain(example(kind, version, "/".join(owner)))
    found |= {"uid": "U1"} if kind == "token" else {"uid": "3256"} if kind == "evse" else {}
    if kind not in ("token", "evse", "connector"):
        found["id"] = {"location": "LOC1"}.get(kind, "X1")
    if kind in ("session", "cdr") and version != "2.1.1":
        country, party = party_of(to)
        found["cdr_token"] = {**found["cdr_token"], "country_code": country, "party_id": party}
    return found


def query_of(module: Module, operation: Operation, sender: Any) -> str:
    if module.id == "chargingprofiles" and operation.method in ("GET", "DELETE"):
        return f"?duration=60&response_url={sender.base_url}/r"
    return ""


@pytest.mark.parametrize("to", route.ANYONE)
def test_every_request_fits_a_row(to: str) -> None:
    """The table leaves nothing open, custom modules included."""
    for version in modules.ALL:
        for module, side, operation in operations(version):
            assert route.becomes(to, module.id, side.role, operation.method, operation.shape)
    for method in ("GET", "PUT", "POST", "PATCH", "DELETE"):
        word = route.becomes(to, "parking", "SENDER", method, "")
        assert word == {"hosted": route.HERE, "other": route.FORWARD}.get(to, route.NO_RECEIVER)


def test_every_row_is_reached() -> None:
    """A row that nothing fits would be one that nobody reads."""
    reached = set()
    for to in route.ANYONE:
        for module, side, operation in operations("2.3.0"):
            asked = (to, module.id, side.role, operation.method, operation.shape)
            reached.add(next(row for row in route.TABLE if row.fits(*asked)))
        reached.add(next(row for row in route.TABLE if row.fits(to, "parking", "SENDER", "GET", "")))
        reached.add(next(row for row in route.TABLE if row.fits(to, "hubclientinfo", "RECEIVER", "PUT", "")))
    assert set(route.TABLE) == reached


def test_each_way_to_address_a_request_becomes_what_the_contract_says() -> None:
    """Design section 12, "Where a request goes"; HUB-20, HUB-21, AMB-23."""
    for module, side, operation in operations("2.3.0"):
        asked = (module.id, side.role, operation.method, operation.shape)
        is_result = (
            side.role == "SENDER"
            and operation.method == "POST"
            and module.id in ("commands", "chargingprofiles")
        )
        words = {to: route.becomes(to, *asked) for to in route.ANYONE}
        if is_result:
            assert set(words.values()) == {route.RESULT}
            continue
        assert (words["hosted"], words["other"]) == (route.HERE, route.FORWARD)
        is_list = operation.method == "GET" and side.role == "SENDER" and not operation.shape
        public = module.id in ("locations", "tokens", "tariffs")
        if is_list:
            assert words["hub"] == words["nobody"] == route.GET_ALL
        elif operation.method == "GET" and module.id != "chargingprofiles":
            assert (words["hub"], words["nobody"]) == (route.COPY, route.OPEN)
        elif public and side.role == "RECEIVER":
            assert words["hub"] == words["nobody"] == route.BROADCAST
        elif module.id == "tokens":
            assert words["hub"] == words["nobody"] == route.OPEN
        else:
            assert (words["hub"], words["nobody"]) == (route.NO_BROADCAST, route.OPEN)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_what_names_a_party_goes_to_it_alone(party: Any, send: Any, one: str, other: str) -> None:
    """FORWARD × module × method × pair of versions; HUB-06, CNV rows. 2.1.1 names nobody."""
    if one == "2.1.1":
        pytest.skip("2.1.1 has no routing headers")
    third = party("third")
    for module, side, operation in operations(one):
        if (
            side.role == "SENDER"
            and module.id in ("commands", "chargingprofiles")
            and operation.method == "POST"
        ):
            continue
        emsp_asks = "CPO" in side.offered_by
        sender = party(("emsp" if emsp_asks else "cpo") + VERSIONS[one])
        to = party(("cpo" if emsp_asks else "emsp") + VERSIONS[other])
        sender.forget()
        to.forget()
        for each in ("cpo", "emsp"):
            to.answer("GET", "chargingprofiles", data={"result": "ACCEPTED", "timeout": 30})
        path = path_of(module, side, operation, party_of(sender))
        what = f"{operation.method} {path}"
        body = body_of(module, side, operation, sender, to)
        answer = send(sender, operation.method, path + query_of(module, operation, sender), body, to=to)
        has = other in module.versions and other in operation.versions
        if not has or (
            other == "2.1.1"
            and module.id in ("sessions", "commands")
            and "session_id" in operation.shape
            and emsp_asks
        ):
            assert answer.code in (4000, 4001), (what, answer.text)
            assert to.received == [], what
        else:
            assert answer.code in (1000, 2000, 2001, 2003, 2004), (what, answer.text)
            (heard,) = [each for each in to.received if operation.method == each.method] or [None]
            assert heard is not None, what
            # A CDR is read where its receiver said that it is.
            is_cdr = (module.id, side.role, operation.method) == ("cdrs", "RECEIVER", "GET")
            there = "receiver/cdrs/X1" if is_cdr else path
            assert heard.path == f"/{other}/{there}", what
            assert routing_of(answer.headers)["from"] == "/".join(party_of(to)), what
            if other != "2.1.1":
                assert routing_of(heard.headers) == {
                    "to": "/".join(party_of(to)),
                    "from": "/".join(party_of(sender)),
                }
    assert third.received == []


@pytest.mark.parametrize("one", ["2.2.1", "2.3.0"])
def test_what_names_the_hub_goes_to_nobody_else_now(party: Any, send: Any, one: str) -> None:
    """BROADCAST, COPY, NO_BROADCAST × module × method; HUB-16: the answer is from the hub."""
    everyone = [party(name) for name in ("cpo221", "cpo230", "emsp221", "emsp230", "emsp211", "cpo211")]
    for module, side, operation in operations(one):
        word = route.becomes(route.HUB, module.id, side.role, operation.method, operation.shape)
        if word in (route.GET_ALL, route.RESULT, route.OPEN):
            continue
        emsp_asks = "CPO" in side.offered_by
        sender = party(("emsp" if emsp_asks else "cpo") + VERSIONS[one])
        to = party(("cpo" if emsp_asks else "emsp") + VERSIONS[one])
        for each in everyone:
            each.forget()
        path = path_of(module, side, operation, party_of(sender))
        body = body_of(module, side, operation, sender, to)
        answer = send(
            sender, operation.method, path + query_of(module, operation, sender), body, to=("NL", "HUB")
        )
        what = f"{operation.method} {path} {answer.text}"
        expected = {
            route.NO_BROADCAST: (2001,),
            route.BROADCAST: (1000,),
            route.COPY: (1000, 2001, 2003, 2004),
        }
        assert answer.code in expected[word], what
        assert ("OCPI-to" in answer.json["status_message"]) == (word == route.NO_BROADCAST), what
        assert routing_of(answer.headers) == {"to": "/".join(party_of(sender)), "from": "NL/HUB"}, what
        assert [each.received for each in everyone] == [[]] * len(everyone), what
