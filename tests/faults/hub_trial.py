"""The trial of a hub: two CPOs broadcast through it to three hostile eMSPs, and it is killed meanwhile.

One of the eMSPs has no agreement with one of the CPOs. Each ends with the present state of everything it has
an agreement for; nothing of the others, and no Session or CDR of a customer that is not its own, ever comes.
"""

from __future__ import annotations

import base64
import json
import random
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from localrun.emulator import Ministack
from tests import samples
from tests.faults.hostile import Hostile
from tests.faults.trial import PARTNERS, Process, Truth, Verdict, register, shorten
from tests.stub import PartnerStub

HUB = {"role": "HUB", "country_code": "NL", "party_id": "HUB", "business_details": {"name": "Hub"}}
CPOS = (("NL", "CPA"), ("BE", "CPB"))
# Who has no agreement: the CPO and the eMSP.
APART = ("BE/CPB", "FR/OLD")


def apart(owner: str, party: str) -> bool:
    """Whether this CPO ("CPB") and eMSP ("OLD") have no agreement."""
    return (owner, party) == (APART[0][3:], APART[1][3:])


@dataclass
class HubTruth(Truth):
    """What was broadcast; `senders` are the connections of the CPOs, by party_id."""

    process: Process | None = None
    senders: dict[str, PartnerStub] = field(default_factory=dict)
    sent: int = 0

    def ask(self, owner: str, method: str, path: str, body: Any, to: str = "NL/HUB") -> int:
        """A request of a CPO's; the OCPI code, 0 where there was no answer."""
        assert self.process is not None
        stub = self.senders[owner]
        country, receiver = next(each[0] for each in CPOS if each[1] == owner), to.split("/")
        headers = {
            "Authorization": f"Token {base64.b64encode(stub.token.encode()).decode()}",
            "Content-Type": "application/json",
            "OCPI-from-country-code": country,
            "OCPI-from-party-id": owner,
            "OCPI-to-country-code": receiver[0],
            "OCPI-to-party-id": receiver[1],
        }
        url = f"http://127.0.0.1:{self.process.port}/ocpi/2.2.1/receiver/{path}"
        text = json.dumps(body, default=float).encode() if body is not None else None
        try:
            request = urllib.request.Request(url, text, headers, method=method)
            with urllib.request.urlopen(request, timeout=40) as answer:
                return int(json.load(answer)["status_code"])
        except urllib.error.HTTPError as refused:
            return 1000 if method == "DELETE" and refused.code == 404 else 0
        except (OSError, ValueError, KeyError):
            return 0

    def surely(self, owner: str, method: str, path: str, body: Any = None) -> None:
        """The same, broadcast, until the hub has taken it."""
        until = time.monotonic() + 90
        while self.ask(owner, method, path, body) != 1000:
            assert time.monotonic() < until, f"{method} {path} is not taken"
            time.sleep(0.2)
        self.sent += 1

    def create(self, process: Process, many: int) -> None:
        for at in range(many):
            country, owner = CPOS[at % 2]
            id = f"LOC{at}"
            self.locations[id] = samples.location(
                id, 3, country_code=country, party_id=owner, last_updated=self.now()
            )
            self.surely(owner, "PUT", f"locations/{country}/{owner}/{id}", self.locations[id])

    def _status(self, process: Process) -> None:
        location = self.random.choice(list(self.locations.values()))
        evse = self.random.choice(location["evses"])
        evse |= {
            "status": self.random.choice(["AVAILABLE", "CHARGING", "BLOCKED", "OUTOFORDER"]),
            "last_updated": self.now(),
        }
        changes = {name: evse[name] for name in ("status", "last_updated")}
        self.surely(location["party_id"], "PATCH", f"locations/{_path(location)}/{evse['uid']}", changes)

    def _name(self, process: Process) -> None:
        location = self.random.choice(list(self.locations.values()))
        location |= {"name": f"Name {self.tick}", "last_updated": self.now()}
        self.surely(location["party_id"], "PUT", f"locations/{_path(location)}", location)

    def _tariff(self, process: Process) -> None:
        at = self.random.randrange(6)
        (country, owner), id = CPOS[at % 2], f"T{at}"
        path = f"tariffs/{country}/{owner}/{id}"
        if id in self.tariffs and self.random.random() < 0.3:
            del self.tariffs[id]
            self.surely(owner, "DELETE", path)
            return
        found = samples.tariff(
            id, country_code=country, party_id=owner, currency=self.random.choice(["EUR", "DKK", "SEK"])
        )
        found.pop("tax_included")
        self.tariffs[id] = {**found, "last_updated": self.now()}
        self.surely(owner, "PUT", path, self.tariffs[id])

    def _session(self, process: Process) -> None:
        self._pass_on("sessions")

    def _cdr(self, process: Process) -> None:
        self._pass_on("cdrs")

    def _pass_on(self, module: str) -> None:
        """To its eMSP, or by mistake to another one; what becomes of it is between those two."""
        (country, owner), (_, customer_of, emsp) = self.random.choice(CPOS), self.random.choice(PARTNERS)
        _, named_country, named = self.random.choice(PARTNERS)
        card = {**samples.CARD, "country_code": customer_of, "party_id": emsp}
        more: dict[str, Any] = {"country_code": country, "party_id": owner, "cdr_token": card}
        if module == "sessions":
            id = f"S-{emsp}-{self.random.randrange(8)}"
            body = samples.session(id, 1, last_updated=self.now(), **more)
            self.ask(owner, "PUT", f"sessions/{country}/{owner}/{id}", body, f"{named_country}/{named}")
        else:
            body = samples.cdr(f"C-{emsp}-{self.tick}", last_updated=self.now(), **more)
            self.ask(owner, "POST", "cdrs", body, f"{named_country}/{named}")

    def differences(self, party: str, partner: Hostile) -> list[str]:
        """What a partner lacks of what it may have."""
        found = []
        for id, location in self.locations.items():
            if apart(location["party_id"], party):
                continue
            held = partner.locations.get(id)
            if held is None or held["name"] != location["name"]:
                found.append(f"location {id}")
                continue
            theirs, ours = (
                {each["uid"]: (each["status"], each["last_updated"]) for each in one["evses"]}
                for one in (held, location)
            )
            found += [f"EVSE {id}/{uid}" for uid in ours if theirs.get(uid) != ours[uid]]
        tariffs = partner.objects["tariffs"]
        mine = {id: each for id, each in self.tariffs.items() if not apart(each["party_id"], party)}
        found += [f"tariff {id}" for id in mine.keys() ^ tariffs.keys()]
        both = mine.keys() & tariffs.keys()
        return found + [f"tariff {id}" for id in both if tariffs[id]["currency"] != mine[id]["currency"]]

    def leaks(self, party: str, stub: PartnerStub) -> list[str]:
        """What reached a partner that is not for it, whatever it answered."""
        found = []
        for each in list(stub.received):
            if (
                each.method in ("PUT", "POST", "PATCH")
                and f"/{APART[0]}/" in each.path
                and apart("CPB", party)
            ):
                found.append(f"{each.method} {each.path}")
            if "/sessions/" in each.path and f"/S-{party}-" not in each.path:
                found.append(each.path)
            if each.path.endswith("/receiver/cdrs") and f"C-{party}-" not in str(each.body):
                found.append(str(each.body[:80]))
        return found


