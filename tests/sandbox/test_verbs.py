"""Each verb of the sandbox, told in process, over HTTP and by the command line."""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from localrun.platform import eventually
from sandbox import Partner, VerbFailed, registering
from sandbox.messages import dumps
from sandbox.oddities import ODDITIES
from sandbox.verbs import VERBS

ROOT = Path(__file__).parent.parent.parent


class Pair:
    """A CPO and an eMSP, registered with each other."""

    def __init__(self, stack: ExitStack, version: str = "2.2.1") -> None:
        self.cpo = stack.enter_context(Partner("CPO", version, page_limit=3))
        self.emsp = stack.enter_context(Partner("EMSP", version, page_limit=3))
        for each in (self.cpo, self.emsp):
            each.do("answers", after=0)
        invited = self.cpo.do("invite", name="emsp")
        self.emsp.do("register", **{name: invited[name] for name in ("versions_url", "token")}, name="cpo")


@pytest.fixture
def pair() -> Iterator[Pair]:
    with ExitStack() as stack:
        yield Pair(stack)


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


# Connections.


def test_update_renews_the_tokens_of_both_sides(pair: Pair) -> None:
    before = pair.emsp.peers.named("cpo").token_out, pair.emsp.peers.named("cpo").token_in
    pair.emsp.do("update")
    after = pair.emsp.peers.named("cpo").token_out, pair.emsp.peers.named("cpo").token_in
    assert not set(before) & set(after)
    assert pair.emsp.do("pull", module="locations")[0]["objects"] == 4
    assert pair.cpo.do("pull", module="tokens")[0]["objects"] == 6


