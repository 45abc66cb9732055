"""The doors of the package: audit, price, split and quote. See the package for what they take and give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from chalicelib.pricing.building import build_totals
from chalicelib.pricing.exact import computing
from chalicelib.pricing.periods import cut
from chalicelib.pricing.policy import Policy, resolve
from chalicelib.pricing.quoting import quoted
from chalicelib.pricing.report import report
from chalicelib.pricing.run import Asked, run, sense

PolicyLike = Policy | str | Mapping[str, Any] | None
ZoneLike = str | tuple[str, str] | None


def audit(
    cdr: Mapping[str, Any],
    tariffs: Iterable[Any] = (),
    *,
    version: str = "2.3.0",
    tariff_version: str | None = None,
    stored: Iterable[Any] = (),
    time_zone: ZoneLike = None,
    policy: PolicyLike = None,
    tolerance: Decimal | int | str | None = None,
    reservation: str | None = None,
    preference: str | None = None,
) -> dict[str, Any]:
    """The report on a CDR: priced again, each claim judged, differences diagnosed."""
    asked = _asked(
        tariffs, stored, version, tariff_version, time_zone, policy, tolerance, reservation, preference
    )
    with computing():
        return report(run(cdr, asked))


def price(
    cdr: Mapping[str, Any],
    tariffs: Iterable[Any] = (),
    *,
    version: str = "2.3.0",
    tariff_version: str | None = None,
    stored: Iterable[Any] = (),
    time_zone: ZoneLike = None,
    policy: PolicyLike = None,
    tolerance: Decimal | int | str | None = None,
    reservation: str | None = None,
    preference: str | None = None,
) -> dict[str, Any]:
    """The report on a CDR or Session with `totals`, its `total_*` fields; None where it has no price."""
    asked = _asked(
        tariffs, stored, version, tariff_version, time_zone, policy, tolerance, reservation, preference
    )
    with computing():
        found = run(cdr, asked)
        made = report(found)
        totals = None if found.outcome is None else build_totals(found.session, found.outcome, sense(version))
    return {**made, "totals": totals}


def _asked(
    tariffs: Iterable[Any],
    stored: Iterable[Any],
    version: str,
    tariff_version: str | None,
    time_zone: ZoneLike,
    policy: PolicyLike,
    tolerance: Decimal | int | str | None,
    reservation: str | None,
    preference: str | None,
) -> Asked:
    """What is asked of a CDR, in the words of the engine."""
    return Asked(
        version=sense(version),
        policy=resolve(policy, tolerance),
        tariffs=tuple(tariffs),
        stored=tuple(stored),
        tariff_version=None if tariff_version is None else sense(tariff_version),
        time_zone=time_zone,
        reservation=reservation,
        preference=preference if isinstance(preference, str) else None,
    )


def split(
    cdr: Mapping[str, Any],
    tariffs: Iterable[Any] = (),
    *,
    version: str = "2.3.0",
    time_zone: ZoneLike = None,
    policy: PolicyLike = None,
) -> list[dict[str, Any]]:
    """The `charging_periods` of a CDR or Session, cut where its Tariff changes a price (CDR-22)."""
    asked = Asked(version=sense(version), policy=resolve(policy), tariffs=tuple(tariffs), time_zone=time_zone)
    with computing():
        return cut(cdr, asked)


def quote(
    tariff: Mapping[str, Any],
    start: str,
    profile: Sequence[Mapping[str, Any]],
    *,
    version: str = "2.3.0",
    time_zone: ZoneLike = None,
    policy: PolicyLike = None,
) -> dict[str, Any]:
    """What a charge would cost by a Tariff: a report without claims."""
    asked = Asked(version=sense(version), policy=resolve(policy), tariffs=(tariff,), time_zone=time_zone)
    with computing():
        return report(quoted(tariff, start, profile, asked))
