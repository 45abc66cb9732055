"""What a hub costs: a forward, a broadcast, a page of a list of several parties' objects.

Units are counted on moto in this process; without kept messages, which `deploy.costs` counts.
"""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

from bench.meter import Meter
from tests import delivering

Row = tuple[str, str, str]
EMSPS, OWNERS, OBJECTS = 4, 3, 10
EACH = 10
HUB = {"role": "HUB", "country_code": "NL", "party_id": "HUB", "business_details": {"name": "Hub"}}
SETTINGS = {
    "OCPI_PARTIES": json.dumps([HUB]),
    "OCPI_ALLOW_PRIVATE_URLS": "1",
    "OCPI_BASE_URL": "https://ocpi.example.com",
    "OCPI_STAGE": "bench",
    "OCPI_MESSAGES": "none",
}


def measure() -> list[Row]:
    """The rows of design section 12."""
    from moto import mock_aws

    from localrun.emulator import share_stream_records
    from tests.conftest import Hand

    share_stream_records()
    with contextlib.redirect_stdout(io.StringIO()), mock_aws():
        hub = Hand(SETTINGS)
        try:
            return _Hub(hub).rows()
        finally:
            hub.close()


class _Hub:
    """A hub by hand, eMSPs and CPOs with it."""

    def __init__(self, hub: Any) -> None:
        from localrun.emulator import mocked_clients

        self._hub = hub
        shadow = mocked_clients({"AWS_REGION": "eu-central-1", **SETTINGS}).dynamodb
        self._meter = Meter(hub.platform.clients.dynamodb, shadow)
        self._emsps = [self._join("EMSP", f"M{at:02}") for at in range(EMSPS)]
        self._cpos = [self._join("CPO", f"C{at:02}") for at in range(OWNERS)]
        self._drain()

    def rows(self) -> list[Row]:
        """Broadcast, GET-all, forward."""
        for at, cpo in enumerate(self._cpos):
            for number in range(OBJECTS):
                body = delivering.location(f"L{number}", 0, country_code="NL", party_id=f"C{at:02}")
                self._ask(cpo, "PUT", f"receiver/locations/NL/C{at:02}/L{number}", f"C{at:02}", "HUB", body)
        self._drain()
        return [*self._broadcast(), *self._get_all(), *self._forward()]

    def _broadcast(self) -> list[Row]:
        for each in self._emsps:
            each.received.clear()
        changed = {"name": "Elsewhere", "last_updated": delivering.later(5)}
        self._ask(self._cpos[0], "PATCH", "receiver/locations/NL/C00/L0", "C00", "HUB", changed)
        usage = self._meter.watch()
        self._drain()
        sent = sum(each.method != "GET" for emsp in self._emsps for each in emsp.received)
        return [
            (f"a broadcast to {EMSPS}: requests", str(sent), str(EMSPS)),
            ("  write units a leg", f"{usage.write / EMSPS:.2f}", "<= 2.1"),
        ]

    def _get_all(self) -> list[Row]:
        total = OWNERS * OBJECTS
        pages = [self._page(0), self._page(total - EACH)]
        first, last = (f"{each:.1f}" for each in pages)
        return [
            (f"a page of a list of {OWNERS} parties: read units, first and last", f"{first}, {last}", "same")
        ]

    def _page(self, offset: int) -> float:
        """Read units, the partners known: they are read again every ten seconds, whoever asks."""
        path = f"sender/locations?offset={offset}&limit={EACH}"
        found = []
        for _ in range(3):
            usage = self._meter.watch()
            self._ask(self._emsps[0], "GET", path, "M00", "HUB")
            found.append(usage.read)
        return min(found)

    def _forward(self) -> list[Row]:
        def updates() -> None:
            for at in range(EACH):
                body = {"kwh": at, "last_updated": delivering.later(at)}
                self._ask(self._cpos[0], "PATCH", "receiver/sessions/NL/C00/S1", "C00", "M00", body)

        updates()
        usage = self._meter.watch()
        updates()
        units = f"{usage.write / EACH:.1f} WU, {usage.read / EACH:.1f} RU"
        return [("a forward, authentication and directory included", units, "<= 1 WU, 1 RU beside")]

    def _join(self, role: str, party: str) -> Any:
        return self._hub.register_partner([{"role": role, "country_code": "NL", "party_id": party}])

    def _drain(self) -> None:
        self._hub.drain(sweep=False, most=100_000)

    def _ask(self, partner: Any, method: str, path: str, sender: str, to: str, body: Any = None) -> None:
        headers = {"OCPI-from-country-code": "NL", "OCPI-from-party-id": sender}
        headers |= {"OCPI-to-country-code": "NL", "OCPI-to-party-id": to}
        answer = self._hub.ask(method, f"/ocpi/2.2.1/{path}", partner.token, body, headers)
        assert answer.code == 1000, answer.text
