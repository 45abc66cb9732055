"""The back end of a fictional CPO: hears events, drives operator actions, knows nothing else.

It is what a charge point management system connected to this platform does,
in small. Charge points are simulated: meters run `speed` times faster than
real ones, and each can be told to refuse or to stay silent.

Contract: docs/backend.md
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from simulator.charging import NOT_ASSIGNED, Charging, Reservation, wire

Operator = Callable[[dict[str, Any]], dict[str, Any]]
Events = Callable[[str], list[dict[str, Any]]]

ACCEPT, REFUSE, SILENT = "accept", "refuse", "silent"
POWER = {"AC_1_PHASE": Decimal("7.4"), "AC_3_PHASE": Decimal(11), "DC": Decimal(50)}
WORKING = ("AVAILABLE", "RESERVED", "UNKNOWN")


class ActionRefused(Exception):
    """The platform refused an action; the message is its own."""


class BackEnd:
    """Charge points and the system that manages them, for the hosted CPO parties of one platform.

    `operator` invokes the operator function, `events` answers the events after
    the one with that id.
    """

    def __init__(self, operator: Operator, events: Events, *, speed: float = 600, tick: float = 0.5) -> None:
        self._operator, self._events = operator, events
        self._speed, self._tick = Decimal(str(speed)), tick
        self._behaviour: dict[str, str] = {}
        self._seen: set[str] = set()
        self._last = ""
        self.running: dict[str, Charging] = {}
        self._reservations: dict[str, Charging] = {}
        self._reserve_requests: dict[str, str] = {}
        self._profiles: dict[str, dict[str, Any]] = {}
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._lock = threading.RLock()

    def behave(self, who: str, how: str) -> None:
        """From now on a command, or an EVSE by its uid, is accepted, refused, or met with silence."""
        self._behaviour[who] = how

    def start(self) -> BackEnd:
        """Work in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        if self._thread:
            self._thread.join(10)

    def __enter__(self) -> BackEnd:
        return self.start()

    def __exit__(self, *problem: object) -> None:
        self.stop()

    def _run(self) -> None:
        due = time.monotonic() + self._tick
        while not self._stopping.is_set():
            try:
                self.hear()
                if time.monotonic() >= due:
                    due = time.monotonic() + self._tick
                    self.meter(self._tick)
            except Exception as problem:
                print(f"simulator: {type(problem).__name__}: {problem}", flush=True)
            self._stopping.wait(0.05)

    def hear(self) -> int:
        """Take up the events that came since the last time; how many those were."""
        events = self._events(self._last)
        for event in events:
            self._last = event["id"]
            detail = exact(event["detail"])
            if detail["event_id"] in self._seen:
                continue
            self._seen.add(detail["event_id"])
            with self._lock:
                if event["detail-type"] == "CommandReceived":
                    self._guarded(self._command, detail)
                elif event["detail-type"] == "ProfileRequested":
                    self._guarded(self._profile, detail)
        return len(events)

    def meter(self, seconds: float) -> None:
        """Let so many seconds of charging pass at every charge point, and reservations expire."""
        now = datetime.now(UTC)
        with self._lock:
            for charging in list(self.running.values()):
                self._guarded(self._charge, charging, now, Decimal(str(seconds)))
            for id, charging in list(self._reservations.items()):
                if charging.reserved_until and charging.reserved_until <= now:
                    self._guarded(self._end_reservation, id, now, True)

    def cancel_reservation(self, reservation_id: str) -> None:
        """The CPO takes a granted reservation back (CMD-20)."""
        with self._lock:
            request = self._reserve_requests[reservation_id]
            self._do("answer_command", id=request, result="CANCELED_RESERVATION")
            self._end_reservation(reservation_id, datetime.now(UTC), False)

    # Commands

    def _command(self, detail: dict[str, Any]) -> None:
        body, command = detail["body"], detail["command"]
        how = self._behaviour.get(body.get("evse_uid", "")) or self._behaviour.get(command, ACCEPT)
        if how == SILENT:
            return
        if how == REFUSE:
            self._answer(detail, "FAILED", "the charge point refused")
            return
        {
            "START_SESSION": self._start_session,
            "STOP_SESSION": self._stop_session,
            "RESERVE_NOW": self._reserve_now,
            "CANCEL_RESERVATION": self._cancel_reservation,
            "UNLOCK_CONNECTOR": self._unlock,
        }[command](detail, body)

    def _start_session(self, detail: dict[str, Any], body: dict[str, Any]) -> None:
        reserved_id, reserved = self._reserved_for(body)
        charging = reserved or self._new(detail, body)
        evse = charging.evse or self._choose(charging.location, body.get("evse_uid"))
        if evse is None:
            self._answer(detail, "REJECTED", "no EVSE is free")
            return
        word = self._unusable(evse, reserved is not None)
        if word:
            self._answer(detail, word)
            return
        self._answer(detail, "ACCEPTED")
        charging.evse, charging.connector = evse, self._connector(evse, body.get("connector_id"))
        charging.tariff = self._tariff(charging)
        charging.started = now = datetime.now(UTC)
        if reserved:
            del self._reservations[reserved_id]
            self._reserve_requests.pop(reserved_id, None)
            charging.reservation = Reservation(charging.created, now)
        charging.reference = body.get("authorization_reference") or charging.reference
        self.running[charging.id] = charging
        self._do("put", module="sessions", object=self._stamped(charging))
        self._status(charging, "CHARGING")

    def _stop_session(self, detail: dict[str, Any], body: dict[str, Any]) -> None:
        charging = self.running.get(body["session_id"])
        if charging is None:
            self._answer(detail, "FAILED", "no such session at a charge point")
            return
        self._answer(detail, "ACCEPTED")
        self._finish(charging)

    def _reserve_now(self, detail: dict[str, Any], body: dict[str, Any]) -> None:
        id = detail["reservation_id"]  # the platform's, unlike the eMSP's own unique here (CMD-43)
        known = self._reservations.get(id)
        charging = known or self._new(detail, body)
        evse = charging.evse if known else self._choose(charging.location, body.get("evse_uid"))
        if evse is None or (not known and self._unusable(evse, False)):
            word = self._unusable(evse, False) if evse else "REJECTED"
            self._answer(detail, word)
            return
        self._answer(detail, "ACCEPTED")
        charging.evse, charging.connector = evse, self._connector(evse, None)
        charging.tariff = self._tariff(charging)
        charging.reserved_until = _moment(body["expiry_date"])
        charging.reference = body.get("authorization_reference") or charging.reference
        self._reservations[id] = charging
        self._reserve_requests[id] = detail["id"]
        self._do("put", module="sessions", object=self._stamped(charging))
        self._status(charging, "RESERVED")

    def _cancel_reservation(self, detail: dict[str, Any], body: dict[str, Any]) -> None:
        if detail["reservation_id"] not in self._reservations:
            self._answer(detail, "UNKNOWN_RESERVATION")
            return
        self._answer(detail, "ACCEPTED")
        self._end_reservation(detail["reservation_id"], datetime.now(UTC), False)

    def _unlock(self, detail: dict[str, Any], body: dict[str, Any]) -> None:
        self._answer(detail, "ACCEPTED")
        for charging in list(self.running.values()):
            if charging.evse and charging.evse["uid"] == body["evse_uid"]:
                self._finish(charging)

    # Charging profiles

    def _profile(self, detail: dict[str, Any]) -> None:
        command, session = detail["command"], detail["session_id"]
        how = self._behaviour.get(command, ACCEPT)
        charging = self.running.get(session)
        if how == SILENT:
            return
        if how == REFUSE or charging is None:
            self._do("answer_profile", id=detail["id"], result="REJECTED")
            return
        if command == "CLEAR_PROFILE":
            known = self._profiles.pop(session, None)
            self._do("answer_profile", id=detail["id"], result="ACCEPTED" if known else "UNKNOWN")
        elif command == "SET_PROFILE":
            self._profiles[session] = detail["body"]["charging_profile"]
            self._do("answer_profile", id=detail["id"], result="ACCEPTED")
        else:
            active = self._active(charging)
            self._do("answer_profile", id=detail["id"], result="ACCEPTED", profile=active)
            return
        charging.limit_kw = _limit(self._profiles.get(session))
        self._do("active_profile", session_id=session, profile=self._active(charging))

    def _active(self, charging: Charging) -> dict[str, Any]:
        """What is in force: the profile, else what the EVSE can do at most (CHP-34)."""
        most = {
            "charging_rate_unit": "W",
            "charging_profile_period": [{"start_period": 0, "limit": _power(charging.connector) * 1000}],
        }
        profile = self._profiles.get(charging.id, most)
        return {"start_date_time": wire(datetime.now(UTC)), "charging_profile": profile}

    # What a charge point does

    def _charge(self, charging: Charging, now: datetime, seconds: Decimal) -> None:
        power = _power(charging.connector)
        if charging.limit_kw is not None:
            power = min(power, charging.limit_kw)
        kwh = (power * self._speed * seconds / 3600).quantize(Decimal("0.001"))
        period = charging.meter(now, kwh, power)
        if period:
            changes = {
                "kwh": charging.kwh,
                "total_cost": charging.totals()["total_cost"],
                "charging_periods": [period],
            }
            self._do("patch", module="sessions", id=charging.id, changes=changes)

    def _finish(self, charging: Charging) -> None:
        """Unplugged: the session is complete, its CDR is made, the EVSE is free."""
        now = datetime.now(UTC)
        charging.meter(now, Decimal(0), Decimal(0))
        charging.ended = now
        self.running.pop(charging.id, None)
        self._profiles.pop(charging.id, None)
        self._do("put", module="sessions", object=self._stamped(charging))
        self._status(charging, "AVAILABLE")
        self._do("put", module="cdrs", object=charging.cdr(now))

    def _end_reservation(self, id: str, now: datetime, expired: bool) -> None:
        """Nobody came: the session ends, and a CDR follows if the reservation cost something (SES-07)."""
        charging = self._reservations.pop(id)
        self._reserve_requests.pop(id, None)
        outcome = "expired" if expired else "cancelled"
        charging.reservation = Reservation(charging.created, now, outcome)
        charging.ended = now
        self._do("put", module="sessions", object=self._stamped(charging))
        self._status(charging, "AVAILABLE")
        if charging.totals()["total_cost"]["before_taxes"]:
            self._do("put", module="cdrs", object=charging.cdr(now))

    def _new(self, detail: dict[str, Any], body: dict[str, Any]) -> Charging:
        party = detail["hosted_party"]
        country, party_id = party.split("/")
        location = self._do("get", module="locations", party=party, id=body["location_id"])["object"]
        return Charging(
            id=uuid.uuid4().hex[:16].upper(),
            party=(country, party_id),
            location=location,
            evse=None,
            connector=None,
            tariff=None,
            token=body["token"],
            created=datetime.now(UTC),
            reference=body.get("authorization_reference") or "",
        )

    def _choose(self, location: Mapping[str, Any], uid: str | None) -> Mapping[str, Any] | None:
        """The EVSE asked for, else a free one (CMD-39, CMD-40)."""
        for evse in location.get("evses") or []:
            if uid is None and evse["status"] == "AVAILABLE" and not self._taken(evse):
                return dict(evse)
            if uid is not None and evse["uid"].upper() == uid.upper():
                return dict(evse)
        return None

    def _unusable(self, evse: Mapping[str, Any], reserved: bool) -> str:
        """Why it cannot charge, as a result, or nothing."""
        if any(each.evse and each.evse["uid"] == evse["uid"] for each in self.running.values()):
            return "EVSE_OCCUPIED"
        if reserved:
            return ""
        if self._taken(evse) or evse["status"] in ("CHARGING", "BLOCKED", "RESERVED"):
            return "EVSE_OCCUPIED"
        return "" if evse["status"] in WORKING else "EVSE_INOPERATIVE"

    def _taken(self, evse: Mapping[str, Any]) -> bool:
        known: Iterable[Charging] = [*self.running.values(), *self._reservations.values()]
        return any(each.evse and each.evse["uid"] == evse["uid"] for each in known)

    def _reserved_for(self, body: Mapping[str, Any]) -> tuple[str, Charging | None]:
        """The reservation this token has there, whose session goes on (SES-06)."""
        for id, charging in self._reservations.items():
            if (
                charging.location["id"] == body["location_id"]
                and charging.token["uid"] == body["token"]["uid"]
                and (not body.get("evse_uid") or (charging.evse or {}).get("uid") == body["evse_uid"])
            ):
                return id, charging
        return "", None

    def _connector(self, evse: Mapping[str, Any], id: str | None) -> Mapping[str, Any]:
        connectors: list[dict[str, Any]] = evse["connectors"]
        return next((each for each in connectors if each["id"] == id), connectors[0])

    def _tariff(self, charging: Charging) -> Mapping[str, Any] | None:
        """The connector's first tariff that is known, as it is now (CDR-20)."""
        for id in (charging.connector or {}).get("tariff_ids") or []:
            try:
                tariff: dict[str, Any] = self._do(
                    "get", module="tariffs", party="/".join(charging.party), id=id
                )["object"]
            except ActionRefused:
                continue
            return tariff
        return None

    def _status(self, charging: Charging, status: str) -> None:
        if charging.evse and charging.evse["uid"] != NOT_ASSIGNED:
            self._do(
                "patch",
                module="locations",
                id=charging.location["id"],
                evse_uid=charging.evse["uid"],
                changes={"status": status},
            )

    def _stamped(self, charging: Charging) -> dict[str, Any]:
        return {**charging.session(), "last_updated": wire(datetime.now(UTC))}

    def _answer(self, detail: dict[str, Any], result: str, message: str = "") -> None:
        more = {"message": message} if message else {}
        self._do("answer_command", id=detail["id"], result=result, **more)

    def _do(self, action: str, **fields: Any) -> Any:
        answer = self._operator({"action": action, **fields})
        if not answer["ok"]:
            raise ActionRefused(f"{action}: {answer['error']}")
        return exact(answer["data"])

    def _guarded(self, work: Callable[..., None], *arguments: Any) -> None:
        """One thing that goes wrong does not stop the others."""
        try:
            work(*arguments)
        except ActionRefused as problem:
            print(f"simulator: {problem}", flush=True)


def exact(value: Any) -> Any:
    """Decoded JSON with Decimals for floats."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {name: exact(item) for name, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return value


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _power(connector: Mapping[str, Any] | None) -> Decimal:
    kind = str((connector or {}).get("power_type", ""))
    return POWER.get(kind, POWER["DC"] if kind.startswith("DC") else POWER["AC_3_PHASE"])


def _limit(profile: Mapping[str, Any] | None) -> Decimal | None:
    """The limit a profile sets for now, in kW; A is per phase, of three (CHP-44)."""
    periods = (profile or {}).get("charging_profile_period") or []
    if not profile or not periods:
        return None
    limit = Decimal(str(periods[0]["limit"]))
    return limit / 1000 if profile["charging_rate_unit"] == "W" else limit * 3 * 230 / 1000
