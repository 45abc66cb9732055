"""Every row of the module table through the doors, in every version: strangers, other roles, ids, nonsense.

What the object rows do for their owners is in `test_objects_table`; that nothing leaks, in `test_isolation`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.ocpi import jsontext, models, modules
from chalicelib.ocpi.models.base import KEPT, REFUSED, UNUSED, WHILE_PENDING
from chalicelib.ocpi.modules import ALL, RECEIVER, SENDER
from chalicelib.partner import Endpoint
from tests.harness import CPO, EMSP
from tests.known import Known
from tests.samples import KINDS, example, for_emsp, own

pytest_plugins = ["tests.known"]

# Who may use an interface besides a hub: the roles that sit at its other end (requirements section 3).
COUNTERPARTS = {
    ("commands", RECEIVER): ("EMSP", "OTHER"),
    ("commands", SENDER): ("CPO",),
    ("chargingprofiles", RECEIVER): ("SCSP", "EMSP"),
    ("chargingprofiles", SENDER): ("CPO", "EMSP"),
}
VALUES = {
    "country_code": "BE",
    "party_id": "BEC",
    "command": "START_SESSION",
    **dict.fromkeys(
        ("location_id", "evse_uid", "connector_id", "tariff_id", "session_id", "cdr_id", "token_uid", "id"),
        "NO-SUCH",
    ),
}
QUERY = "?response_url=https%3A%2F%2Fx.example%2Fr&duration=60"


def rows() -> list[Any]:
    return [
        pytest.param(
            module, side, operation, version, id=f"{version}-{side.role}-{module.id}-{operation.method}-{at}"
        )
        for module in modules.MODULES
        for side in module.interfaces
        if set(side.offered_by) != {"HUB"}  # tests/hub has those
        for at, operation in enumerate(side.operations)
        for version in operation.versions
        if version in module.versions
    ]


every_row = pytest.mark.parametrize(("module", "side", "operation", "version"), rows())


@pytest.fixture
def known(known: Known) -> Known:
    """All of them take answers at one host."""
    for each in list(known.by_id.values()):
        known.add(
            replace(each, endpoints=(*each.endpoints, Endpoint("tokens", SENDER, "https://x.example/t")))
        )
    return known


def path(module: Any, side: Any, operation: Any, version: str, **other: str) -> str:
    behind = {"country_code": "SE", "party_id": "HID"} if module.id == "hubclientinfo" else {}
    shape = operation.shape.format(**{**VALUES, **behind, **other})
    return f"/ocpi/{version}/{side.role.lower()}/{module.id}/{shape}".rstrip("/") + QUERY


def counterparts(module: Any, side: Any) -> tuple[str, ...]:
    """The roles of partners that this interface is for."""
    other = SENDER if side.role == RECEIVER else RECEIVER
    known = COUNTERPARTS.get((module.id, side.role))
    return known or modules.serving_roles(module.id, other) or ("HUB",)


def entitled(known: Known, module: Any, side: Any) -> list[str]:
    wanted = counterparts(module, side)
    return [each.id for each in known.by_id.values() if each.plays(*wanted) and each.id != "hub"]


def body(module: Any, operation: Any, version: str) -> dict[str, Any] | None:
    """A sound body for the row, of the owner in VALUES, about objects that nobody knows."""
    if operation.method in ("GET", "DELETE"):
        return None
    kind = {
        "write": KINDS.get(module.id, ""),
        "merge": KINDS.get(module.id, ""),
        "create": "cdr",
        "set_charging_preferences": "charging_preferences",
        "authorize_token": "location_references",
        "accept_command": "start_session",
        "take_command_result": "command_result",
        "accept_set_profile": "set_charging_profile",
        "take_profile_result": "charging_profile_result",
        "take_active_profile": "active_charging_profile",
    }[operation.action]
    last = operation.names[-1] if operation.names else ""
    if module.id == "locations":
        kind = {"{evse_uid}": "evse", "{connector_id}": "connector"}.get(last, kind)
    owned = kind in KINDS.values()
    whole = example(kind, version) if owned else example(kind, version, **_not_owned())
    identity = "uid" if kind in ("token", "evse") else "id"
    if identity in whole and operation.action in ("write", "merge"):
        whole[identity] = "NO-SUCH"
    if kind == "client_info":
        whole |= {"country_code": "SE", "party_id": "HID"}
    if "response_url" in whole:
        whole["response_url"] = "https://x.example/r"
    return whole


def _not_owned() -> dict[str, Any]:
    return {"country_code": None, "party_id": None}


@every_row
def test_a_stranger_is_told_nothing(
    ask: Any, known: Known, module: Any, side: Any, operation: Any, version: str
) -> None:
    """TRA-05, STA-07: 401 before anything else is looked at."""
    for token in (None, "nobody"):
        answer = ask(operation.method, path(module, side, operation, version), token=token, body={})
        assert (answer.status, answer.code) == (401, 2000), answer.text
        assert answer.data is None


@every_row
def test_a_row_has_its_methods_and_no_other(
    ask: Any, known: Known, module: Any, side: Any, operation: Any, version: str
) -> None:
    """AMB-40: 405 with Allow, on commands and charging profiles as on objects."""
    every = (*side.operations, *side.tolerated)
    taken = {o.method for o in every if o.shape == operation.shape and version in o.versions}
    offered = {o.method for o in side.operations if o.shape == operation.shape and version in o.versions}
    for method in {"GET", "PUT", "PATCH", "POST", "DELETE"} - taken:
        answer = ask(method, path(module, side, operation, version), token="cpo", body={})
        assert (answer.status, answer.code) == (405, 2000), (method, answer.text)
        assert set(answer.headers["allow"].split(", ")) == offered


@every_row
def test_a_partner_of_another_role_gets_and_does_nothing(
    ask: Any, known: Known, events: Any, module: Any, side: Any, operation: Any, version: str
) -> None:
    """Requirements section 3; TRA-55: an empty list, or no such thing."""
    others = [each for each in known.by_id if each not in (*entitled(known, module, side), "hub")]
    assert others
    for token in others:
        answer = ask(
            operation.method,
            path(module, side, operation, version),
            token=token,
            body=body(module, operation, version),
        )
        assert answer.status < 500, (token, answer.text)
        if operation.action == "page":
            assert (answer.data, answer.headers["x-total-count"]) == ([], "0"), token
        elif answer.code == 1000:
            # The one thing said with success is that there is nothing (CMD-05, CHP-14).
            assert answer.data["result"] in ("REJECTED", "UNKNOWN_SESSION"), (token, answer.text)
        else:
            assert answer.code in (2000, 2001, 2003, 2004), (token, answer.text)
    assert [each["detail-type"] for each in events()] == []


@pytest.mark.parametrize("text", ["{", "[]", "null", '"x"', "7", "[" * 200, '{"a":' * 200, "\x00", "{}x"])
@pytest.mark.parametrize("version", ALL)
def test_a_body_that_is_none_is_refused_by_every_row(ask: Any, known: Known, text: str, version: str) -> None:
    """STA-05, STA-14: 400 for what is no JSON, 2001 for what is no object."""
    for each in rows():
        module, side, operation, in_version = each.values
        if in_version != version or operation.method in ("GET", "DELETE"):
            continue
        for token in entitled(known, module, side)[:1] or ["hub"]:
            answer = ask(operation.method, path(module, side, operation, version), token=token, body=text)
            assert answer.status in (200, 400, 404), (each.id, answer.text)
            assert answer.code in (2000, 2001, 2003, 2004), (each.id, answer.text)


# By room and action: what is answered about an id that nobody knows.
UNKNOWN = {
    "read": (404, {2001, 2003, 2004}),
    "read_ours": (404, {2001, 2003, 2004}),
    "merge": (404, {2001, 2003, 2004}),
    "remove": (404, {2001}),
    "set_charging_preferences": (404, {2001}),
    "authorize_token": (404, {2004}),
    "accept_command": (200, {2003}),
    "take_command_result": (404, {2001}),
    "take_profile_result": (404, {2001}),
    "take_active_profile": (404, {2001}),
}


@every_row
def test_an_unknown_id_is_said_to_be_unknown(
    ask: Any, known: Known, module: Any, side: Any, operation: Any, version: str
) -> None:
    """AMB-05, AMB-06, AMB-32, CMD-17, CHP-14: to those who may ask."""
    name = operation.action
    parties = {each.id: each.roles[0] for each in known.by_id.values()}
    for token in entitled(known, module, side) or ["hub"]:
        role = parties[token]
        own_path = {"country_code": role.country_code, "party_id": role.party_id}
        sent = body(module, operation, version)
        if sent is not None and {"country_code", "party_id"} <= sent.keys():
            sent |= own_path
        if sent is not None and isinstance(sent.get("token"), dict) and version != "2.1.1":
            sent["token"] |= own_path
        answer = ask(
            operation.method, path(module, side, operation, version, **own_path), token=token, body=sent
        )
        assert answer.status < 500, answer.text
        if name in UNKNOWN:
            status, codes = UNKNOWN[name]
            codes = {2000 if version == "2.1.1" and each == 2004 else each for each in codes}
            assert (answer.status, answer.code in codes) == (status, True), (token, answer.text)
        elif name.startswith("accept_") and name.endswith("_profile"):
            assert answer.data["result"] == "UNKNOWN_SESSION", (token, answer.text)
        elif operation.action in ("write", "create"):
            # What creates knows no unknown; a part needs its whole.
            part = "evse_uid" in operation.shape
            assert answer.status == (404 if part else 201), (token, answer.text)
        else:
            assert answer.data == [], (token, answer.text)


@pytest.mark.parametrize(
    "id_", ["x" * 300, "x" * 3000, "%00", "%2F%2F", "..", "%ED%A0%80", "'; --", "#", "|"]
)
@pytest.mark.parametrize("version", ALL)
def test_an_id_that_is_none_harms_no_row(ask: Any, known: Known, id_: str, version: str) -> None:
    """AMB-04, design section 10: ids are looked at before they become keys."""
    strange = dict.fromkeys((*VALUES,), id_) | {"country_code": "BE", "party_id": "BEC"}
    for each in rows():
        module, side, operation, in_version = each.values
        if in_version != version or not operation.names:
            continue
        for token in ("cpo", "emsp", "hub"):
            url = path(module, side, operation, version, **strange)
            answer = ask(operation.method, url, token=token, body=body(module, operation, version))
            assert answer.status < 500 and answer.code < 3000, (each.id, answer.text)
            if answer.code == 1000:
                assert answer.data["result"] in ("NOT_SUPPORTED", "REJECTED", "UNKNOWN_SESSION"), each.id


def object_rows() -> list[Any]:
    return [row for row in rows() if row.values[2].action in ("write", "create")]


@pytest.mark.parametrize(("module", "side", "operation", "version"), object_rows())
def test_every_required_field_is_asked_for(
    ask: Any, known: Known, module: Any, side: Any, operation: Any, version: str
) -> None:
    """TYP-17, STA-14: each by its name, as null as well as absent; only some are read as something else."""
    whole = body(module, operation, version)
    assert whole is not None
    last = operation.names[-1] if operation.names else ""
    kind = KINDS[module.id]
    if module.id == "locations":
        kind = {"{evse_uid}": "evse", "{connector_id}": "connector"}.get(last, kind)
    model = models.model(kind)
    token = {"2.1.1": "old_cpo", "2.2.1": "cpo", "2.3.0": "cpo2"}[version]
    if module.id == "tokens":
        token = {"2.1.1": "old_emsp", "2.2.1": "emsp", "2.3.0": "emsp2"}[version]
    if module.id == "hubclientinfo":
        token = "hub"
    party = known.by_id[token].roles[0]
    country, name = ("SE", "HID") if token == "hub" else (party.country_code, party.party_id)
    if "country_code" in whole:
        whole |= {"country_code": country, "party_id": name}
    url = path(module, side, operation, version, country_code=country, party_id=name)
    required = [each for each, row in model.fields(version).items() if row.required]
    assert len(required) > 3
    for number, field in enumerate(required):
        row = model.fields(version)[field]
        assumed = row.otherwise not in (REFUSED, WHILE_PENDING, UNUSED, KEPT)
        for sent in ({each: value for each, value in whole.items() if each != field}, {**whole, field: None}):
            if module.id == "cdrs" and assumed:
                sent["id"] = f"C{number}-{field in sent}"
            answer = ask(operation.method, url, token=token, body=sent)
            if assumed:
                assert answer.code in (1000, 2003), (field, answer.text)  # no such Location
            else:
                assert answer.code == 2001, (field, answer.text)
                assert field in answer.json["status_message"], answer.text


# hubclientinfo, which the table of objects leaves out


@pytest.mark.parametrize("version", modules.SINCE_2_2)
def test_client_info_is_for_hubs_and_by_its_path(ask: Any, known: Known, version: str) -> None:
    """HCI-03, AMB-18, AMB-29: only whom the operator made a hub tells; path and body must agree."""
    told = example("client_info", version, "SE/HID")
    url = f"/ocpi/{version}/receiver/hubclientinfo/SE/HID"
    for token in known.by_id:
        if token != "hub":
            assert ask("PUT", url, token=token, body=told).code == 2001
            assert ask("GET", url, token=token).code in (2001, 2003)
    assert ask("GET", url, token="hub").status == 404
    for name in ("country_code", "party_id"):
        answer = ask("PUT", url, token="hub", body={**told, name: "XX"})
        assert (answer.status, answer.code) == (200, 2001)
        assert f"/{name}" in answer.json["status_message"]
    assert ask("PUT", url, token="hub", body=told).status == 201
    assert jsontext.loads(ask("GET", url, token="hub").text)["data"] == told


# what a deployment offers


@pytest.mark.parametrize("role", ["CPO", "EMSP", "NSP", "NAP", "SCSP", "OTHER"])
def test_a_deployment_serves_the_rows_of_the_role_it_hosts(make_platform: Any, role: str) -> None:
    """VER-05, requirements section 3: all others are no path at all, whoever asks."""
    party = {**CPO, "role": role}
    hand = make_platform({"OCPI_PARTIES": json.dumps([party])})
    known = Known()
    hand.platform.__dict__["partners"] = known
    for each in rows():
        module, side, operation, version = each.values
        for token in ("cpo", "emsp"):
            url = path(module, side, operation, version)
            answer = hand.ask(operation.method, url, token=token, body=body(module, operation, version))
            nowhere = (answer.status, answer.code) == (404, 2000) and "offered" in answer.text
            assert nowhere == (role not in side.offered_by), (each.id, answer.text)
    del hand.platform.__dict__["partners"]


def test_both_roles_of_one_party_are_served(ask: Any, known: Known, operate: Any) -> None:
    """HUB-41: CPO and eMSP on one platform, each by its own interfaces."""
    assert (CPO["role"], EMSP["role"]) == ("CPO", "EMSP")
    operate("put", module="tokens", object=own("token", uid="T1"))
    operate("put", module="sessions", object=own("session", id="S1", cdr_token=for_emsp("DE/MSP")))
    assert [e["uid"] for e in ask("GET", "/ocpi/2.2.1/sender/tokens", token="cpo").data] == ["T1"]
    assert [e["id"] for e in ask("GET", "/ocpi/2.2.1/sender/sessions", token="emsp").data] == ["S1"]