def test_what_comes_by_the_old_token_meanwhile_does_not_end_an_update(
    pair: Pair, http: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peer's work goes on while it is asked for new tokens, before it calls back by the new one."""
    peer, exchange = pair.emsp.peers.named("cpo"), registering._exchange
    old, statuses = peer.token_in, []

    def crossed(*given: Any) -> None:
        answer = http.get(
            peer_url, headers={"Authorization": f"Token {base64.b64encode(old.encode()).decode()}"}
        )
        statuses.append(answer.status_code)
        exchange(*given)

    peer_url = pair.emsp.versions_url
    monkeypatch.setattr(registering, "_exchange", crossed)
    assert pair.emsp.do("update")["state"] == "REGISTERED"
    assert (statuses, peer.renewing) == ([200], False)


def test_unregister_ends_the_connection_on_both_sides(pair: Pair) -> None:
    assert pair.emsp.do("unregister")["state"] == "UNREGISTERED"
    assert [each["state"] for each in pair.cpo.do("peers")] == ["UNREGISTERED"]
    with pytest.raises(VerbFailed, match="not registered with anybody"):
        pair.emsp.do("pull")


def test_credentials_are_asked_for(pair: Pair) -> None:
    assert pair.emsp.do("credentials")["data"]["roles"][0]["party_id"] == "SBC"


def test_a_hub_tells_how_a_party_behind_it_is_connected() -> None:
    with Partner("HUB") as hub, Partner("CPO") as cpo:
        invited = hub.do("invite", name="cpo")
        cpo.do("register", versions_url=invited["versions_url"], token=invited["token"])
        assert hub.do("tell", party="AT/HBM", status="OFFLINE")[0]["status"] == 201
        assert cpo.held("hubclientinfo")[0]["status"] == "OFFLINE"
        cpo.do("pull", module="hubclientinfo")
        assert {each["party_id"]: each["status"] for each in cpo.held("hubclientinfo")} == {
            "HBC": "CONNECTED",
            "HBM": "OFFLINE",
            "HBN": "CONNECTED",
        }


# Objects.


def test_objects_are_pushed_patched_read_back_and_removed(pair: Pair) -> None:
    assert pair.cpo.do("push", module="tariffs", id="PLAIN")["accepted"] == 1
    assert pair.cpo.do("read_back", module="tariffs", id="PLAIN")["data"]["id"] == "PLAIN"
    assert pair.cpo.do("remove", module="tariffs", id="PLAIN")["status"] == 200
    assert pair.emsp.held("tariffs") == []
    pair.cpo.do("push", module="locations", id="BRU1")
    changes = {"status": "BLOCKED", "last_updated": pair.cpo.now_text()}
    pair.cpo.do("patch", module="locations", id="BRU1", evse_uid="BRU1-1", changes=changes)
    assert pair.emsp.held("locations")[0]["evses"][0]["status"] == "BLOCKED"


def test_an_object_of_our_own_is_put_and_told(pair: Pair) -> None:
    tariff = {**pair.cpo.own("tariffs")[0], "id": "NEW"}
    pair.cpo.do("put", module="tariffs", object=tariff)
    assert [each["id"] for each in pair.emsp.held("tariffs")] == ["NEW"]


def test_a_pull_follows_the_links_to_the_end(pair: Pair) -> None:
    found = {each["module"]: (each["objects"], each["pages"]) for each in pair.emsp.do("pull")}
    assert found == {"locations": (4, 2), "tariffs": (7, 3), "sessions": (4, 2), "cdrs": (4, 2)}


# Charging.


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_a_charge_is_told_as_it_goes_on(version: str) -> None:
    with ExitStack() as stack:
        pair = Pair(stack, version)
        begun = pair.cpo.do("start", location_id="BRU1", evse_uid="BRU1-1", ago=90)
        pair.cpo.do("advance", minutes=60)
        pair.cpo.do("advance", minutes=15, parking=True)
        cdr = pair.cpo.do("stop")
        session = next(each for each in pair.emsp.held("sessions") if each["id"] == begun["id"])
        assert (session["status"], session["kwh"], len(session["charging_periods"])) == ("COMPLETED", 10, 2)
        held = pair.emsp.held("cdrs")[0]
        total = held["total_cost"]
        assert (total if version == "2.1.1" else next(iter(total.values()))) == Decimal("3.5")
        assert (cdr["id"], held["total_time"], held["total_parking_time"]) == (held["id"], 1.25, 0.25)


def test_a_credit_cdr_takes_back_what_was_charged(pair: Pair) -> None:
    cdr = pair.cpo.own("cdrs")[0]
    made = pair.cpo.do("credit", cdr_id=cdr["id"])
    assert made["total_cost"]["before_taxes"] == -cdr["total_cost"]["before_taxes"]
    assert pair.emsp.held("cdrs")[0]["credit_reference_id"] == cdr["id"]


def test_a_status_is_told_as_a_patch_of_the_evse(pair: Pair) -> None:
    pair.cpo.do("push", module="locations", id="LIL1")
    pair.cpo.do("status", location_id="LIL1", evse_uid="LIL1-2", status="OUTOFORDER")
    assert pair.emsp.heard("PATCH")[0].json["status"] == "OUTOFORDER"
    assert pair.emsp.held("locations")[0]["evses"][1]["status"] == "OUTOFORDER"


def test_charges_go_on_by_themselves_where_time_passes() -> None:
    with Partner("CPO", tick=0.02) as cpo, Partner("EMSP") as emsp:
        invited = cpo.do("invite", name="emsp")
        emsp.do("register", versions_url=invited["versions_url"], token=invited["token"])
        cpo.do("start", ago=30)
        eventually(
            lambda: [each for each in cpo.own("sessions") if each["status"] == "ACTIVE" and each["kwh"]]
        )


# Asking.


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_a_command_starts_and_another_stops_a_charge(version: str) -> None:
    with ExitStack() as stack:
        pair = Pair(stack, version)
        body = {"location_id": "CGN1", "evse_uid": "CGN1-1"}
        asked = pair.emsp.do("command", command="START_SESSION", body=body)
        assert asked["data"]["result"] == "ACCEPTED"
        assert pair.emsp.do("result", id=asked["id"], seconds=5)["result"]["result"] == "ACCEPTED"
        session = eventually(lambda: pair.emsp.held("sessions"))[0]
        assert session["status"] == "ACTIVE"
        pair.emsp.do("command", command="STOP_SESSION", body={"session_id": session["id"]})
        eventually(lambda: pair.emsp.held("cdrs"))


def test_a_reservation_becomes_the_charge_it_was_made_for(pair: Pair) -> None:
    body = {"location_id": "LIL1", "expiry_date": "2030-01-01T00:00:00Z", "reservation_id": "R1"}
    pair.emsp.do("command", command="RESERVE_NOW", body=body)
    reserved = eventually(lambda: pair.emsp.held("sessions"))[0]
    assert reserved["status"] == "RESERVATION"
    pair.emsp.do("command", command="START_SESSION", body={"location_id": "LIL1"})
    eventually(lambda: [each["status"] for each in pair.emsp.held("sessions")] == ["ACTIVE"])


def test_a_reservation_is_cancelled(pair: Pair) -> None:
    body = {"location_id": "LIL1", "expiry_date": "2030-01-01T00:00:00Z", "reservation_id": "R1"}
    pair.emsp.do("command", command="RESERVE_NOW", body=body)
    eventually(lambda: pair.emsp.held("sessions"))
    pair.emsp.do("command", command="CANCEL_RESERVATION", body={"reservation_id": "R1"})
    eventually(lambda: pair.emsp.held("sessions")[0]["status"] == "COMPLETED")


@pytest.mark.parametrize(
    ("uid", "verdict"), [("04A1B2C3D4E580", "ALLOWED"), ("04A1B2C3D4E582", "BLOCKED"), ("NONE", None)]
)
def test_a_token_is_authorized(pair: Pair, uid: str, verdict: str | None) -> None:
    found = pair.cpo.do("authorize", uid=uid, location_id="BRU1", evse_uid="BRU1-1")
    assert found["status_code"] == (1000 if verdict else 2004)
    assert (found["data"] or {}).get("allowed") == verdict


def test_a_profile_is_set_asked_for_and_cleared(pair: Pair) -> None:
    session = pair.cpo.do("start")
    for verb, told in (("set_profile", 1), ("get_profile", 1), ("clear_profile", 2)):
        asked = pair.emsp.do(verb, session_id=session["id"])
        assert pair.emsp.do("result", id=asked["id"], seconds=5)["result"]["result"] == "ACCEPTED"
        eventually(lambda told=told: len(pair.emsp.heard("PUT", "/chargingprofiles/")) == told)
    pair.cpo.do("limit", watts=3000)
    profile = pair.emsp.active_profiles[session["id"]]["charging_profile"]
    assert profile["charging_profile_period"][0]["limit"] == 3000


def test_preferences_are_set(pair: Pair) -> None:
    session = pair.cpo.do("start")
    assert (
        pair.emsp.do("prefer", session_id=session["id"], profile_type="FAST")["data"] == "DEPARTURE_REQUIRED"
    )
    assert pair.emsp.do("prefer", session_id=session["id"])["data"] == "ACCEPTED"


def test_anything_can_be_asked(pair: Pair) -> None:
    found = pair.emsp.do(
        "request", method="DELETE", module="locations", side="SENDER", headers={"X-Request-ID": "mine"}
    )
    assert (found["status"], found["headers"]["allow"]) == (405, "GET")
    assert pair.cpo.heard("DELETE")[0].headers["x-request-id"] == "mine"


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ({"command": "REJECTED"}, ("REJECTED", None)),
        ({"result": "EVSE_OCCUPIED"}, ("ACCEPTED", "EVSE_OCCUPIED")),
    ],
)
def test_a_command_is_answered_as_told(
    pair: Pair, told: dict[str, str], seen: tuple[str, str | None]
) -> None:
    pair.cpo.do("answers", **told)
    asked = pair.emsp.do("command", command="START_SESSION", body={"location_id": "BRU1"})
    found = pair.emsp.do("result", id=asked["id"], seconds=0.3 if seen[1] is None else 5)
    assert (asked["data"]["result"], (found["result"] or {}).get("result")) == seen


