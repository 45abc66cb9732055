"""What is wrong with a Tariff, or odd in it, before anybody is billed by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.pricing.codes import Finding
from chalicelib.pricing.compiling import element_count
from chalicelib.pricing.exact import computing
from chalicelib.pricing.lint_codes import Findings
from chalicelib.pricing.lint_coverage import lint_coverage
from chalicelib.pricing.lint_fields import lint_fields
from chalicelib.pricing.lint_prices import lint_prices
from chalicelib.pricing.moments import instant
from chalicelib.pricing.run import MOST_ELEMENTS, sense

MOST_FINDINGS = 500


def lint(
    tariff: Any,
    *,
    version: str = "2.3.0",
    time_zone: str | None = None,
    now: str | datetime | None = None,
    others: Iterable[Any] = (),
) -> list[Finding]:
    """The findings about a Tariff, none for one that is fine.

    `time_zone` is that of its Location where it is known; `now` is for what is over; `others` are the
    Tariffs that the same connectors have beside it.
    """
    found = Findings()
    if not isinstance(tariff, dict):
        found.add("malformed", "", "a Tariff is an object")
        return found.found
    if element_count(tariff) > MOST_ELEMENTS:
        found.add("malformed", "/elements", f"more than {MOST_ELEMENTS} elements; nothing prices by it")
        return found.found
    with computing():
        lint_fields(tariff, sense(version), found)
        lint_prices(tariff, sense(version), _moment(now), found)
        lint_coverage(tariff, time_zone, found)
        _types(tariff, [each for each in others if isinstance(each, dict)], found)
    return found.found[:MOST_FINDINGS]


def _moment(now: str | datetime | None) -> datetime | None:
    if isinstance(now, datetime):
        return now if now.tzinfo else now.replace(tzinfo=UTC)
    return instant(now)


def _types(tariff: Mapping[str, Any], others: list[Mapping[str, Any]], found: Findings) -> None:
    """One Tariff for each type, and a REGULAR one."""
    if not others:
        return
    types = [each.get("type") for each in others]
    if tariff.get("type") in types:
        found.add("tariff_type", "/type", f"another one is {tariff.get('type') or 'without a type'}, too")
    elif not any(each in (None, "REGULAR") for each in (tariff.get("type"), *types)):
        found.add("tariff_type", "/type", "none is REGULAR")
