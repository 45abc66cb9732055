"""The specification's worked examples of pricing (C1 to C40), and answers given in public (I1 to I4).

Each is a Tariff, a session, and what both sides of its total come to in cents, None where the
specification gives none. Errata of the specification stand corrected: C14 is 12.375 / 13.975 (the printed
12.28 multiplies 114 minutes by 1.25 as 2.28), C24 is 0.73, C11 is 5.63 / 6.24.

Spec: mod_tariffs (examples), mod_cdrs_step_size
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from tests.pricing.building import (
    MONDAY,
    SATURDAY,
    V211,
    V221,
    V230,
    Use,
    cdr,
    charge,
    component,
    element,
    energy,
    park,
    reserve,
    tariff,
)

CENT = Decimal("0.01")
WEEKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
WITH_TAX, ALL = (V221, V230), (V211, V221, V230)

START = component("FLAT", "0.50", "20")
KWH = component("ENERGY", "0.25", "10")
MINIMUM = tariff(element(KWH), min_price=("0.50", "0.55"))
MAXIMUM = tariff(
    element(START, KWH), max_price=("10.00", "11.00"), end_date_time="2019-06-30T23:59:59Z", id="16"
)
COMPLEX = tariff(
    element(component("FLAT", "2.50", "15")),
    element(component("TIME", "1.00", "20", 900), max_current=32),
    element(component("TIME", "2.00", "20", 600), min_current=32, day_of_week=WEEKDAYS),
    element(component("TIME", "1.25", "20", 600), min_current=32, day_of_week=["SATURDAY", "SUNDAY"]),
    element(
        component("PARKING_TIME", "5.00", "10", 300),
        start_time="09:00",
        end_time="18:00",
        day_of_week=WEEKDAYS,
    ),
    element(
        component("PARKING_TIME", "6.00", "10", 300),
        start_time="10:00",
        end_time="17:00",
        day_of_week=["SATURDAY"],
    ),
    type="REGULAR",
    id="14",
)
FREE = tariff(element(component("FLAT", "0.00", step=0)))
STEPS = tariff(
    element(
        component("TIME", "1.20", step=1800),
        component("PARKING_TIME", "1.00", step=900),
        start_time="00:00",
        end_time="17:00",
    ),
    element(
        component("TIME", "2.40", step=900),
        component("PARKING_TIME", "1.00", step=900),
        start_time="17:00",
        end_time="20:00",
    ),
    element(component("TIME", "2.40", step=900), start_time="20:00", end_time="00:00"),
)


def reserving(*elements: dict[str, Any]) -> dict[str, Any]:
    return tariff(*elements, element(START, KWH))


HOURLY = reserving(element(component("TIME", "5.00", "20", 60), reservation="RESERVATION"))
FEE = reserving(
    element(component("FLAT", "2.00", "20"), component("TIME", "5.00", "20", 300), reservation="RESERVATION")
)
EXPIRY_FEE = reserving(
    element(component("FLAT", "4.00", "20"), reservation="RESERVATION_EXPIRES"),
    element(component("TIME", "2.00", "20", 600), reservation="RESERVATION"),
)
EXPIRY_TIME = reserving(
    element(component("TIME", "6.00", "20", 600), reservation="RESERVATION_EXPIRES"),
    element(component("TIME", "3.00", "20", 600), reservation="RESERVATION"),
)
POWER = tariff(
    element(component("ENERGY", "0.20", "20"), max_power=16),
    element(component("ENERGY", "0.35", "20"), max_power=32),
    element(component("ENERGY", "0.50", "20")),
)
DURATION = tariff(
    element(component("ENERGY", "0.00", "20"), max_duration=1800),
    element(component("ENERGY", "0.25", "20"), max_duration=3600),
    element(component("ENERGY", "0.40", "20")),
)


def at(hour: int, minute: int, day: datetime = MONDAY) -> datetime:
    return day.replace(hour=hour, minute=minute)


@dataclass(frozen=True)
class Example:
    """`net` and `gross` to the cent; `exact` where the specification says more; `parts` as in the CDR."""

    tariff: dict[str, Any]
    uses: tuple[Use, ...]
    net: str | None
    gross: str | None = None
    start: datetime = MONDAY
    versions: tuple[str, ...] = WITH_TAX
    exact: tuple[str | None, str | None] = (None, None)
    parts: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    billed: dict[str, str] = field(default_factory=dict)  # minutes, or kWh of ENERGY, in all


def both_times(
    step: int, time: str = "1.00", parking: str = "2.00", other: int | None = None
) -> dict[str, Any]:
    return tariff(
        element(component("TIME", time, step=step), component("PARKING_TIME", parking, step=other or step))
    )


def by_energy(step: int) -> dict[str, Any]:
    return tariff(element(component("ENERGY", "0.25", step=step)))


EXAMPLES = {
    "C1": Example(tariff(element(KWH)), (energy("20"),), "5.00", "5.50"),
    "C2": Example(
        tariff(element(START, KWH)),
        (energy("20"),),
        "5.50",
        "6.10",
        parts={"total_fixed_cost": ("0.50", "0.60"), "total_energy_cost": ("5.00", "5.50")},
    ),
    "C3": Example(MINIMUM, (energy("20"),), "5.00", "5.50"),
    "C4": Example(MINIMUM, (energy("1.9"),), "0.50", "0.55", parts={"total_energy_cost": ("0.48", "0.52")}),
    "C5": Example(
        tariff(element(START, KWH, component("PARKING_TIME", "2.00", "20", 900))),
        (energy("20"), park(40)),
        "7.00",
        "7.90",
        parts={"total_parking_cost": ("1.50", "1.80")},
        billed={"PARKING_TIME": "45"},
    ),
    "C6": Example(MAXIMUM, (energy("50"),), "10.00", "11.00", start=MONDAY.replace(year=2019)),
    "C7": Example(MAXIMUM, (energy("30"),), "8.00", "8.85", start=MONDAY.replace(year=2019)),
    "C6 of 38 kWh": Example(
        MAXIMUM, (energy("38"),), "10.00", "11.00", start=MONDAY.replace(year=2019), exact=("10", "11")
    ),
    "C8": Example(tariff(element(component("TIME", "2.00", "10", 60))), (charge(150),), "5.00", "5.50"),
    "C9": Example(
        tariff(element(component("TIME", "3.00", "10", 60), component("PARKING_TIME", "5.00", "20", 300))),
        (charge(150), park(42)),
        "11.25",
        "12.75",
        billed={"TIME": "150", "PARKING_TIME": "45"},
    ),
    "C10": Example(
        tariff(element(component("TIME", "1.90", "5.2", 300)), type="AD_HOC_PAYMENT"),
        (charge(150),),
        "4.75",
        "5.00",
        exact=("4.75", "4.997"),
    ),
    "C11": Example(
        tariff(element(START, component("ENERGY", "0.25", "10", 100)), type="PROFILE_CHEAP"),
        (energy("20.45"),),
        "5.63",
        "6.24",
        exact=("5.625", "6.2375"),
        parts={"total_energy_cost": ("5.13", "5.64"), "total_fixed_cost": ("0.50", "0.60")},
        billed={"ENERGY": "20.5"},
    ),
    "C12": Example(
        tariff(element(START, component("ENERGY", "0.22", "10", 100))),
        (energy("20.45"),),
        "5.01",
        "5.56",
        parts={"total_energy_cost": ("4.51", "4.96")},
    ),
    "C13": Example(
        COMPLEX,
        (charge(165, MAX_CURRENT="16"), park(42)),
        "9.00",
        "10.30",
        parts={
            "total_fixed_cost": ("2.50", "2.88"),
            "total_time_cost": ("2.75", "3.30"),
            "total_parking_cost": ("3.75", "4.13"),
        },
        exact=("9", "10.3"),
    ),
    "C14": Example(
        COMPLEX,
        (charge(114, MIN_CURRENT="43"), park(71)),
        "12.38",
        "13.98",
        start=SATURDAY,
        exact=("12.375", "13.975"),
        parts={"total_parking_cost": ("7.50", "8.25"), "total_time_cost": ("2.38", "2.85")},
        billed={"TIME": "114", "PARKING_TIME": "75"},
    ),
    "C15": Example(FREE, (charge(90, "12.5"), park(15)), "0.00", "0.00"),
    "C16": Example(
        HOURLY,
        (reserve(15), energy("20")),
        "6.75",
        "7.60",
        parts={
            "total_fixed_cost": ("0.50", "0.60"),
            "total_energy_cost": ("5.00", "5.50"),
            "total_reservation_cost": ("1.25", "1.50"),
        },
    ),
    "C17": Example(
        FEE,
        (reserve(13), energy("20")),
        "8.75",
        "10.00",
        parts={
            "total_fixed_cost": ("0.50", "0.60"),
            "total_energy_cost": ("5.00", "5.50"),
            "total_reservation_cost": ("3.25", "3.90"),
        },
        billed={"RESERVATION_TIME": "15"},
    ),
    "C18": Example(
        EXPIRY_FEE,
        (reserve(22), energy("20")),
        "6.50",
        "7.30",
        parts={"total_reservation_cost": ("1.00", "1.20")},
        billed={"RESERVATION_TIME": "30"},
    ),
    "C19": Example(
        EXPIRY_FEE, (reserve(60),), "6.00", "7.20", parts={"total_reservation_cost": ("6.00", "7.20")}
    ),
    "C20": Example(
        EXPIRY_TIME,
        (reserve(22), energy("20")),
        "7.00",
        "7.90",
        parts={"total_reservation_cost": ("1.50", "1.80")},
        billed={"RESERVATION_TIME": "30"},
    ),
    "C21": Example(EXPIRY_TIME, (reserve(90),), "9.00", "10.80", billed={"RESERVATION_TIME": "90"}),
    "C22": Example(
        STEPS,
        (charge(5), charge(5), park(2)),
        "0.55",
        start=at(16, 55),
        versions=ALL,
        parts={"total_time_cost": ("0.30", None), "total_parking_cost": ("0.25", None)},
        billed={"PARKING_TIME": "15"},
    ),
    "C23": Example(STEPS, (charge(25), charge(10)), "1.30", start=at(16, 35), versions=ALL),
    "C24": Example(
        STEPS,
        (charge(12), park(8), park(12)),
        "0.73",
        start=at(19, 40),
        versions=ALL,
        billed={"TIME": "12", "PARKING_TIME": "15"},
        parts={"total_time_cost": ("0.48", None), "total_parking_cost": ("0.25", None)},
    ),
    "C25": Example(
        POWER,
        (energy("1", 10), energy("40", 50), energy("0.5", 7.5)),
        "20.30",
        "24.36",
    ),
    "C25 measured": Example(
        POWER,
        (
            energy("1", 12, MIN_POWER="6", MAX_POWER="6"),
            energy("40", 55, MIN_POWER="48", MAX_POWER="48"),
            energy("0.5", 9, MIN_POWER="4", MAX_POWER="4"),
        ),
        "20.30",
        "24.36",
    ),
    "C26": Example(DURATION, (energy("5", 30), energy("1.2", 10)), "0.30", "0.36"),
    "C27": Example(
        tariff(element(component("TIME", "2.00")), currency="CAD"), (charge(150),), "5.00", versions=(V230,)
    ),
    "C28": Example(
        tariff(element(component("TIME", "2.10")), currency="CAD", tax_included="YES"),
        (charge(150),),
        None,
        "5.25",
        versions=(V230,),
    ),
    "C32": Example(
        both_times(300),
        (charge(21), park(7)),
        "0.68",
        billed={"TIME": "21", "PARKING_TIME": "10"},
        versions=ALL,
    ),
    "C33": Example(
        tariff(
            element(component("ENERGY", "0.20", step=500), end_time="17:00"),
            element(component("ENERGY", "0.27", step=500), start_time="17:00"),
        ),
        (energy("4.3", 60), energy("1.1", 20)),
        "1.18",
        exact=("1.184", None),
        start=at(16, 0),
        billed={"ENERGY": "5.5"},
        versions=ALL,
    ),
    "C34": Example(
        tariff(
            element(component("TIME", "5", step=600), end_time="17:00"),
            element(component("TIME", "7", step=600), start_time="17:00"),
        ),
        (charge(6), charge(22)),
        "3.30",
        start=at(16, 54),
        billed={"TIME": "30"},
        versions=ALL,
    ),
    "C35": Example(
        both_times(600),
        (charge(21), park(16)),
        "1.02",
        billed={"TIME": "21", "PARKING_TIME": "20"},
        versions=ALL,
    ),
    "C36": Example(
        by_energy(1),
        (energy("0.1152"),),
        "0.03",
        exact=("0.029", None),
        billed={"ENERGY": "0.116"},
        versions=ALL,
    ),
    "C37 from 101 Wh": Example(
        by_energy(25), (energy("0.101"),), "0.03", exact=("0.03125", None), billed={"ENERGY": "0.125"}
    ),
    "C37 to 125 Wh": Example(
        by_energy(25), (energy("0.125"),), "0.03", exact=("0.03125", None), billed={"ENERGY": "0.125"}
    ),
    "C38 from 1 Wh": Example(
        by_energy(500), (energy("0.001"),), "0.13", exact=("0.125", None), billed={"ENERGY": "0.5"}
    ),
    "C38 to 500 Wh": Example(
        by_energy(500), (energy("0.5"),), "0.13", exact=("0.125", None), billed={"ENERGY": "0.5"}
    ),
    "C39": Example(both_times(300), (park(8),), "0.33", billed={"PARKING_TIME": "10"}, versions=ALL),
    "C40": Example(both_times(300), (charge(6),), "0.17", billed={"TIME": "10"}, versions=ALL),
    "I1": Example(
        tariff(
            element(component("ENERGY", "2.0", "0", 10_000), max_current=20),
            element(component("ENERGY", "5.0", "0", 10_000), min_current=20),
        ),
        tuple(energy("3", 60, MIN_CURRENT=amps, MAX_CURRENT=amps) for amps in ("10", "40", "10")),
        "29.00",
        "29.00",
        billed={"ENERGY": "10"},
    ),
    "I2": Example(
        both_times(300, other=420), (charge(3), park(6)), "0.28", billed={"TIME": "3", "PARKING_TIME": "7"}
    ),
    "I3": Example(
        tariff(
            element(component("ENERGY", "2", step=8000), end_time="17:00"),
            element(component("ENERGY", "2", step=2000), start_time="17:00", end_time="17:30"),
            element(component("ENERGY", "2", step=5000), start_time="17:30"),
        ),
        (energy("5", 5), energy("2", 30), energy("5", 30)),
        "30.00",
        start=at(16, 55),
        billed={"ENERGY": "15"},
        versions=ALL,
    ),
}
CASES = [(name, version) for name, example in EXAMPLES.items() for version in example.versions]


def made(example: Example, version: str, **more: Any) -> dict[str, Any]:
    return cdr(example.tariff, *example.uses, version=version, start=example.start, **more)


def cents(amount: Any) -> str | None:
    """Half up, as the specification's examples are rounded."""
    if amount is None:
        return None
    if isinstance(amount, Fraction):
        amount = Decimal(amount.numerator) / Decimal(amount.denominator)
    return str(Decimal(amount).quantize(CENT, ROUND_HALF_UP))


def expected(example: Example, version: str) -> tuple[str | None, str | None]:
    """2.1.1 knows no taxes; in 2.2.1 no `vat` means that there is none."""
    if version == V211:
        return example.net, None
    return example.net, example.net if version == V221 and example.gross is None else example.gross
