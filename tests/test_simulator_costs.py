"""The specification's worked cases: S-1 to S-4 of step_size (CDR-50 to CDR-55), T-1 to T-20 of tariffs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from simulator.costs import Reservation, Stretch, bill, decimal

D = Decimal
MONDAY, SATURDAY = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 7, tzinfo=UTC)


def component(kind: str, price: str, vat: str | None = None, step: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind, "price": D(price), "step_size": step}
    return found if vat is None else {**found, "vat": D(vat)}


def element(*components: dict[str, Any], **restrictions: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"price_components": list(components)}
    return {**found, "restrictions": restrictions} if restrictions else found


def tariff(*elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"elements": list(elements), "tax_included": "NO", **more}


def used(
    charging: float = 0,
    parked: float = 0,
    kwh: str = "0",
    at: datetime = MONDAY,
    power: str | None = None,
    current: str | None = None,
) -> list[Stretch]:
    """Minutes of charging, then of parking."""
    middle = at + timedelta(minutes=charging)
    stretches = []
    if charging:
        stretches.append(
            Stretch(
                at,
                middle,
                D(kwh),
                power=None if power is None else D(power),
                current=None if current is None else D(current),
            )
        )
    if parked:
        stretches.append(
            Stretch(middle, middle + timedelta(minutes=parked), parking=True, power=D(0), current=D(0))
        )
    return stretches


def totals(found: Any) -> tuple[Decimal, Decimal]:
    return decimal(found.total.before), decimal(found.total.after)


START = component("FLAT", "0.50", "20")
KWH = component("ENERGY", "0.25", "10")
COMPLEX = tariff(
    element(component("FLAT", "2.50", "15")),
    element(component("TIME", "1.00", "20", 900), max_current=D(32)),
    element(
        component("TIME", "2.00", "20", 600),
        min_current=D(32),
        day_of_week=["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"],
    ),
    element(component("TIME", "1.25", "20", 600), min_current=D(32), day_of_week=["SATURDAY", "SUNDAY"]),
    element(
        component("PARKING_TIME", "5.00", "10", 300),
        start_time="09:00",
        end_time="18:00",
        day_of_week=["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"],
    ),
    element(
        component("PARKING_TIME", "6.00", "10", 300),
        start_time="10:00",
        end_time="17:00",
        day_of_week=["SATURDAY"],
    ),
)
LIMITED = tariff(element(START), element(KWH), max_price={"before_taxes": D(10), "after_taxes": D(11)})
LEAST = tariff(element(KWH), min_price={"before_taxes": D("0.50"), "after_taxes": D("0.55")})
HALF_HOURS = tariff(
    element(component("TIME", "1.20", step=1800), end_time="17:00"),
    element(component("TIME", "2.40", step=900), start_time="17:00"),
    element(component("PARKING_TIME", "1.00", step=900), end_time="20:00"),
)
PLAIN_PARKING = component("PARKING_TIME", "2.00", "20", 900)


def at(hour: int, minute: int, day: datetime = MONDAY) -> datetime:
    return day + timedelta(hours=hour, minutes=minute)


CASES = {
    "T-1": (tariff(element(KWH)), used(60, kwh="20"), "5.00", "5.50"),
    "T-2": (tariff(element(START, KWH)), used(60, kwh="20"), "5.50", "6.10"),
    "T-3": (LEAST, used(60, kwh="1.9"), "0.50", "0.55"),
    "T-4": (tariff(element(START, KWH, PLAIN_PARKING)), used(60, 40, kwh="20"), "7.00", "7.90"),
    "T-5 at the limit": (LIMITED, used(60, kwh="50"), "10.00", "11.00"),
    "T-5 below it": (LIMITED, used(60, kwh="30"), "8.00", "8.85"),
    "T-6": (tariff(element(component("TIME", "2.00", "10", 60))), used(150, 42), "5.00", "5.50"),
    "T-7": (
        tariff(element(component("TIME", "3.00", "10", 60), component("PARKING_TIME", "5.00", "20", 300))),
        used(150, 42),
        "11.25",
        "12.75",
    ),
    "T-8": (tariff(element(component("TIME", "1.90", "5.2", 300))), used(150), "4.75", "4.997"),
    "T-9": (
        tariff(element(START, component("ENERGY", "0.25", "10", 100))),
        used(60, kwh="20.45"),
        "5.625",
        "6.2375",
    ),
    "T-10": (COMPLEX, used(165, 42, at=at(9, 30), current="16"), "9.00", "10.30"),
    "T-11": (COMPLEX, used(114, 71, at=at(13, 30, SATURDAY), current="43"), "12.375", "13.975"),
    "T-16": (HALF_HOURS, used(10, 2, at=at(16, 55)), "0.55", "0.55"),
    "T-17": (HALF_HOURS, used(35, at=at(16, 35)), "1.30", "1.30"),
    "T-18": (HALF_HOURS, used(12, 20, at=at(19, 40)), "0.73", "0.73"),
    "T-20": (
        tariff(
            element(component("ENERGY", "0.00"), max_duration=1800),
            element(component("ENERGY", "0.25"), max_duration=3600),
            element(component("ENERGY", "0.40")),
        ),
        [*used(30, kwh="5"), Stretch(at(0, 30), at(0, 40), D("1.2"))],
        "0.30",
        "0.30",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_session_costs_what_the_specification_computes(case: str) -> None:
    """TAR-11 to TAR-36, AMB-49, AMB-50, AMB-87."""
    by, stretches, before, after = CASES[case]
    assert totals(bill(by, stretches)) == (D(before), D(after))


RESERVING = {
    "T-12": (
        [element(component("TIME", "5.00", "20", 60), reservation="RESERVATION")],
        15,
        False,
        "6.75",
        "7.60",
    ),
    "T-13": (
        [
            element(
                component("FLAT", "2.00", "20"),
                component("TIME", "5.00", "20", 300),
                reservation="RESERVATION",
            )
        ],
        13,
        False,
        "8.75",
        "10.00",
    ),
    "T-14": (
        [
            element(component("TIME", "2.00", "20", 600), reservation="RESERVATION"),
            element(component("FLAT", "4.00", "20"), reservation="RESERVATION_EXPIRES"),
        ],
        22,
        False,
        "6.50",
        "7.30",
    ),
    "T-14 expired": (
        [
            element(component("TIME", "2.00", "20", 600), reservation="RESERVATION"),
            element(component("FLAT", "4.00", "20"), reservation="RESERVATION_EXPIRES"),
        ],
        60,
        True,
        "6.00",
        "7.20",
    ),
    "T-15": (
        [
            element(component("TIME", "3.00", "20", 600), reservation="RESERVATION"),
            element(component("TIME", "6.00", "20", 600), reservation="RESERVATION_EXPIRES"),
        ],
        22,
        False,
        "7.00",
        "7.90",
    ),
    "T-15 expired": (
        [
            element(component("TIME", "3.00", "20", 600), reservation="RESERVATION"),
            element(component("TIME", "6.00", "20", 600), reservation="RESERVATION_EXPIRES"),
        ],
        90,
        True,
        "9.00",
        "10.80",
    ),
}


@pytest.mark.parametrize("case", RESERVING)
def test_a_reservation_costs_what_the_specification_computes(case: str) -> None:
    """TAR-37 to TAR-39."""
    elements, minutes, expired, before, after = RESERVING[case]
    reserved = Reservation(at(8, 0), at(8, 0) + timedelta(minutes=minutes), expired)
    session = [] if expired else used(60, kwh="20", at=reserved.end)
    found = bill(tariff(*elements, element(START), element(KWH)), session, reservation=reserved)
    assert totals(found) == (D(before), D(after))


def test_power_decides_the_price_of_energy_at_every_moment() -> None:
    """TAR-34, T-19."""
    by = tariff(
        element(component("ENERGY", "0.20"), max_power=D(16)),
        element(component("ENERGY", "0.35"), max_power=D(32)),
        element(component("ENERGY", "0.50")),
    )
    parts = [("1", "6"), ("40", "48"), ("0.5", "4")]
    stretches = [
        Stretch(at(0, 10 * n), at(0, 10 * n + 10), D(kwh), power=D(power))
        for n, (kwh, power) in enumerate(parts)
    ]
    assert totals(bill(by, stretches))[0] == D("20.30")


def test_steps_round_only_the_time_that_comes_last() -> None:
    """CDR-50, CDR-51, CDR-55: S-1 and S-4."""
    both = tariff(element(component("TIME", "1", step=300), component("PARKING_TIME", "2", step=300)))
    found = bill(both, used(21, 7))
    assert decimal(found.time.before) == D("0.35")
    assert decimal(found.parking.before) == D("0.3333")  # 10 of 60 minutes at 2 an hour
    other = tariff(element(component("TIME", "1", step=600), component("PARKING_TIME", "2", step=600)))
    found = bill(other, used(21, 16))
    assert decimal(found.time.before) == D("0.35")
    assert decimal(found.parking.before) == D("0.6667")  # 20 minutes


def test_steps_of_energy_round_the_session_and_bill_the_rest_at_the_last_price() -> None:
    """CDR-50, CDR-52, CDR-53, CDR-54: S-2."""
    by = tariff(
        element(component("ENERGY", "0.20", step=500), end_time="17:00"),
        element(component("ENERGY", "0.27", step=500), start_time="17:00"),
    )
    stretches = [Stretch(at(16, 0), at(17, 0), D("4.3")), Stretch(at(17, 0), at(17, 30), D("1.1"))]
    assert decimal(bill(by, stretches).energy.before) == D("4.3") * D("0.20") + D("1.2") * D("0.27")


def test_steps_of_time_round_across_two_prices() -> None:
    """CDR-52 to CDR-54: S-3."""
    by = tariff(
        element(component("TIME", "5", step=600), end_time="17:00"),
        element(component("TIME", "7", step=600), start_time="17:00"),
    )
    found = bill(by, used(28, at=at(16, 54)))
    assert decimal(found.time.before) == D("0.50") + D("2.80")


def test_local_time_of_the_location_decides() -> None:
    """TAR-31: 16:30 UTC is 17:30 in Amsterdam in winter."""
    by = tariff(element(component("ENERGY", "1"), end_time="17:00"), element(component("ENERGY", "2")))
    session = used(10, kwh="1", at=at(16, 30))
    assert decimal(bill(by, session, "Europe/Amsterdam").energy.before) == 2
    assert decimal(bill(by, session, "UTC").energy.before) == 1


def test_a_price_that_includes_taxes_is_taken_apart() -> None:
    """TAR-25, TAR-42."""
    by = tariff(element(component("ENERGY", "1.21", "21")), tax_included="YES")
    found = bill(by, used(10, kwh="2"))
    assert totals(found) == (D(2), D("2.42"))
    assert found.total.price() == {
        "before_taxes": D(2),
        "taxes": [{"name": "VAT", "percentage": D(21), "amount": D("0.42")}],
    }