# Conduct.


def test_it_fails_so_many_times(pair: Pair) -> None:
    pair.emsp.do("fail", status=503, module="tariffs", times=2, retry_after=7)
    assert pair.cpo.do("push", module="tariffs")["accepted"] == 5
    assert [each.answer_headers.get("Retry-After") for each in pair.emsp.heard("PUT")[:3]] == ["7", "7", None]


def test_it_refuses_one_object(pair: Pair) -> None:
    pair.emsp.do("refuse", id="FAST", code=2001, message="too dear")
    found = pair.cpo.do("push", module="tariffs")
    assert (found["accepted"], [each["message"] for each in found["refused"]]) == (6, ["too dear"])


def test_it_says_anything(pair: Pair) -> None:
    pair.cpo.do("say", status=200, body="<html>login</html>", module="locations")
    with pytest.raises(VerbFailed, match="<html>login"):
        pair.emsp.do("pull", module="locations")


@pytest.mark.parametrize("verb", ["silent", "cut"])
def test_no_whole_answer_is_none(pair: Pair, verb: str) -> None:
    pair.cpo.do(verb, **({"seconds": 0.05} if verb == "silent" else {}))
    with pytest.raises(VerbFailed):
        pair.emsp.do("pull", module="locations")
    pair.cpo.do("mend", name=verb)
    assert pair.emsp.do("pull", module="locations")[0]["objects"] == 4


