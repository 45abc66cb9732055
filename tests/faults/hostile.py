"""A partner that keeps what it is sent and mistreats whoever sends it."""

from __future__ import annotations

import random
import threading
from typing import Any

from tests.stub import Canned, PartnerStub, Received

# What goes wrong, and how often among the faults. "lost" ones are carried out before the answer goes astray.
FAULTS = {
    "reset": 4,
    "500": 4,
    "429": 3,
    "429 later": 2,
    "3000": 4,
    "html": 3,
    "truncated": 3,
    "lost reset": 4,
    "lost 500": 3,
    "lost truncated": 3,
    "silence": 1,
}
SILENCE = 30.0


class Hostile:
    """One partner: what it holds, and every rule that was broken on the way there."""

    def __init__(self, stub: PartnerStub, seed: int) -> None:
        self.stub = stub
        self.faulty = 0.0
        self.silences = 4
        # A module whose receiver answers 500 while all else answers, and how often it was asked.
        self.failing, self.asked = "", 0
        self.locations: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, dict[str, dict[str, Any]]] = {"sessions": {}, "tariffs": {}, "cdrs": {}}
        self.posted: list[str] = []
        self.violations: list[str] = []
        self.faults = self.requests = 0
        self._newest: dict[str, str] = {}
        self._random = random.Random(seed)
        self._lock = threading.RLock()
        stub.script(self._decide)

    def _decide(self, request: Received) -> Canned | None:
        parts = request.path.strip("/").split("/")
        if "receiver" not in parts or request.method == "GET":
            return None
        with self._lock:
            self.requests += 1
            fault = self._fault()
            if parts[2] == self.failing:
                fault, self.asked = "500", self.asked + 1
            self.faults += fault != ""
            said = None if fault and not fault.startswith("lost") else self._do(request, parts[2], parts[3:])
        return self._say(fault, said)

    def _fault(self) -> str:
        if self._random.random() >= self.faulty:
            return ""
        fault = self._random.choices(list(FAULTS), list(FAULTS.values()))[0]
        if fault == "silence":
            self.silences -= 1
            return fault if self.silences >= 0 else "500"
        return fault

    def _say(self, fault: str, said: Canned | None) -> Canned | None:
        if fault.endswith("reset"):
            raise ConnectionResetError("as the test wants it")
        if fault.endswith("truncated"):
            return Canned(body=b'{"status_code": 1000, "status_mess')
        answers = {
            "": said,
            "500": Canned(status=500),
            "lost 500": Canned(status=500),
            "429": Canned(status=429),
            "429 later": Canned(status=429, headers={"Retry-After": "1"}),
            "3000": Canned(code=3000),
            "html": Canned(body=b"<html>Bad gateway</html>"),
            "silence": Canned(status=500, delay=SILENCE),
        }
        return answers[fault]

    # What a receiver does

    def _do(self, request: Received, module: str, path: list[str]) -> Canned | None:
        body = request.json if request.body else None
        if module == "locations":
            return self._location(request.method, path[2:], body)
        held = self.objects.get(module)
        if held is None:
            return None
        if module == "cdrs":
            id = body["id"]
            self.posted.append(id)
            if id in held and held[id] != body:
                self.violations.append(f"CDR {id} came twice and differs")
            held[id] = body
            location = f"{self.stub.url('RECEIVER', 'cdrs')}/{id}"
            return Canned(status=201, headers={"Location": location})
        id = path[2]
        if request.method == "DELETE":
            return Canned() if held.pop(id, None) else Canned(status=404, code=2001)
        if request.method == "PUT":
            self._in_order(f"{module}/{id}", body)
            held[id] = body
            return Canned(status=201)
        if id not in held:
            return Canned(status=404, code=2001, message="unknown")
        self._in_order(f"{module}/{id}", body)
        periods = held[id].get("charging_periods", [])
        if self.stub.version != "2.1.1" and body.get("charging_periods"):
            body["charging_periods"] = periods + body["charging_periods"]
        held[id].update(body)
        return Canned()

    def _location(self, method: str, path: list[str], body: dict[str, Any]) -> Canned:
        id = path[0]
        if len(path) == 1 and method == "PUT":
            for each in body.get("evses", []):
                self._in_order(f"{id}/{each['uid']}", each)
            self.locations[id] = body
            return Canned(status=201)
        held = self.locations.get(id)
        if held is None:
            return Canned(status=404, code=2003, message="unknown location")
        if len(path) == 1:
            held.update(body)
            return Canned()
        evses = {each["uid"]: each for each in held["evses"]}
        if path[1] not in evses and method == "PATCH":
            return Canned(status=404, code=2003, message="unknown EVSE")
        self._in_order(f"{id}/{path[1]}", body)
        if method == "PUT":
            held["evses"] = [*(each for each in held["evses"] if each["uid"] != path[1]), body]
        else:
            evses[path[1]].update(body)
        return Canned()

    def _in_order(self, what: str, body: dict[str, Any]) -> None:
        """No older state after a newer one (AMB-12)."""
        moment = body["last_updated"]
        if moment < self._newest.get(what, ""):
            self.violations.append(f"{what}: {moment} after {self._newest[what]}")
        self._newest[what] = max(moment, self._newest.get(what, ""))
