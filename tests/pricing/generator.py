"""CDRs and the Tariffs that price them, at random, full of edges.

Every choice is drawn from the `random.Random` that is handed over, so a seed repeats
a case and hypothesis (`st.randoms`) can shrink one. What is left out is what no rule
decides: power restrictions over periods without energy, restrictions other than the
clock's on reservations, negative time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.pricing.naive import DAYS

ZONES = [
    "UTC",
    "Europe/Amsterdam",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
]
MORNINGS = [
    datetime(2026, 3, 2, tzinfo=UTC),
    datetime(2026, 3, 28, 22, tzinfo=UTC),  # the night in which Europe's clocks go forward
    datetime(2026, 10, 24, 22, tzinfo=UTC),  # and back
    datetime(2026, 12, 31, 18, tzinfo=UTC),
    datetime(2028, 2, 28, 20, tzinfo=UTC),
]
TIMES = ["00:00", "00:01", "06:00", "09:00", "12:00", "17:00", "18:30", "20:00", "23:59"]
STEPS = [0, 1, 1, 1, 7, 60, 300, 500, 600, 900, 1000, 1800]
PRICES = ["0", "0.05", "0.2", "0.25", "0.3333", "0.492", "1", "1.2", "2.5", "5", "7.4999"]
RATES = [None, "0", "5.2", "10", "20", "21"]
VERSIONS = ["2.1.1", "2.2.1", "2.3.0"]


@dataclass(frozen=True)
class Case:
    """What is priced: a CDR with its Tariffs embedded."""

    cdr: dict[str, Any]
    version: str
    time_zone: str
    reservation: str | None = None


def case(random: Random, version: str | None = None) -> Case:
    """One CDR with one to three Tariffs."""
    version = version or random.choice(VERSIONS[:1] + VERSIONS[1:] * 3)
    zone = random.choice(ZONES)
    start = random.choice(MORNINGS) + timedelta(minutes=random.randint(0, 48 * 60))
    if random.random() < 0.3:
        start += timedelta(seconds=random.randint(1, 59))
    periods, end = _periods(random, version, start)
    tariffs = [_tariff(random, version, at, start, zone) for at in range(random.choice([1, 1, 1, 2, 3]))]
    if version != "2.1.1":
        _name_tariffs(random, periods, tariffs)
    if random.random() < 0.1:
        random.shuffle(periods)
    cdr = {
        **({} if version == "2.1.1" else {"country_code": "NL", "party_id": "EXA"}),
        "id": "CDR1",
        "start_date_time": wire(start),
        "stop_date_time" if version == "2.1.1" else "end_date_time": wire(end),
        "currency": "EUR",
        "tariffs": tariffs,
        "charging_periods": periods,
        "total_cost": _zero(version),
        "total_energy": Decimal(0),
        "total_time": Decimal(0),
        "last_updated": wire(end),
    }
    if version != "2.1.1" and random.random() < 0.1:
        cdr["cdr_token"] = {"type": random.choice(["AD_HOC_USER", "RFID"])}
    outcome = random.choice(["used", "expired", "cancelled"]) if random.random() < 0.1 else None
    return Case(cdr, version, zone, outcome)


def wire(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def hours(seconds: int, decimals: int = 4) -> Decimal:
    return round(Decimal(seconds) / 3600, decimals).normalize() + 0


def _zero(version: str) -> Any:
    return {"2.1.1": Decimal(0), "2.2.1": {"excl_vat": Decimal(0)}, "2.3.0": {"before_taxes": Decimal(0)}}[
        version
    ]


def _periods(random: Random, version: str, start: datetime) -> tuple[list[dict[str, Any]], datetime]:
    periods, now = [], start
    shape = random.random()
    reserved = 0 if version == "2.1.1" or shape > 0.35 else random.choice([1, 1, 2])
    charging = 0 if reserved and shape < 0.12 else random.choice([1, 1, 2, 3, 5, 8])
    odd = random.random() < 0.3  # volumes that have little to do with the clock, to the sixth decimal
    for at in range(reserved + charging):
        seconds = random.choice([60, 300, 600, 900, 1200, 1800, 3600, 7200])
        if random.random() < 0.3:
            seconds = random.randint(1, 9000)
        volume = Decimal(random.randint(1, 3_000_000)) / 10**6 if odd else hours(seconds)
        if not volume:
            volume = Decimal("0.0001")
        dimensions = (
            _reserved(random, volume) if at < reserved else _charging(random, version, volume, seconds)
        )
        periods.append({"start_date_time": wire(now), "dimensions": dimensions})
        now += timedelta(seconds=seconds)
    return periods, now


def _reserved(random: Random, volume: Decimal) -> list[dict[str, Any]]:
    found = [_dimension("RESERVATION_TIME", volume if random.random() < 0.95 else Decimal(0))]
    if random.random() < 0.2:
        found.append(_dimension(random.choice(["ENERGY", "TIME"]), Decimal(0)))
    if random.random() < 0.05:
        found.append(_dimension("ENERGY", Decimal(1)))
    return found


def _charging(random: Random, version: str, volume: Decimal, seconds: int) -> list[dict[str, Any]]:
    kwh = Decimal(random.choice([0, 1, 2, 5, 10])) if random.random() < 0.4 else _energy(random)
    kind = random.random()
    if kind < 0.55:
        found = [_dimension("ENERGY", kwh), _dimension("TIME", volume)]
    elif kind < 0.8:
        found = [_dimension("ENERGY", Decimal(0)), _dimension("PARKING_TIME", volume)]
    elif kind < 0.9:
        found = [_dimension("ENERGY", kwh)]
    else:
        part = (volume / 2).quantize(Decimal("0.0001"))
        found = [
            _dimension("ENERGY", kwh),
            _dimension("TIME", part),
            _dimension("PARKING_TIME", volume - part),
        ]
    if random.random() < 0.1:
        found.append(dict(random.choice(found)))  # written twice
    if random.random() < 0.05:
        found = [{**each, "volume": Decimal(0)} for each in found]
    for what in ("CURRENT",) if version == "2.1.1" else ("CURRENT", "POWER"):
        if random.random() < 0.4:
            low, high = sorted(Decimal(random.choice([0, 6, 11, 16, 20, 32, 43, 63])) for _ in "ab")
            sides = random.choice([("MIN", "MAX"), ("MIN", "MAX"), ("MIN",), ("MAX",)])
            found += [_dimension(f"{side}_{what}", low if side == "MIN" else high) for side in sides]
    random.shuffle(found)
    return found


def _energy(random: Random) -> Decimal:
    if random.random() < 0.03:
        return -Decimal(random.randint(1, 9000)) / 1000
    return Decimal(random.randint(0, 400_000)) / 10 ** random.choice([1, 4, 4, 5]) / 10


def _dimension(kind: str, volume: Decimal) -> dict[str, Any]:
    return {"type": kind, "volume": volume}


def _name_tariffs(
    random: Random, periods: Sequence[dict[str, Any]], tariffs: Sequence[dict[str, Any]]
) -> None:
    how = random.random()
    if how < 0.2:
        return
    for period in periods:
        name = random.choice(tariffs)["id"]
        if how < 0.9 or random.random() < 0.7:
            period["tariff_id"] = name.lower() if random.random() < 0.1 else name


def _tariff(random: Random, version: str, at: int, start: datetime, zone: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        **({} if version == "2.1.1" else {"country_code": "NL", "party_id": "EXA"}),
        "id": f"Tariff{at}",
        "currency": "EUR",
        "elements": [_element(random, version, start) for _ in range(random.choice([1, 1, 2, 3, 4, 6]))],
        "last_updated": "2026-01-01T00:00:00Z",
    }
    if version == "2.1.1":
        return found
    if version == "2.3.0":
        found["tax_included"] = random.choice(["NO", "NO", "YES", "YES", "N/A"])
    for name, least, most in (("min_price", 0, 12), ("max_price", 3, 40)):
        if random.random() < 0.2:
            found[name] = _limit(random, version, Decimal(random.randint(least * 10, most * 10)) / 10)
    if random.random() < 0.3:
        found["type"] = random.choice(["REGULAR", "REGULAR", "AD_HOC_PAYMENT", "PROFILE_GREEN"])
    if random.random() < 0.2:
        found["start_date_time"] = wire(start - timedelta(days=random.choice([0, 1, 30])))
    if random.random() < 0.2:
        found["end_date_time"] = wire(start + timedelta(minutes=random.choice([1, 30, 90_000])))
    return found


def _limit(random: Random, version: str, net: Decimal) -> dict[str, Decimal]:
    names = ("excl_vat", "incl_vat") if version == "2.2.1" else ("before_taxes", "after_taxes")
    gross = net * Decimal(random.choice(["1", "1.1", "1.21", "0.9"]))
    return dict(zip(names, (net, gross), strict=True)) if random.random() < 0.6 else {names[0]: net}


def _element(random: Random, version: str, start: datetime) -> dict[str, Any]:
    reservation = version != "2.1.1" and random.random() < 0.2
    kinds = ["FLAT", "TIME"] if reservation else ["ENERGY", "TIME", "PARKING_TIME", "FLAT"]
    chosen = [random.choice(kinds) for _ in range(random.choice([1, 1, 2, 3, 4]))]
    rules: dict[str, Any] = {}
    if random.random() < 0.7:
        _clock(random, rules, start)
        if not reservation:
            _meter(random, rules)
            _electrical(random, version, rules)
    if reservation:
        rules["reservation"] = random.choice(["RESERVATION", "RESERVATION", "RESERVATION_EXPIRES"])
    element: dict[str, Any] = {"price_components": [_component(random, version, kind) for kind in chosen]}
    if rules or random.random() < 0.1:
        element["restrictions"] = rules
    return element


def _component(random: Random, version: str, kind: str) -> dict[str, Any]:
    found = {"type": kind, "price": Decimal(random.choice(PRICES)), "step_size": random.choice(STEPS)}
    rate = random.choice(RATES)
    if version != "2.1.1" and rate is not None:
        found["vat"] = Decimal(rate)
    return found


def _clock(random: Random, rules: dict[str, Any], start: datetime) -> None:
    if random.random() < 0.25:
        rules["start_time"] = random.choice(TIMES)
    if random.random() < 0.25:
        rules["end_time"] = random.choice(TIMES)
    if random.random() < 0.15:
        rules["day_of_week"] = random.sample(DAYS, random.choice([1, 2, 5, 7]))
    if random.random() < 0.08:
        rules["start_date"] = (start + timedelta(days=random.choice([-1, 0, 1]))).date().isoformat()
    if random.random() < 0.08:
        rules["end_date"] = (start + timedelta(days=random.choice([0, 1, 2]))).date().isoformat()


def _meter(random: Random, rules: dict[str, Any]) -> None:
    for name, values in (("kwh", [0, 1, 2, 5, 7, 10, 20]), ("duration", [0, 60, 600, 1800, 3600, 5400])):
        for side in ("min", "max"):
            if random.random() < 0.12:
                value = random.choice(values)
                rules[f"{side}_{name}"] = Decimal(value) if name == "kwh" else value


def _electrical(random: Random, version: str, rules: dict[str, Any]) -> None:
    for name in ("power",) if version == "2.1.1" else ("power", "current"):
        for side in ("min", "max"):
            if random.random() < 0.1:
                rules[f"{side}_{name}"] = Decimal(random.choice([6, 11, 16, 20, 32, 43]))