def test_silence_ends_when_it_is_mended(pair: Pair) -> None:
    pair.cpo.do("silent", seconds=30)
    threading.Timer(0.1, lambda: pair.cpo.do("behave")).start()
    began = time.monotonic()
    with pytest.raises(VerbFailed):
        pair.emsp.do("pull", module="locations")
    assert time.monotonic() - began < 10


def test_it_is_slow(pair: Pair) -> None:
    pair.cpo.do("slow", seconds=0.2, times=1)
    began = time.monotonic()
    pair.emsp.do("credentials")
    assert time.monotonic() - began >= 0.2


def test_it_lies_about_totals(pair: Pair) -> None:
    pair.cpo.do("lie", by=-1, module="locations")
    assert pair.emsp.do("pull", module="locations")[0]["total"] == "3"


@pytest.mark.parametrize(
    ("how", "objects"), [("missing", 3), ("other_host", 3), ("loop", 3), ("single_quoted", 4)]
)
def test_it_breaks_links(pair: Pair, how: str, objects: int) -> None:
    pair.cpo.do("links", how=how)
    assert pair.emsp.do("pull", module="locations")[0]["objects"] == objects
    with pytest.raises(VerbFailed, match="no way sideways"):
        pair.cpo.do("links", how="sideways")


def test_its_clock_lags(pair: Pair) -> None:
    pair.cpo.do("lag", seconds=86400)
    assert pair.cpo.do("status", location_id="BRU1", evse_uid="BRU1-1", status="BLOCKED")["last_updated"] < (
        pair.emsp.now_text()
    )
    assert pair.cpo.do("conduct") == {"told": [], "lag": 86400.0}
    assert pair.cpo.do("behave") == {"told": [], "lag": 0.0}


@pytest.mark.parametrize("name", sorted(ODDITIES))
def test_it_writes_oddly(name: str) -> None:
    with Partner("CPO,EMSP") as partner:
        plain = dumps(written(partner))
        partner.do("shape", name=name)
        assert dumps(written(partner)) != plain
        partner.do("mend", name=name)
        assert dumps(written(partner)) == plain


def written(partner: Partner) -> list[Any]:
    session = {"id": "S", "kwh": 3, "last_updated": "2026-01-01T00:00:00Z"}
    things = [("locations", each) for each in partner.own("locations")]
    things += [("tokens", each) for each in partner.own("tokens")]
    return [partner.written(module, thing, "2.3.0") for module, thing in things] + [
        partner.written("cdrs", {"id": "C", "total_energy": 3, "tariffs": [], **session}, "2.3.0")
    ]


