"""Partner: a small OCPI platform of its own, as an object.

    with Partner(role="EMSP", version="2.2.1") as partner:
        partner.do("register", versions_url=..., token=...)
        partner.do("pull", module="locations")
        assert partner.held("locations")
        assert partner.heard("GET", "/versions")

It listens on a loopback port of its own from `start` to `stop`; several live in one process.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

import requests

from sandbox import control, exchange, life, parties, serving, verbs
from sandbox.charging import Charge
from sandbox.conduct import Asked, Conduct, Reply
from sandbox.holding import Exchange, Holdings, Log
from sandbox.messages import Request, date_time, dumps, in_any_scheme, tokens_in
from sandbox.parties import BEHIND_THE_HUB, PARTIES, VERSIONS, Party
from sandbox.peers import REGISTERED, Peer, Peers
from sandbox.server import Server
from sandbox.versions import written

log = logging.getLogger(__name__)

Object = dict[str, Any]


@dataclass
class Told:
    """How it answers what it may answer in several ways; empty: as the data has it."""

    command: str = ""  # the CommandResponse
    result: str = "ACCEPTED"  # the CommandResult
    profile: str = ""
    profile_result: str = "ACCEPTED"
    allowed: str = ""
    needs_location: bool = False
    after: float = 0.05  # seconds until a result is sent
    timeout: int = 30  # seconds that we say a result may take


class Partner:
    """One sandbox. `role` and `version` may name several: "CPO,EMSP", "2.1.1,2.2.1".

    `tick` seconds of real time between updates of charges that a command started; 0: only when told.
    `pulls`: whoever registers is at once asked for all that it lists.
    """

    def __init__(
        self,
        role: str = "CPO",
        version: str = "2.2.1",
        port: int = 0,
        host: str = "127.0.0.1",
        base_url: str = "",
        data: bool = True,
        tick: float = 0,
        own_parties: Iterable[Party] = (),
        page_limit: int = 50,
        pulls: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.parties = tuple(own_parties) or tuple(PARTIES[each.strip()] for each in role.upper().split(","))
        self.versions = tuple(sorted(version.replace(" ", "").split(",")))
        self.version = self.versions[-1]
        if unknown := set(self.versions) - set(VERSIONS):
            raise ValueError(f"no such version: {sorted(unknown)}")
        self.page_limit, self._clock, self._pulls = page_limit, clock, pulls
        self.tick = tick
        self.session = requests.Session()
        self.session.trust_env = False
        self.conduct, self.log, self.peers, self.told = Conduct(), Log(), Peers(), Told()
        self.holdings = Holdings()
        self.charges: dict[str, Charge] = {}
        self.reservations: dict[str, Charge] = {}
        self.pending: dict[str, Object] = {}  # requests of ours whose result is awaited
        self.profiles: dict[str, Object] = {}
        self.active_profiles: dict[str, Object] = {}
        self.profile_senders: dict[str, str] = {}  # Session -> the peer that set its profile
        self.preferences: dict[str, Object] = {}
        self.statuses: dict[tuple[str, str], str] = {}  # of parties behind the hub
        self.relays: dict[str, Any] = {}  # results that go on to whoever asked through us
        self.relayed_cdrs: dict[str, Any] = {}  # path here: where its receiver keeps it
        self.ends: dict[str, tuple[tuple[str, str], ...]] = {}  # between whom a Session is
        self.lag = timedelta()
        self._living, self._asleep = False, threading.Event()
        self._planted, self._data = clock(), data
        self._server = Server(self._hear, host, port)
        self._given_url = base_url.rstrip("/")
        if data:
            self.plant()

    # Being there.

    def start(self) -> Partner:
        """Listen. Raises OSError where the port is taken."""
        self._server.start()
        if self.tick and not self._living:
            self._living = True
            self._asleep.clear()
            threading.Thread(target=self._live, daemon=True).start()
        return self

    def _live(self) -> None:
        """Charges go on by themselves, as fast as time."""
        while self._living:
            self._asleep.wait(self.tick)
            self._safely(lambda: life.go_on(self))

    def _hear(self, request: Request, address: str) -> Reply:
        """What goes back to this address, which the log has first: who got the answer finds it there."""
        if control.concerns(request):
            return control.answer(self, request, address)
        began = time.monotonic()
        reply = serving.answer(self, request)
        text = reply.body if isinstance(reply.body, str) else dumps(reply.body)
        took = round(time.monotonic() - began, 3)
        self.log.add(
            Exchange(
                "heard",
                self.now_text(),
                request.method,
                request.target,
                request.headers,
                request.body.decode(errors="replace"),
                reply.status,
                reply.headers,
                text,
                took,
            )
        )
        return Reply(reply.status, reply.headers, text)

    def stop(self) -> None:
        """Hear nothing; `start` listens again on the same port."""
        self._server.stop()
        self._living = False
        self._asleep.set()

    def __enter__(self) -> Partner:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        return self._given_url or f"http://127.0.0.1:{self._server.port}"

    @property
    def versions_url(self) -> str:
        return f"{self.base_url}/versions"

    # Who it is.

    @property
    def hub_party(self) -> Party | None:
        return next((each for each in self.parties if each.role == "HUB"), None)

    @property
    def behind(self) -> tuple[Party, ...]:
        """Parties that exist only behind this hub."""
        return BEHIND_THE_HUB if self.hub_party else ()

    def acting(self, module: str, side: str) -> Party:
        """The party of ours that serves this interface, else the first."""
        ours = [each for each in self.parties if parties.serves(each.role, module, side)]
        return ours[0] if ours else self.parties[0]

    def offered(self, version: str) -> list[tuple[str, str]]:
        return parties.offers(self.parties, version)

    def version_list(self) -> list[Object]:
        return [{"version": each, "url": f"{self.base_url}/{each}"} for each in self.versions]

    def version_details(self, version: str) -> Object:
        base = f"{self.base_url}/{version}"
        if self.conduct.breaks("urls_without_version"):
            base = f"{self.base_url}/api"
        rows = [("credentials", "SENDER", f"{base}/credentials")]
        for module, side in self.offered(version):
            rows.append((module, side, f"{base}/{'out' if side == 'SENDER' else 'in'}/{module}"))
        endpoints = [{"identifier": module, "role": side, "url": url} for module, side, url in rows]
        if version == "2.1.1":
            for each in endpoints:
                del each["role"]
        return {"version": version, "endpoints": endpoints}

    # What it holds.

    def plant(self) -> None:
        """The small network, and nothing else."""
        self.holdings.empty()
        self._planted = self._clock()
        self.holdings.plant((*self.parties, *self.behind), self._planted)

    def forget(self, connections: bool = False) -> None:
        """Begin anew."""
        for each in (self.charges, self.reservations, self.pending, self.profiles, self.preferences):
            each.clear()
        if connections:
            self.peers = Peers()
        if self._data:
            self.plant()
        else:
            self.holdings.empty()
        for peer in self.peers.registered():
            life.remember(self, peer)

    @property
    def planted_text(self) -> str:
        return date_time(self._planted)

    def find_own(self, module: str, key: str) -> Object | None:
        return self.holdings.find_own(module, key)

    def written(self, module: str, thing: Object, version: str) -> Object:
        """As this version has it, and as we were told to spoil it."""
        made = written(module, thing, version, self.find_own)
        for each in self.conduct.at("object", module, ""):
            each.do(module, version, made)
        return made

    def visible(self, asked: Asked) -> list[Object]:
        """What of ours this peer may see; Sessions and CDRs are for the eMSP whose Token was used."""
        things = list(self.holdings.own[asked.module].values())
        if asked.module not in ("sessions", "cdrs") or asked.peer is None:
            return things
        if asked.version == "2.1.1":
            things = [each for each in things if not each.get("credit")]
        keys = {(each.get("country_code"), each.get("party_id")) for each in asked.peer.roles}
        if not any(each.get("role") in ("EMSP", "OTHER") for each in asked.peer.roles):
            return things
        return [
            each
            for each in things
            if (each["cdr_token"]["country_code"], each["cdr_token"]["party_id"]) in keys
        ]

    def own(self, module: str) -> list[Object]:
        """Its own objects of a module, as 2.3.0."""
        return list(self.holdings.own[module].values())

    def held(self, module: str) -> list[Object]:
        """What it was sent or pulled of a module, as it came."""
        return list(self.holdings.received[module].values())

    def heard(self, method: str = "", containing: str = "") -> list[Exchange]:
        """Requests that came, with what was answered."""
        return self.log.find(method, containing, "heard")

    def sent(self, method: str = "", containing: str = "") -> list[Exchange]:
        """Requests of its own, with what was answered."""
        return self.log.find(method, containing, "sent")

    # What it does.

    def do(self, verb: str, **fields: Any) -> Any:
        """What `POST /do` does. Raises VerbFailed."""
        return verbs.run(self, verb, fields)

    def now(self) -> datetime:
        return self._clock() - self.lag

    def now_text(self) -> str:
        return date_time(self.now())

    def later(self, seconds: float, what: Callable[[], Any]) -> None:
        """Do it after the answer of this request is out."""
        timer = threading.Timer(seconds, self._safely, [what])
        timer.daemon = True
        timer.start()

    def _safely(self, what: Callable[[], Any]) -> None:
        """A fault of this sandbox is said on stderr and ends no life of it."""
        try:
            what()
        except Exception:
            log.exception("what was to be done later failed")

    def expect(self, peer: Peer, what: str) -> tuple[str, str]:
        """An id for a request of ours, and the response_url under which its result may come."""
        key = uuid.uuid4().hex[:12]
        self.pending[key] = {"id": key, "request": what, "response": None, "result": None}
        return key, f"{self.base_url}/{peer.version}/results/{key}"

    def reference(self) -> str:
        """An authorization_reference."""
        return f"AUTH-{uuid.uuid4().hex[:12]}"

    def knows(self, asked: Asked) -> bool:
        """Whether a peer asks that may: before it is registered only on versions and credentials."""
        known = self.peers.presenting(asked.request.headers.get("authorization", ""))
        return known is not None and (known[0].state == REGISTERED or not asked.side)

    def taken_for(self, asked: Asked) -> Peer | None:
        """For whom a request with an unknown token is taken, where it was told to be careless."""
        header = asked.request.headers.get("authorization", "")
        uids = {str(each["uid"]) for each in self.own("tokens")}
        if self.conduct.breaks("driver_token_opens") and uids & set(tokens_in(header)):
            return self.peers.all[-1]
        if self.conduct.breaks("any_scheme") and (known := self.peers.presenting(in_any_scheme(header))):
            return known[0]
        name = "accepts_wrong_token" if header else "accepts_no_token"
        if not self.conduct.breaks(name, asked.module):
            return None
        return self.peers.all[-1] if self.peers.all else Peer("anybody")

    def connected(self, peer: Peer) -> None:
        """A handshake is through."""
        if self._data:
            life.remember(self, peer)
        if self.hub_party:
            self.later(0.02, lambda: exchange.introduce(self, peer))
        if self._pulls:
            self.later(0.05, lambda: self._pull(peer))

    def _pull(self, peer: Peer) -> None:
        with contextlib.suppress(verbs.VerbFailed):  # the log shows it
            self.do("pull", peer=peer.name)
