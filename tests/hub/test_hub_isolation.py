"""Every route of the hub × every party that is not one of the two ends: it sees nothing of what passed.

What passed between CPO BE/BEC and eMSP DE/MSP holds a secret: a Session, a CDR, a private Location, a
command. Both ends would show all of it to whoever asks them. The requests are made from the tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.ocpi import modules
from tests.harness import Hand
from tests.hub.conftest import party_of
from tests.hub.test_awaited import start
from tests.hub.test_forward import SESSION
from tests.hub.test_open import TOKEN, location, plain
from tests.hub.test_table import body_of, operations, path_of, query_of
from tests.samples import example
from tests.stub import Canned, PartnerStub, Received

SECRET = "SECRET-7f3a"
HUB = ("NL", "HUB")
WATCHERS = ["third", "emsp230", "emsp211", "cpo230", "cpo211"]
PRIVATE = {**SESSION, "id": "X1", "authorization_reference": SECRET}


@pytest.fixture
def ends(party: Any, send: Any, hub: Hand) -> tuple[PartnerStub, PartnerStub, str]:
    """The CPO, the eMSP and the URL for the result of a command of theirs; all of it passed already."""
    cpo, emsp = party("cpo221"), party("emsp221")
    for name in WATCHERS:
        party(name)
    cdr = plain(example("cdr", "2.2.1", "BE/BEC", id="X1", cdr_token=SESSION["cdr_token"], remark=SECRET))
    assert send(emsp, "PUT", "receiver/tokens/DE/MSP/U9", {**TOKEN, "uid": "U9"}).code == 1000
    allowed = [{"uid": "U9", "type": "RFID"}]  # a uid is its eMSP's, so nobody else has one of these
    place = location(publish=False, publish_allowed_to=allowed, name=SECRET)
    assert send(cpo, "PUT", "receiver/locations/BE/BEC/LOC1", place).code == 1000
    assert send(cpo, "PUT", "receiver/sessions/BE/BEC/X1", PRIVATE).code == 1000
    assert send(cpo, "POST", "receiver/cdrs", cdr).code == 1000
    # Waited for longer than all tries take on a slow machine.
    cpo.answer("POST", "commands", data={"result": "ACCEPTED", "timeout": 600})
    assert send(emsp, "POST", "receiver/commands/START_SESSION", start(emsp), to=cpo).code == 1000
    back = cpo.requests("POST", "commands")[0].json["response_url"]
    hub.drain()
    shown = {"sessions": PRIVATE, "cdrs": cdr, "locations": place}

    def open_handed(request: Received) -> Canned | None:
        found = next((each for name, each in shown.items() if f"/{name}" in request.path), None)
        if request.method != "GET" or found is None:
            return None
        is_list = request.path.rstrip("/").endswith(("/sessions", "/cdrs"))
        return Canned(data=[found] if is_list else found)

    for each in (cpo, emsp):
        each.forget()
        each.script(open_handed)
    for name in WATCHERS:
        party(name).received.clear()
    return cpo, emsp, back


def tries(
    watcher: PartnerStub, cpo: PartnerStub, emsp: PartnerStub, back: str
) -> Iterator[tuple[str, str, Any, Any]]:
    """Method, path, body and receiver of each request: the owner's path and its own, to either end."""
    for module, side, operation in operations(watcher.version):
        owner = emsp if module.id == "tokens" else cpo
        for named in {party_of(owner), party_of(watcher)}:
            path = path_of(module, side, operation, named) + query_of(module, operation, watcher)
            body = body_of(module, side, operation, watcher, owner)
            for to in (None, HUB, cpo, emsp) if watcher.version != modules.V211 else (None,):
                # Of a Location the CPO that is asked decides itself whom it shows it to.
                if to in (HUB, emsp) or module.id != "locations" or operation.method != "GET":
                    yield operation.method, path, body, to
    version = watcher.version
    yield "POST", back.replace("/2.2.1/", f"/{version}/"), {"result": "REJECTED"}, None
    for module_id in ("sessions", "cdrs", "locations", "tokens"):
        for query in ("?limit=1000", "?offset=0&date_from=2000-01-01T00:00:00Z", "?cursor=hub.AAAA"):
            yield "GET", f"sender/{module_id}{query}", None, None


@pytest.mark.parametrize("name", WATCHERS)
def test_no_route_shows_a_third_party_what_passed_between_two(
    party: Any, send: Any, hub: Hand, ends: tuple[PartnerStub, PartnerStub, str], name: str
) -> None:
    """HUB-18, HUB-21, AMB-28, ARC-21; design section 12: never shown to anybody but their two ends."""
    cpo, emsp, back = ends
    watcher, tried = party(name), 0
    for method, path, body, to in tries(watcher, cpo, emsp, back):
        answer = send(watcher, method, path, body, to=to, headers={"X-Request-ID": f"try-{tried}"})
        tried += 1
        assert answer.status < 500, (method, path, answer.text)
        assert SECRET not in answer.text, (method, path, to)
        assert SECRET not in str(answer.headers), (method, path, to)
    hub.drain()
    assert tried > (40 if watcher.version == modules.V211 else 150)
    for other in WATCHERS:
        assert not [each for each in party(other).received if SECRET.encode() in each.body]
    assert [each for each in emsp.requests("POST") if "/mine/" in each.path] == []
    told = [each for each in (*cpo.received, *emsp.received) if each.method != "GET" and each.body]
    theirs = "/".join(party_of(watcher))
    for each in told:
        spoke = each.headers.get("ocpi-from-party-id")
        assert spoke in (party_of(watcher)[1], "HUB"), (theirs, each)
    # What it tried has changed nothing: the ends still have what they had, through the hub.
    assert SECRET in send(emsp, "GET", "sender/sessions", to=cpo).text
    assert SECRET in send(cpo, "GET", "receiver/sessions/BE/BEC/X1").text
    found = hub.operate("list", module="locations", party="BE/BEC")["objects"]
    assert [each["name"] for each in found] == [SECRET]
    for module in ("sessions", "cdrs"):
        assert hub.operate("list", module=module, party="all")["objects"] == []


def test_the_hub_keeps_no_session_or_cdr_as_evidence_either(party: Any, send: Any, hub: Hand) -> None:
    """AMB-28, ARC-21: what was refused and what was passed on is found by its ids, without the object."""
    cpo, emsp = party("cpo221"), party("emsp221")
    emsp.answer("PUT", code=2001, message="not mine")
    assert send(cpo, "PUT", "receiver/sessions/BE/BEC/X1", PRIVATE, to=emsp).code == 2001
    unreadable = {**PRIVATE, "cdr_token": "?"}
    assert send(cpo, "PUT", "receiver/sessions/BE/BEC/X1", unreadable, to=emsp).code == 2001
    wrong = location(name=SECRET, coordinates="?")
    assert send(cpo, "PUT", "receiver/locations/BE/BEC/LOC1", wrong, to=HUB).code == 2001
    (kept,) = hub.operate("refusals", partner=cpo.id)["refusals"]
    assert kept["module"] == "locations", "a broadcast is for the hub, which may be asked to read it again"
    rows = hub.operate("messages", module="sessions")["messages"]
    assert {each["partner"] for each in rows} == {cpo.id, emsp.id}
    for each in rows:
        whole = hub.operate("message", id=each["id"])
        assert SECRET not in str(whole)
        assert "not kept" in str(whole)
    assert any("not mine" in str(hub.operate("message", id=each["id"])) for each in rows)