def test_it_leaves_and_comes_back(pair: Pair) -> None:
    pair.cpo.do("leave", seconds=0.3)
    eventually(lambda: not there(pair.cpo))
    eventually(lambda: there(pair.cpo))
    assert pair.emsp.do("pull", module="locations")[0]["objects"] == 4


def there(partner: Partner) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(partner.base_url.rpartition(":")[2]))) == 0


def test_it_forgets_its_data_and_its_connections(pair: Pair) -> None:
    pair.emsp.do("pull")
    pair.emsp.do("forget")
    assert pair.emsp.held("locations") == [] and pair.emsp.do("pull")
    pair.emsp.do("forget", connections=True)
    assert pair.emsp.do("peers") == []


def test_what_was_heard_is_cleared(pair: Pair) -> None:
    assert pair.cpo.heard()
    pair.cpo.do("clear")
    assert pair.cpo.heard() == [] and pair.cpo.held("tokens") == []


# Telling.


def test_it_is_told_over_http(pair: Pair, http: requests.Session) -> None:
    url = pair.cpo.base_url
    listed = http.get(f"{url}/do").json()
    assert {each["verb"] for each in listed["verbs"]} == set(VERBS)
    assert all(each["does"] for table in listed.values() for each in table)
    told = http.post(
        f"{url}/do", json={"verb": "break", "name": "no_total_count", "module": "locations"}
    ).json()
    assert told["data"]["told"] == [{"name": "no_total_count", "module": "locations", "method": "all"}]
    for wrong in ({"verb": "fly"}, {"verb": "push"}, {"verb": "break", "name": "nothing"}, [1]):
        answer = http.post(f"{url}/do", json=wrong)
        assert (answer.status_code, answer.json()["ok"]) == (400, False), wrong
    assert http.get(f"{url}/held").json()["own"]["locations"]


def test_a_web_page_elsewhere_tells_it_nothing(pair: Pair, http: requests.Session) -> None:
    asked = {"json": {"verb": "forget"}, "headers": {"Sec-Fetch-Site": "cross-site"}}
    assert http.post(f"{pair.cpo.base_url}/do", **asked).status_code == 403  # type: ignore[arg-type]
    assert http.delete(f"{pair.cpo.base_url}/do").status_code == 405


def test_what_it_heard_shows_no_token(pair: Pair, http: requests.Session) -> None:
    pair.emsp.do("pull", module="locations")
    text = http.get(f"{pair.cpo.base_url}/heard").text + http.get(f"{pair.cpo.base_url}/").text
    heard = http.get(f"{pair.cpo.base_url}/heard?method=GET&containing=locations").json()
    assert [each["status"] for each in heard] == [200, 200]
    peer = pair.emsp.peers.named("cpo")
    assert peer.token_in not in text and peer.token_out not in text


def test_the_page_shows_what_it_holds_as_text(pair: Pair, http: requests.Session) -> None:
    pair.cpo.do("put", module="tariffs", object={**pair.cpo.own("tariffs")[0], "id": "<script>"}, tell=False)
    pair.cpo.do("break", name="no_link")
    answer = http.get(f"{pair.cpo.base_url}/")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "<script>" not in answer.text and "&lt;script&gt;" in answer.text
    assert "no_link" in answer.text and "viewport" in answer.text and "prefers-color-scheme" in answer.text


def test_the_command_line_tells_it(pair: Pair) -> None:
    def do(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sandbox", "do", *words]
        environ = {"SANDBOX": pair.cpo.base_url}
        return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=30)

    assert json.loads(do("push", "module=tariffs", "id=PLAIN").stdout)["accepted"] == 1
    wrong = do("push", "modul=tariffs")
    assert wrong.returncode == 1 and "it takes: module" in wrong.stderr
    assert "push" in do().stdout


def test_every_verb_is_tried_here() -> None:
    text = Path(__file__).read_text() + (Path(__file__).parent / "walks.py").read_text()
    tried = set(re.findall(r'(?:\.do\(\s*|"verb": |tries\(\w+, )"(\w+)"', text))
    tried |= {"silent", "cut", "set_profile", "get_profile", "clear_profile"}  # by a loop
    assert set(VERBS) <= tried
