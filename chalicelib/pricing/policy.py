"""How open questions of the specification are answered: the knobs, and presets of them.

What a knob may be stands in `knobs`. The values of a policy are in each report, so that a report can be
made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from chalicelib.pricing.exact import number, text
from chalicelib.pricing.knobs import KNOBS, YES_NO


class PolicyError(ValueError):
    """An unknown preset or knob, or a value that a knob cannot have; the message names it."""


@dataclass(frozen=True)
class Policy:
    """One answer to every open question. The defaults are the specification's where it has one."""

    rounding: str = "half_up"
    line_decimals: int | None = None
    currency_decimals: int | None = None
    input_decimals: int | None = None
    tolerance: Decimal | None = None
    tolerance_relative: Decimal | None = None
    tolerance_by_currency: tuple[tuple[str, Decimal], ...] = ()
    step_volume: str = "billable"
    step_snap: str = "yes"
    time_step: str = "parking_absorbs"
    reservation_step: str = "own"
    zero_volume: str = "skipped"
    flat: str = "context"
    reservations: str = "priced"
    expired_flat: str = "replaces"
    equal_times: str = "whole_day"
    only_end_midnight: str = "whole_day"
    wrap_midnight: str = "yes"
    wrap_weekday: str = "instant"
    end_date: str = "exclusive"
    volume_restrictions: str = "applied"
    electrical: str = "strict"
    missing_power: str = "average"
    missing_current: str = "not_satisfied"
    duration_anchor: str = "charging"
    period_order: str = "sorted"
    spanning: str = "start"
    period_tariff_id: str = "selects"
    missing_tariff_id: str = "choose_if_none"
    outside_validity: str = "priced"
    missing_time_zone: str = "indeterminate"
    apply_limits: str = "yes"
    limits_scope: str = "first_tariff"
    limit_taxes: str = "scaled"
    derive_time: str = "no"
    negative_energy: str = "credited"
    dialect: str = "spec"

    def shown(self) -> dict[str, Any]:
        """Every knob, as the report has it."""
        found = {name: getattr(self, name) for name in _NAMES}
        for name in ("tolerance", "tolerance_relative"):
            found[name] = None if found[name] is None else text(found[name])
        found["tolerance_by_currency"] = {
            currency: text(amount) for currency, amount in self.tolerance_by_currency
        }
        return found


DEFAULT = Policy()
PRESETS: dict[str, Policy] = {
    "SPEC_2_2_1": DEFAULT,
    "TD_COMPAT": Policy(
        step_volume="measured",
        zero_volume="counts",
        flat="session",
        reservations="inactive",
        equal_times="never",
        only_end_midnight="never",
        missing_power="satisfied",
        missing_current="satisfied",
        duration_anchor="first_period",
        period_order="as_given",
        period_tariff_id="ignored",
        outside_validity="refused",
        apply_limits="no",
        input_decimals=4,
        step_snap="no",
    ),
    "KIT_COMPAT": Policy(
        flat="session",
        reservation_step="pooled",
        electrical="any",
        missing_power="not_satisfied",
        duration_anchor="cdr_start",
        period_order="as_given",
        missing_tariff_id="choose",
        line_decimals=4,
        currency_decimals=2,
        step_snap="no",
        only_end_midnight="never",
    ),
    "NO_STEP_SIZE": Policy(step_volume="none"),
    "GIREVE": Policy(dialect="gireve"),
}

_DECIMALS = ("line_decimals", "currency_decimals", "input_decimals")
_AMOUNTS = ("tolerance", "tolerance_relative")


def resolve(asked: Policy | str | Mapping[str, Any] | None, tolerance: Any = None) -> Policy:
    """The policy that was asked for; a PolicyError names an unknown preset, knob or value."""
    if asked is None:
        found = DEFAULT
    elif isinstance(asked, Policy):
        found = asked
    elif isinstance(asked, str):
        found = _preset(asked)
    elif isinstance(asked, Mapping):
        base = asked.get("preset")
        found = DEFAULT if base is None else _preset(base)
        changes = {name: _value(name, value) for name, value in asked.items() if name != "preset"}
        found = replace(found, **changes)
    else:
        raise PolicyError(f"policy: a preset's name or an object of knobs, not {type(asked).__name__}")
    return found if tolerance is None else replace(found, tolerance=_value("tolerance", tolerance))


def _preset(name: Any) -> Policy:
    found = PRESETS.get(name.upper()) if isinstance(name, str) else None
    if found is None:
        raise PolicyError(f"unknown preset {name!r}; there are {', '.join(PRESETS)}")
    return found


def _value(name: Any, value: Any) -> Any:
    if name not in _NAMES:
        raise PolicyError(f"unknown knob {name!r}; there are {', '.join(KNOBS)}")
    knob = KNOBS[name]
    if name in _DECIMALS:
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 12):
            return value
        raise PolicyError(f"{name}: a number of decimals from 0 to 12, or null, not {value!r}")
    if name in _AMOUNTS:
        return None if value is None else _amount(name, value)
    if name == "tolerance_by_currency":
        if not isinstance(value, Mapping):
            raise PolicyError(f"{name}: an object of amounts by currency, not {value!r}")
        return tuple((str(currency).upper(), _amount(name, each)) for currency, each in value.items())
    if isinstance(value, bool) and knob.values == YES_NO:
        value = "yes" if value else "no"
    if value not in knob.values:
        raise PolicyError(f"{name}: one of {', '.join(knob.values)}, not {value!r}")
    return value


def _amount(name: str, value: Any) -> Decimal:
    found = number(value)
    if found is None or found < 0:
        raise PolicyError(f"{name}: an amount of 0 or more, not {value!r}")
    return found


_NAMES = tuple(each.name for each in fields(Policy))
