"""What the field answers and asks: lists, envelopes, results, credentials, versions as peers write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.ocpi import jsontext
from tests import field
from tests.samples import KINDS, example, for_emsp
from tests.stub import Canned, Received

CPO = [{"role": "CPO", "country_code": "BE", "party_id": "BEC"}]
EMSP = [{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}]

Envelope = Callable[[Any], Any]
ENVELOPES: dict[str, Envelope] = {
    "code as text": lambda data: {"status_code": "1000", "data": data, "timestamp": "2026-01-01T00:00:00Z"},
    "no timestamp": lambda data: {"status_code": 1000, "data": data},
    "odd timestamp": lambda data: {"status_code": 1000, "data": data, "timestamp": 1767225600},
    "message null": lambda data: {"status_code": 1000, "status_message": None, "data": data},
    "message object": lambda data: {"status_code": 1000, "status_message": {"a": 1}, "data": data},
    "more": lambda data: {"status_code": 1000, "data": data, "meta": [1], "errors": None, "links": {}},
    "code 1001": lambda data: {"status_code": 1001, "data": data},
}


def bom(value: Any) -> bytes:
    return b"\xef\xbb\xbf" + json.dumps(value).encode()


BODIES: dict[str, Callable[[Any], bytes]] = {
    "plain": lambda value: json.dumps(value).encode(),
    "bom": bom,
    "utf-16": lambda value: json.dumps(value).encode("utf-16"),
    "latin-1": lambda value: json.dumps(value, ensure_ascii=False).encode("latin-1"),
    "line ends": lambda value: b"\r\n\r\n" + json.dumps(value, indent=2).encode() + b"\r\n\r\n",
}


def pulled(operate: Any, partner: str, module: str = "locations") -> Any:
    return next(each for each in operate("pulls", partner=partner)["pulls"] if each["module"] == module)


def location(id: str, **more: Any) -> dict[str, Any]:
    return example("location", "2.2.1", "BE/BEC", id=id, name="Café", **more)


@pytest.mark.parametrize(
    ("envelope", "written"), [*((each, "plain") for each in ENVELOPES), *(("more", each) for each in BODIES)]
)
def test_a_page_is_read_in_every_envelope(
    register_partner: Any, operate: Any, drain: Any, envelope: str, written: str
) -> None:
    partner = register_partner(CPO)
    page = ENVELOPES[envelope](json.loads(jsontext.dumps([location("L1"), location("L2")])))
    partner.answer("GET", "locations", body=BODIES[written](page))
    operate("pull", partner=partner.id, module="locations")
    drain()
    pull = pulled(operate, partner.id)
    assert (pull["state"], pull["objects"], pull["set_aside"]) == ("COMPLETED", 2, 0), pull
    assert operate("get", module="locations", party="BE/BEC", id="L1")["object"]["name"] == "Café"


DATA: dict[str, tuple[Callable[[Any], Any], int]] = {
    "one object": (lambda one: one, 1),
    "numbered": (lambda one: {"0": one, "1": {**one, "id": "L2"}}, 2),
    "lists of one": (lambda one: [[one]], 1),
    "null": (lambda one: None, 0),
    "with null": (lambda one: [None, one], 1),
    "with text": (lambda one: [one, "x", 5, []], 1),
}


@pytest.mark.parametrize("shape", DATA)
def test_a_page_is_read_in_every_shape(register_partner: Any, operate: Any, drain: Any, shape: str) -> None:
    partner = register_partner(CPO)
    make, many = DATA[shape]
    body = json.loads(jsontext.dumps(location("L1")))
    partner.answer("GET", "locations", data=make(body))
    operate("pull", partner=partner.id, module="locations")
    drain()
    pull = pulled(operate, partner.id)
    assert (pull["state"], pull["objects"]) == ("COMPLETED", many), pull


def test_a_page_without_data_is_empty(register_partner: Any, operate: Any, drain: Any) -> None:
    partner = register_partner(CPO)
    partner.answer("GET", "locations", body=b'{"status_code": 1000}')
    operate("pull", partner=partner.id, module="locations")
    drain()
    pull = pulled(operate, partner.id)
    assert (pull["state"], pull["objects"]) == ("COMPLETED", 0), pull


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
@pytest.mark.parametrize("module", ["locations", "tariffs", "sessions", "cdrs", "tokens"])
def test_lists_are_read_with_every_habit(
    register_partner: Any, operate: Any, drain: Any, module: str, version: str
) -> None:
    roles, owner = (EMSP, "DE/MSP") if module == "tokens" else (CPO, "BE/BEC")
    partner = register_partner(roles, version)
    more = {"cdr_token": for_emsp("NL/EXM")} if module in ("sessions", "cdrs") and version != "2.1.1" else {}
    name, kind = "uid" if module == "tokens" else "id", KINDS[module]
    listed = [
        field.written(kind, version, {**example(kind, version, owner, **more), name: f"X{at}"}, habit)
        for at, habit in enumerate(field.HABITS)
    ]
    partner.answer("GET", module, body=jsontext.dumps({"status_code": 1000, "data": listed}).encode())
    operate("pull", partner=partner.id, module=module)
    drain()
    pull = pulled(operate, partner.id, module)
    assert (pull["state"], pull["objects"], pull["set_aside"]) == ("COMPLETED", len(listed), 0), pull
    assert len(operate("list", module=module, party=owner)["objects"]) == len(listed)


RESULTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "lower": lambda result: {**result, "result": result["result"].lower()},
    "title": lambda result: {**result, "result": result["result"].title().replace("_", " ")},
    "list": lambda result: [result],
    "envelope": lambda result: {"status_code": 1000, "data": result},
    "capitals": lambda result: {name.upper(): value for name, value in result.items()},
    "message as text": lambda result: {**result, "message": "as you like"},
    "message as one": lambda result: {**result, "message": {"language": "en-GB", "text": "fine"}},
    "message null": lambda result: {**result, "message": None},
    "message of nothing": lambda result: {**result, "message": [{}]},
    "more": lambda result: {**result, "timeout": "30", "extra": {"a": 1}},
}


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
@pytest.mark.parametrize("way", RESULTS)
def test_a_result_is_understood(
    register_partner: Any, operate: Any, ask: Any, drain: Any, version: str, way: str
) -> None:
    partner = register_partner(CPO, version)
    answers = RESULTS[way]({"result": "ACCEPTED", "timeout": 30})
    if way not in ("envelope",):
        partner.answer("POST", "commands", data=answers)
    sent = operate("send_command", command="STOP_SESSION", to="BE/BEC", body={"session_id": "S1"})
    assert sent["response"]["result"] == "ACCEPTED", sent
    url = partner.requests("POST", "STOP_SESSION")[0].json["response_url"]
    answer = ask("POST", url, token=partner.token, body=RESULTS[way]({"result": "REJECTED"}))
    assert answer.code == 1000, answer.text
    found = operate("command", id=sent["id"])
    assert (found["state"], found["result"]["result"]) == ("CONCLUDED", "REJECTED")


INFOS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "lower": lambda info: {**info, "allowed": "allowed"},
    "list": lambda info: [info],
    "capitals": lambda info: {name.upper(): value for name, value in info.items()},
    "no token": lambda info: {"allowed": "ALLOWED"},
    "info as list": lambda info: {**info, "info": [{"language": "en", "text": "welcome"}]},
    "info as text": lambda info: {**info, "info": "welcome"},
    "location empty": lambda info: {**info, "location": []},
    "reference as number": lambda info: {**info, "authorization_reference": 12345},
    "token in strings": lambda info: {**info, "token": {**info["token"], "valid": "true", "uid": 77}},
}


@pytest.mark.parametrize("way", INFOS)
def test_an_authorization_is_understood(register_partner: Any, operate: Any, way: str) -> None:
    partner = register_partner(EMSP)
    token = example("token", "2.2.1", "DE/MSP", uid="77", last_updated="2026-01-01T00:00:00Z")
    info = json.loads(jsontext.dumps({"allowed": "ALLOWED", "token": token}))
    partner.answer("POST", "authorize", data=INFOS[way](info))
    found = operate("authorize", uid="77")
    assert found["allowed"] == "ALLOWED", found


def _registered(
    hand: Any, body: Any, change: Callable[[Received], Canned | None], headers: Any = None
) -> Any:
    from tests.stub import PartnerStub

    stub = PartnerStub(CPO, "2.2.1", own_token="stub-token-field")
    hand._stubs.append(stub)
    stub.script(lambda request: change_of(stub, change, request))
    invited = hand.operate("invite", name="Field")
    sent = body(json.loads(json.dumps(stub.credentials)))
    return hand.ask("POST", "/ocpi/2.2.1/credentials", token=invited["token"], body=sent, headers=headers)


def change_of(stub: Any, change: Callable[..., Canned | None], request: Received) -> Canned | None:
    return change(stub, request)


def _same(value: Any) -> Any:
    return value


def _nothing(_stub: Any, _request: Received) -> Canned | None:
    return None


CREDENTIALS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "list": lambda it: [it],
    "role lower": lambda it: {**it, "roles": [{**it["roles"][0], "role": "cpo"}]},
    "one role": lambda it: {**it, "roles": it["roles"][0]},
    "blanks": lambda it: {**it, "token": f" {it['token']} ", "url": f"{it['url']} "},
    "no details": lambda it: {**it, "roles": [{**it["roles"][0], "business_details": None}]},
    "details empty": lambda it: {**it, "roles": [{**it["roles"][0], "business_details": []}]},
    "details text": lambda it: {**it, "roles": [{**it["roles"][0], "business_details": "Example"}]},
    "logo text": lambda it: {
        **it,
        "roles": [
            {**it["roles"][0], "business_details": {"name": "X", "logo": "http://x/y.png", "website": ""}}
        ],
    },
    "country lower": lambda it: {
        **it,
        "roles": [{**it["roles"][0], "country_code": "be", "party_id": "bec"}],
    },
    "camel": lambda it: field.renamed(it, field.camel),
    "capitals": lambda it: field.renamed(it, str.upper),
    "bom": lambda it: b"\xef\xbb\xbf" + json.dumps(it).encode(),
    "more": lambda it: {**it, "x": {}, "hub_party_id": None},
}


@pytest.mark.parametrize("way", CREDENTIALS)
def test_credentials_are_read(hand: Any, way: str) -> None:
    answer = _registered(hand, CREDENTIALS[way], _nothing)
    assert answer.code == 1000, answer.text
    (partner,) = hand.operate("partners")["partners"]
    assert (partner["state"], partner["roles"][0]["party_id"]) == ("REGISTERED", "BEC")


def versions(change: Callable[[Any, Any], Any]) -> Callable[..., Canned | None]:
    return lambda stub, request: (
        Canned(data=change(stub, [{"version": "2.2.1", "url": f"{stub.base_url}/2.2.1"}]))
        if request.path == "/versions"
        else None
    )


def details(change: Callable[[Any, Any], Any]) -> Callable[..., Canned | None]:
    return lambda stub, request: (
        Canned(data=change(stub, {"version": "2.2.1", "endpoints": stub.endpoints}))
        if request.path == "/2.2.1"
        else None
    )


ANSWERS: dict[str, Callable[..., Canned | None]] = {
    "one version": versions(lambda stub, it: it[0]),
    "versions numbered": versions(lambda stub, it: {"0": it[0]}),
    "version relative": versions(lambda stub, it: [{**it[0], "url": "/2.2.1"}]),
    "version with blanks": versions(lambda stub, it: [{"version": " 2.2.1", "url": f"{it[0]['url']} "}]),
    "more versions": versions(
        lambda stub, it: [{"version": 2.2, "url": "x"}, {"version": "3.0"}, None, "x", *it]
    ),
    "details in a list": details(lambda stub, it: [it]),
    "details without version": details(lambda stub, it: {"endpoints": it["endpoints"]}),
    "details with capitals": details(
        lambda stub, it: {
            **it,
            "endpoints": [
                {**each, "identifier": each["identifier"].title(), "role": each["role"].lower()}
                for each in it["endpoints"]
            ],
        }
    ),
    "endpoints relative": details(
        lambda stub, it: {
            **it,
            "endpoints": [
                {**each, "url": each["url"].removeprefix(stub.base_url)} for each in it["endpoints"]
            ],
        }
    ),
    "endpoints numbered": details(
        lambda stub, it: {**it, "endpoints": {str(at): each for at, each in enumerate(it["endpoints"])}}
    ),
    "endpoints with others": details(
        lambda stub, it: {**it, "endpoints": [*it["endpoints"], None, {}, {"identifier": "x"}, "y"]}
    ),
}


@pytest.mark.parametrize("way", ANSWERS)
def test_versions_and_details_are_read(hand: Any, way: str) -> None:
    answer = _registered(hand, _same, ANSWERS[way])
    assert answer.code == 1000, answer.text
    (partner,) = hand.operate("partners")["partners"]
    assert partner["state"] == "REGISTERED"
    assert all(each["url"].startswith("http") for each in partner["endpoints"]), partner["endpoints"]
