"""What the events of a month use: write and read units and log lines, counted with objects of usual size.

`python -m deploy.costs --count` keeps the figures in `deploy/counted.json`; what a month costs is computed
from them.
"""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any
from unittest import mock

from bench.meter import Meter
from bench.samples import location
from chalicelib.ocpi import jsontext
from chalicelib.store import partners
from tests import samples

Figures = dict[str, float]

EACH = 10
EVSE = "3256"
UPDATES = 8
PERIODS = 50
OURS = {"role": "CPO", "country_code": "NL", "party_id": "EXA", "business_details": {"name": "Example"}}
SETTINGS = {
    "OCPI_PARTIES": json.dumps([OURS, {**OURS, "role": "EMSP", "party_id": "EXM"}]),
    "OCPI_ALLOW_PRIVATE_URLS": "1",
    "OCPI_BASE_URL": "https://ocpi.example.com",
    "OCPI_PULL_INTERVAL": "0",
    "OCPI_STAGE": "bench",
}


def measure() -> list[tuple[str, str, str]]:
    """The figures as rows."""
    return [(f"month: {name.replace('_', ' ')}", f"{value:g}", "-") for name, value in count().items()]


def count() -> Figures:
    """Per event: units and KB of log, by name."""
    from moto import mock_aws

    from localrun.lighter_moto import lighten
    from tests.harness import Hand

    lighten()
    with mock_aws():
        hand = Hand(SETTINGS)
        partner = hand.register_partner()
        counting = _Counting(hand)
        try:
            found = {**counting.our_status(), **counting.their_status(partner), **counting.our_session()}
        finally:
            hand.close()
        hub = Hand({**SETTINGS, "OCPI_PARTIES": json.dumps([{**OURS, "role": "HUB"}])})
        hub.empty()
        try:
            return {**found, **_Counting(hub).forward()}
        finally:
            hub.close()


class _Counting:
    """A platform by hand, and what it used since the last look."""

    def __init__(self, hand: Any) -> None:
        from localrun.emulator import mocked_clients

        self._hand = hand
        clients = hand.platform.clients
        shadow = mocked_clients({"AWS_REGION": "eu-central-1", **SETTINGS}).dynamodb
        self._meter = Meter(clients.dynamodb, shadow)

    def _used(self, name: str, work: Any, times: int) -> Figures:
        usage = self._meter.watch()
        # However slow this machine, partners are known from the cache.
        warm = mock.patch.multiple(partners, CACHE_SECONDS=3600, SEEN_WITHIN=3600)
        with warm, contextlib.redirect_stdout(io.StringIO()) as log:
            work()
        lines = log.getvalue().splitlines()
        # CloudWatch Logs reckons 26 bytes beside each line.
        size = sum(len(line.encode()) + 26 for line in lines) / 1000
        return {
            f"{name}_writes": round(usage.write / times, 2),
            f"{name}_reads": round(usage.read / times, 2),
            f"{name}_log_kb": round(size / times, 2),
        }

    def _drain(self) -> None:
        self._hand.drain(sweep=False)

    def our_status(self) -> Figures:
        """An EVSE's status that our back end tells us, and one partner hears."""
        operate = self._hand.operate
        locations = [_location(f"L{at}", "NL", "EXA") for at in range(EACH)]
        with contextlib.redirect_stdout(io.StringIO()):
            operate("put", module="locations", objects=locations)
            self._drain()
            self._statuses(operate, 1)
            self._drain()
        found = self._used("our_status", lambda: self._statuses(operate, 2), EACH)
        return {**found, **self._used("delivery", self._drain, EACH)}

    @staticmethod
    def _statuses(operate: Any, minute: int) -> None:
        status = ("AVAILABLE", "CHARGING")[minute % 2]
        for at in range(EACH):
            changes = {"status": status, "last_updated": _later(minute)}
            operate("patch", module="locations", id=f"L{at}", evse_uid=EVSE, changes=changes)

    def forward(self) -> Figures:
        """A change of a Session that a hub passes on from its CPO to its eMSP."""
        cpo, emsp = (
            self._hand.register_partner([role]) for role in (*samples.CPO_ROLES, *samples.EMSP_ROLES)
        )
        named = {"OCPI-from-country-code": "BE", "OCPI-from-party-id": "BEC"}
        named |= {"OCPI-to-country-code": "DE", "OCPI-to-party-id": "MSP"}

        def updates() -> None:
            for at in range(EACH):
                body = {"kwh": at, "last_updated": _later(at + 2)}
                url = "/ocpi/2.2.1/receiver/sessions/BE/BEC/S1"
                answer = self._hand.ask("PATCH", url, token=cpo.token, body=body, headers=named)
                assert answer.code == 1000, answer.text

        with contextlib.redirect_stdout(io.StringIO()):
            self._drain()
            updates()
            self._drain()
        assert emsp.received
        return self._used("forward", updates, EACH)

    def their_status(self, partner: Any) -> Figures:
        """An EVSE's status that a partner tells us; the back end hears of it."""
        url = "/ocpi/2.2.1/receiver/locations/BE/BEC/THEIRS"

        def statuses() -> None:
            for at in range(EACH):
                status = ("CHARGING", "AVAILABLE")[at % 2]
                body = {"status": status, "last_updated": _later(at + 2)}
                answer = self._hand.ask("PATCH", f"{url}/{EVSE}", token=partner.token, body=body)
                assert answer.code == 1000, answer.text

        whole = jsontext.dumps(_location("THEIRS", "BE", "BEC"))
        with contextlib.redirect_stdout(io.StringIO()):
            assert self._hand.ask("PUT", url, token=partner.token, body=whole).code == 1000
            self._drain()
        return self._used("their_status", statuses, EACH)

    def our_session(self) -> Figures:
        """A session's life: begun, updated, completed, and its CDR; what one partner is told is extra."""
        operate = self._hand.operate

        def live() -> None:
            for at in range(UPDATES):
                operate("put", module="sessions", object=_session(at))
            periods = [samples.period(at % 60) for at in range(PERIODS)]
            operate("put", module="cdrs", object=samples.cdr("C1", charging_periods=periods))

        found = self._used("session", live, 1)
        with contextlib.redirect_stdout(io.StringIO()):
            self._drain()
        return found


def _location(id_: str, country: str, party: str) -> dict[str, Any]:
    return {**location(10), "id": id_, "country_code": country, "party_id": party}


def _later(minutes: int) -> str:
    """So many minutes after the samples were made."""
    return f"2026-03-02T13:{minutes:02}:00Z"


def _session(at: int) -> dict[str, Any]:
    return samples.session("S1", periods=at + 1, last_updated=samples.later(at), kwh=at)
