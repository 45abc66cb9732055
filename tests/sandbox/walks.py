"""Walks through a sandbox, written down as transcripts in which only conduct can make a difference."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import requests

from sandbox import Partner, VerbFailed
from sandbox.holding import Exchange

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HEADERS = ("link", "x-", "ocpi-", "allow", "location", "content-type")
NAMES = re.compile(r"[A-Za-z0-9_-]{43}|[0-9a-f]{8}-[0-9a-f-]{27}|SBX-[0-9a-f]{12}|\b[0-9a-f]{12,16}\b")
Walk = Callable[["Stage"], None]


class Stage:
    """A sandbox `a` under test, others that behave, and what was seen of it."""

    def __init__(self, role: str, version: str, break_: str = "", module: str = "") -> None:
        self._stack = ExitStack()
        self.version, self._break, self._module = version, break_, module
        self.seen: list[str] = []
        self.a = self.partner(role)
        self._session = self._stack.enter_context(requests.Session())
        self._session.trust_env = False
        self.token = ""

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def partner(self, role: str, **more: Any) -> Partner:
        return self._stack.enter_context(
            Partner(role, self.version, page_limit=3, clock=lambda: NOON, **more)
        )

    def misbehave(self) -> None:
        """From now on it does what this walk is to show."""
        if self._break:
            self.a.do("break", name=self._break, module=self._module)

    def registered(self, role: str) -> Partner:
        """One that is registered with `a`, in the time before it misbehaves."""
        other = self.partner(role)
        invited = self.a.do("invite", name=role)
        other.do("register", versions_url=invited["versions_url"], token=invited["token"])
        self.token = other.peers.all[0].token_out
        other.log.clear()
        return other

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str | None = None,
        raw: bool = False,
        **headers: str,
    ) -> requests.Response:
        """A request to `a`, written down with its answer."""
        sent = {"X-Request-ID": "r-1", "X-Correlation-ID": "c-1"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        token = self.token if token is None else token
        if token:
            plain = raw or self.version == "2.1.1"
            value = token if plain else base64.b64encode(token.encode()).decode()
            sent["Authorization"] = f"Token {value}"
        text = body if isinstance(body, str) else None if body is None else json.dumps(body, default=float)
        url = path if path.startswith("http") else self.a.base_url + path
        found = self._session.request(method, url, headers=sent, data=text, allow_redirects=False, timeout=5)
        kept = {k: v for k, v in sorted(found.headers.items()) if k.lower().startswith(HEADERS)}
        self.note(method, path, found.status_code, kept, found.text)
        return found

    def note(self, *what: Any) -> None:
        self.seen.append(" ".join(str(each) for each in what))

    def told(self, exchanges: list[Exchange]) -> None:
        """What somebody else heard of `a`."""
        for each in exchanges:
            kept = {
                k: v for k, v in sorted(each.headers.items()) if k.startswith((*HEADERS, "authorization"))
            }
            self.note("told", each.method, each.url, kept, each.body, each.status)

    def tries(self, partner: Partner, verb: str, **fields: Any) -> Any:
        """A verb that may fail; whether it did is part of the transcript."""
        try:
            found = partner.do(verb, **fields)
        except VerbFailed as problem:
            self.note(verb, "failed", problem)
            return None
        self.note(verb, found)
        return found

    def transcript(self) -> list[str]:
        """With ports, tokens and ids named by the order in which they come."""
        names: dict[str, str] = {}

        def name(found: re.Match[str]) -> str:
            return names.setdefault(found[0], f"N{len(names)}")

        text = re.sub(r"127\.0\.0\.1:\d+", "HOST", "\n".join(self.seen))
        text = re.sub(r"Token [\w+/=-]{40,}", lambda found: f"Token of {len(found[0])} characters", text)
        return NAMES.sub(name, text).splitlines()


def until(holds: Callable[[], Any], seconds: float = 0.7) -> None:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.005)


def lists(stage: Stage) -> None:
    """What it owns, as others read it."""
    stage.registered("EMSP" if stage.a.parties[0].role in ("CPO", "NAP") else "CPO")
    stage.misbehave()
    out = f"/{stage.version}/out"
    modules = [each for each, side in stage.a.offered(stage.version) if side == "SENDER"]
    for module in [each for each in modules if each in stage.a.holdings.own]:
        first = stage.ask("GET", f"{out}/{module}?limit=2")
        if following := re.match(r"<(http://127[^>]*)>", first.headers.get("Link", "")):
            stage.ask("GET", following[1])
        stage.ask("GET", f"{out}/{module}?offset=2&limit=2")
        updated = [each["last_updated"] for each in stage.a.own(module)]
        if updated:
            middle, last = sorted(updated)[len(updated) // 2], max(updated)
            stage.ask("GET", f"{out}/{module}?date_from={middle}&limit=1")
            stage.ask("GET", f"{out}/{module}?date_to={middle}")
            stage.ask("GET", f"{out}/{module}?date_from={last}")
        stage.ask("GET", f"{out}/{module}?date_from=2100-01-01T00:00:00Z")
        stage.ask("GET", f"{out}/{module}?date_from=yesterday")
        stage.ask("GET", f"{out}/{module}/")
        stage.ask("PUT", f"{out}/{module}", {})
        stage.ask("GET", f"{out}/{module}", token="nobody")
        stage.ask("GET", f"{out}/{module}", token="")
    stage.ask("GET", f"{out}/locations/NONE")


def handshake(stage: Stage) -> None:
    """Versions and credentials, as a peer that does it right and one that does not."""
    stage.misbehave()
    version, a = stage.version, stage.a
    other = stage.partner("EMSP" if a.parties[0].role == "CPO" else "CPO")
    mine = f"/{version}/credentials"
    token = a.do("invite", name="x")["token"]
    stage.token = token
    stage.ask("GET", "/versions")
    stage.ask("GET", f"/{version}")
    stage.ask("GET", mine)
    stage.ask("POST", "/versions", {})
    stage.ask("GET", f"/{version}/out/locations")
    stage.ask("PUT", mine, {})
    stage.ask("DELETE", mine)
    stage.token = token = a.do("invite", name="z")["token"]
    body: dict[str, Any] = {"token": "b" * 30, "url": other.versions_url}
    body |= (
        {"country_code": "DE", "party_id": "SBM", "business_details": {"name": "x"}}
        if version == "2.1.1"
        else {"roles": [{**other.parties[0].credentials_role}]}
    )
    for wrong in ({"url": other.versions_url}, {**body, "url": "http://127.0.0.1:9/versions"}):
        stage.ask("POST", mine, wrong)
    stage.ask("GET", "/versions")
    for how in ("version_it_lacks", "details_without_endpoints"):
        _pretend(stage, other, how)
        stage.ask("POST", mine, body, token=a.do("invite")["token"])
        other.do("behave")
    other.peers.all.append(_knowing(a, "b" * 30))
    answered = stage.ask("POST", mine, body).json()
    stage.note("called", [each.method + each.path for each in other.heard()])
    stage.token = ((answered.get("data") or {}).get("token")) or token
    stage.ask("GET", "/versions", token=token)
    stage.ask("GET", "/versions")
    stage.ask("GET", "/versions", token=token)
    stage.ask("GET", mine)
    stage.ask("POST", mine, body)
    before = stage.token
    renewed = stage.ask("PUT", mine, body).json()
    stage.token = ((renewed.get("data") or {}).get("token")) or before
    stage.ask("GET", "/versions")
    stage.ask("GET", "/versions", token=before)
    stage.ask("DELETE", mine)
    stage.ask("GET", "/versions")


def _pretend(stage: Stage, other: Partner, how: str) -> None:
    """The other one lacks the version, or offers nothing."""
    other.peers.all[:] = [_knowing(stage.a, "b" * 30)]
    if how == "version_it_lacks":
        data = [{"version": "2.0", "url": other.versions_url}]
        other.do("say", body={"data": data, "status_code": 1000}, module="versions")
    else:
        only = [{"identifier": "credentials", "role": "SENDER", "url": other.versions_url}]
        details = {"version": stage.version, "endpoints": only}
        other.do("say", body={"data": details, "status_code": 1000}, module="details")


def _knowing(a: Partner, token: str) -> Any:
    from sandbox.peers import Peer

    return Peer("a", token_in=token)


def writes(stage: Stage) -> None:
    """What it is sent, rightly and wrongly."""
    emsp = stage.a.parties[0].role != "CPO"
    other = stage.registered("CPO" if emsp else "EMSP")
    stage.misbehave()
    side = f"/{stage.version}/in"
    modules = ("locations", "tariffs", "sessions") if emsp else ("tokens",)
    for module in modules:
        thing = other.written(module, other.own(module)[0], stage.version)
        owner = other.parties[0]
        at = f"{side}/{module}/{owner.country_code}/{owner.party_id}"
        key = thing.get("uid") or thing["id"]
        stage.ask("PATCH", f"{at}/{key}", {"last_updated": thing["last_updated"]})
        stage.ask("PUT", f"{at}/{key}", {**thing, "remark_of_ours": "x"})
        stage.ask("GET", f"{at}/{key}")
        stage.ask("PUT", f"{at}/{key}", thing)
        stage.ask("GET", f"{at}/{key.lower()}")
        stage.ask("PATCH", f"{at}/{key}", {"currency": "USD", "language": "nl"})
        changes = {"name": "New", "language": "fr", "kwh": 3, "last_updated": "2026-06-01T12:00:00Z"}
        stage.ask("PATCH", f"{at}/{key}", changes)
        if module == "sessions":
            period = {**thing["charging_periods"][0], "start_date_time": "2026-06-01T12:00:00Z"}
            stage.ask("PATCH", f"{at}/{key}", {**changes, "charging_periods": [period]})
        stage.ask("GET", f"{at}/{key}")
        stage.ask("PUT", f"{at}/OTHER", thing)
        stage.ask("PUT", f"{at}/{key}", {**thing, "party_id": "ZZZ"})
        stage.ask("PUT", f"{side}/{module}/ZZ/ZZZ/{key}", {**thing, "country_code": "ZZ", "party_id": "ZZZ"})
        stage.ask("PUT", f"{at}/{key}", {each: thing[each] for each in list(thing)[:3]})
        stage.ask("PUT", f"{at}/{key}", "{no json")
        stage.ask("DELETE", f"{at}/{key}")
        stage.ask("GET", f"{at}/{key}")
        if module == "locations":
            evse = {"status": "CHARGING", "last_updated": "2026-06-01T13:00:00Z"}
            stage.ask("PATCH", f"{at}/{key}/{thing['evses'][0]['uid']}", evse)
            stage.ask("GET", f"{at}/{key}")
    if emsp:
        _cdrs(stage, other)


def _cdrs(stage: Stage, other: Partner) -> None:
    cdr = other.written("cdrs", other.own("cdrs")[0], stage.version)
    at = f"/{stage.version}/in/cdrs"
    for body in (cdr, cdr, {**cdr, "remark": "changed"}):
        where = stage.ask("POST", at, body).headers.get("Location", "")
    if where.startswith(stage.a.base_url):
        stage.ask("GET", where)
    stage.ask("PUT", at, cdr)


def asked(stage: Stage) -> None:
    """Commands, profiles and authorizations, with their results."""
    stage.a.do("answers", after=0.0)
    if stage.a.parties[0].role == "CPO":
        _commands(stage, stage.registered("EMSP"))
        return
    other = stage.registered("CPO")
    stage.misbehave()
    for uid, kind in (
        ("04A1B2C3D4E580", "RFID"),
        ("04A1B2C3D4E580", "APP_USER"),
        ("04A1B2C3D4E582", "RFID"),
        ("NONE", "RFID"),
    ):
        stage.ask("POST", f"/{stage.version}/out/tokens/{uid}/authorize?type={kind}", {"location_id": "L"})
    stage.note(len(other.heard()))


def _commands(stage: Stage, emsp: Partner) -> None:
    charge = stage.a.do("start")
    emsp.log.clear()
    stage.misbehave()
    ids = []
    for name, body in (
        ("UNLOCK_CONNECTOR", {"location_id": "BRU1", "evse_uid": "BRU1-1", "connector_id": "1"}),
        ("UNLOCK_CONNECTOR", {"location_id": "NONE", "evse_uid": "X", "connector_id": "1"}),
        ("STOP_SESSION", {"session_id": "NONE"}),
        ("START_SESSION", {"location_id": "LIL1", "token": {**emsp.own("tokens")[0], "party_id": "ZZZ"}}),
    ):
        found = stage.tries(emsp, "command", command=name, body=body)
        ids += [found["id"]] if found else []
    stage.tries(
        emsp,
        "command",
        command="STOP_SESSION",
        body={"session_id": "X", "response_url": "http://any.invalid/"},
    )
    if stage.version != "2.1.1":
        for verb, told in (("set_profile", 1), ("get_profile", 1), ("clear_profile", 2)):
            if found := stage.tries(emsp, verb, session_id=charge["id"]):
                ids.append(found["id"])
            until(lambda: emsp.pending[ids[-1]]["result"] and len(emsp.heard("PUT", "/out/")) >= told)
        stage.tries(emsp, "set_profile", session_id="NONE")
    until(lambda: emsp.pending[ids[0]]["result"])
    time.sleep(0.02)
    for each in sorted(emsp.heard(), key=lambda each: (each.method, each.body)):
        stage.note(each.method, each.path, each.body)


def hub(stage: Stage) -> None:
    """What it tells of, and what it hands on."""
    cpo = stage.registered("CPO")
    cpo_token = stage.token
    stage.registered("EMSP")
    stage.misbehave()
    stage.a.do("tell", party="AT/HBC", status="OFFLINE")
    out = f"/{stage.version}/out"
    me = {"OCPI_from_country_code": "DE", "OCPI_from_party_id": "SBM"}
    cpo.log.clear()
    for country, party in (("BE", "SBC"), ("XX", "XXX"), ("AT", "HBC"), ("LU", "SBH")):
        to = {"OCPI_to_country_code": country, "OCPI_to_party_id": party}
        stage.ask("GET", f"{out}/locations?limit=1", **me, **to)
    stage.ask("GET", f"{out}/locations/NONE", **me, OCPI_to_country_code="BE", OCPI_to_party_id="SBC")
    stage.told(cpo.heard())
    to_hub = {"OCPI_to_country_code": "LU", "OCPI_to_party_id": "SBH"}
    stage.ask("POST", f"/{stage.version}/in/cdrs", {}, **me, **to_hub)
    stage.ask("GET", f"{out}/locations", OCPI_from_country_code="XX", OCPI_from_party_id="XXX")
    for token in (stage.token, cpo_token):
        stage.ask("GET", f"{out}/hubclientinfo", token=token)


def calls(stage: Stage) -> None:
    """Its own requests, as the other side hears them."""
    other = stage.registered("EMSP")
    other.do("invite")
    stage.misbehave()
    for fields in ({"verb": "push", "module": "locations", "id": "BRU1"}, {"verb": "pull", "limit": 2}):
        stage.tries(stage.a, fields.pop("verb"), **fields)
    changes = {"name": "x", "last_updated": "2026-06-01T12:00:00Z"}
    stage.tries(stage.a, "patch", module="locations", id="BRU1", changes=changes)
    stage.tries(stage.a, "start", ago=60)
    stage.tries(stage.a, "stop")
    stage.told(other.heard())
