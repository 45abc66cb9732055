"""The trial of pulls: three hostile partners are crawled by a platform that is killed meanwhile."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Any

from localrun.emulator import Ministack
from tests import samples
from tests.faults.hostile import SILENCE
from tests.faults.trial import Process, register, shorten
from tests.stub import Canned, PartnerStub, Received

PARTIES = [
    {"role": "EMSP", "country_code": "NL", "party_id": "EXM", "business_details": {"name": "Example"}},
]
PARTNERS = [("2.2.1", "BE", "ONE"), ("2.1.1", "BE", "TWO"), ("2.3.0", "BE", "TRE")]
PAGE = 20


@dataclass
class Verdict:
    """What the trial found out."""

    objects: int
    requests: int
    faults: int
    kills: int
    begun: int
    differences: list[str]

    def __str__(self) -> str:
        return (
            f"{self.objects} objects fetched by {self.requests} requests, {self.faults} failed on purpose, "
            f"{self.kills} kills, {self.begun} crawls; differences {self.differences[:8]}"
        )


class Crawled:
    """A partner whose pages fail, repeat, shrink, lie about the total and lack their link."""

    def __init__(self, stub: PartnerStub, country: str, party: str, many: int, seed: int) -> None:
        self.stub = stub
        self.party = f"{country}/{party}"
        self.faulty = 0.0
        self.gone: set[str] = set()
        self.requests = self.faults = 0
        self._random = random.Random(seed)
        self._silences = 1
        owner = {} if stub.version == "2.1.1" else {"country_code": country, "party_id": party}
        stub.objects["tariffs"] = [_tariff(f"T{at}") | owner for at in range(many)]
        self.ids = {each["id"] for each in stub.objects["tariffs"]}
        stub.page_limit = PAGE
        stub.script(self._decide)

    def _decide(self, request: Received) -> Canned | None:
        if not request.path.endswith("/sender/tariffs"):
            return None
        self.requests += 1
        if self._random.random() < self.faulty:
            self.faults += 1
            return self._fault(request)
        offset = int(request.query.get("offset", 0))
        if offset > PAGE and self._random.random() < 0.1 * (self.faulty > 0):
            removed = self.stub.objects["tariffs"].pop(self._random.randrange(offset))
            self.gone.add(removed["id"])
        return None

    def _fault(self, request: Received) -> Canned:
        kinds = ["reset", "repeat", "total", "no link"]
        kinds += ["silence", "elsewhere"] if self._silences else []
        kind = self._random.choice([*kinds, *("canned",) * 8])
        if kind == "reset":
            raise ConnectionResetError("as the test wants it")
        if kind == "silence":
            self._silences -= 1
            return Canned(status=500, delay=SILENCE)
        if kind in ("total", "no link"):
            page = self.stub._page(request, "tariffs")
            if kind == "total":
                page.headers["X-Total-Count"] = str(self._random.choice([0, 1, PAGE, 10_000]))
            else:
                page.headers.pop("Link", None)
            return page
        if kind in ("repeat", "elsewhere"):
            host = self.stub.url("SENDER", "tariffs") if kind == "repeat" else "http://127.0.0.9:1/tariffs"
            asked = "&".join(f"{name}={value}" for name, value in request.query.items())
            return Canned(data=[], headers={"Link": f'<{host}?{asked}>; rel="next"', "X-Total-Count": "3"})
        return self._random.choice(
            [
                Canned(status=500),
                Canned(body=b"<html>"),
                Canned(body=b'{"data": [{"id": "L'),
                Canned(code=3000),
                Canned(status=429, headers={"Retry-After": "1"}),
                Canned(data={"not": "a list"}),
            ]
        )


def run(many: int, kills: int, *, faulty: float = 0.35, patience: float = 240, seed: int = 1) -> Verdict:
    """Crawl so many objects of each partner, killed in between, until all that stayed are held."""
    chance = random.Random(seed)
    emulator = Ministack()
    emulator.start()
    partners = [
        Crawled(
            PartnerStub(
                [{"role": "CPO", "country_code": country, "party_id": party}],
                version,
                name=party,
                own_token=party,
            ),
            country,
            party,
            many,
            seed + at,
        )
        for at, (version, country, party) in enumerate(PARTNERS)
    ]
    process = Process(emulator.endpoint, PARTIES)
    try:
        process.start()
        shorten(emulator)
        for each in partners:
            each.faulty = faulty
            register(process, each.stub)
        begun, killed = _crawl(process, partners, chance, kills, patience)
        return Verdict(
            objects=sum(len(_held(process, each)) for each in partners),
            requests=sum(each.requests for each in partners),
            faults=sum(each.faults for each in partners),
            kills=killed,
            begun=begun,
            differences=[
                f"{each.party} {id}"
                for each in partners
                for id in sorted(each.ids - each.gone - _held(process, each))
            ],
        )
    finally:
        process.kill()
        for each in partners:
            each.stub.down()
        emulator.stop()


def _crawl(
    process: Process, partners: list[Crawled], chance: random.Random, kills: int, patience: float
) -> tuple[int, int]:
    """Until a crawl of every partner is complete that began after all had; how many were begun."""
    began = time.monotonic()
    waiting = {each.stub.id: each for each in partners}
    for id in waiting:
        process.surely("pull", partner=id, module="tariffs", full=True)
    begun, killed = len(waiting), 0
    while waiting and time.monotonic() - began < patience:
        time.sleep(chance.uniform(0.2, 1.0))
        if killed < kills:
            process.kill()
            killed += 1
            process.start()
        for id in list(waiting):
            (pull,) = process.surely("pulls", partner=id, module="tariffs")["pulls"]
            if pull["state"] == "COMPLETED":
                del waiting[id]
            elif pull["state"] == "FAILED":  # its reason is shown; whoever wants it begins again
                process.surely("pull", partner=id, module="tariffs", full=True)
                begun += 1
    assert not waiting, [process.do("pulls", partner=id) for id in waiting]
    return begun, killed


def _held(process: Process, partner: Crawled) -> set[str]:
    found: set[str] = set()
    more: dict[str, Any] = {}
    while True:
        page = process.surely("list", module="tariffs", party=partner.party, limit=500, **more)
        found |= {each["id"] for each in page["objects"]}
        if not page["cursor"]:
            return found
        more = {"cursor": page["cursor"]}


def _tariff(id: str) -> dict[str, Any]:
    element = {"price_components": [{"type": "ENERGY", "price": 0.35, "step_size": 1}]}
    return {"id": id, "currency": "EUR", "elements": [element], "last_updated": samples.AT}