def _path(location: dict[str, Any]) -> str:
    return f"{location['country_code']}/{location['party_id']}/{location['id']}"


def run(seconds: float, kills: int, *, faulty: float = 0.3, patience: float = 150, seed: int = 1) -> Verdict:
    """Broadcast changes for so many seconds, then wait until all hold what is true."""
    chance = random.Random(seed)
    emulator = Ministack()
    emulator.start()
    emsps = [
        PartnerStub([_role("EMSP", country, party)], version, name=party, own_token=party)
        for version, country, party in PARTNERS
    ]
    cpos = {
        party: PartnerStub([_role("CPO", country, party)], name=party, own_token=party)
        for country, party in CPOS
    }
    process = Process(emulator.endpoint, [HUB])
    try:
        process.start()
        shorten(emulator)
        for stub in (*cpos.values(), *emsps):
            register(process, stub)
        process.surely("agree", parties=list(APART), allowed=False)
        hostile = {stub.name: Hostile(stub, seed + at) for at, stub in enumerate(emsps)}
        truth = HubTruth(chance, process=process, senders=cpos)
        truth.create(process, 8)
        for each in hostile.values():
            each.faulty = faulty
        killed = _rage(process, truth, emsps, chance, seconds, kills)
        requests = sum(each.requests for each in hostile.values())
        faults = sum(each.faults for each in hostile.values())
        for each in hostile.values():
            each.faulty, each.silences = 0.05, 0
        ended, differences = time.monotonic(), ["?"]
        while differences and time.monotonic() - ended < patience:
            time.sleep(0.5)
            differences = [
                f"{name}: {each}"
                for name, partner in hostile.items()
                for each in truth.differences(name, partner)
            ]
        violations = [f"{name}: {each}" for name, one in hostile.items() for each in one.violations]
        violations += [f"{stub.name}: {each}" for stub in emsps for each in truth.leaks(stub.name, stub)]
        return Verdict(
            truth.sent, requests, faults, killed, time.monotonic() - ended, violations, differences
        )
    finally:
        process.kill()
        for stub in (*cpos.values(), *emsps):
            stub.down()
        emulator.stop()


def _role(name: str, country: str, party: str) -> dict[str, str]:
    return {"role": name, "country_code": country, "party_id": party}


def _rage(
    process: Process,
    truth: HubTruth,
    stubs: list[PartnerStub],
    chance: random.Random,
    seconds: float,
    kills: int,
) -> int:
    """Change things, kill the hub at random moments, and let one eMSP be gone for a while."""
    began, killed = time.monotonic(), 0
    moments = sorted(chance.uniform(0.1, 0.9) * seconds for _ in range(kills))
    while (passed := time.monotonic() - began) < seconds:
        if moments and passed > moments[0]:
            moments.pop(0)
            process.kill()
            killed += 1
            process.start()
        stubs[-1].down() if 0.3 * seconds < passed < 0.7 * seconds else stubs[-1].up()
        truth.change(process)
    stubs[-1].up()
    return killed
