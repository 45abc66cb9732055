"""What a charge costs, and why: every CDR priced again from its Tariff, every difference explained.

Pure: standard library only, no I/O, no clock, exact decimals, and no exception for anything that
an object holds. What cannot be priced ends as a finding. Only misuse by the caller raises
(`PolicyError`: an unknown preset or knob).

**Objects in** are plain dicts as OCPI writes them: numbers are Decimal, int or numeric text (a
float is read by its shortest text). `version` says in which version's *sense* they are priced
(2.1.1: no VAT anywhere; 2.2.1: no `vat` means no tax; 2.3.0: `tax_included`). Shapes are taken as
found: `stop_date_time` or `end_date_time`, a total as a number, as `{excl_vat, incl_vat}` or as
`{before_taxes, taxes}`. An object of a 2.2.1 partner that is stored as 2.3.0 is priced with
`version="2.2.1"`.

**The doors**

- `audit(cdr, tariffs=(), *, version="2.3.0", tariff_version=None, stored=(), time_zone=None,
  policy=None, tolerance=None, reservation=None, preference=None) -> report`: the CDR priced again,
  each of its claims judged, and for a difference the reading that reproduces it.
- `price(cdr_or_session, tariffs=(), *, the same) -> report` with `totals`: the `total_*` fields of
  a CDR of `version`, numbers as Decimal of at most 4 decimals, ready to be put in.
- `quote(tariff, start, profile, *, version="2.3.0", time_zone=None, policy=None) -> report`: what a
  charge would cost. `start` is a timestamp; `profile` is `[{"minutes", "kwh", "parking"?}]`. Entries
  are split where the Tariff changes its price.
- `split(cdr_or_session, tariffs=(), *, version="2.3.0", time_zone=None, policy=None) -> [period]`: its
  `charging_periods` cut where a price changes, as a CPO has to; the parts add up to what was there.
- `lint(tariff, *, version="2.3.0", time_zone=None, now=None, others=()) -> [finding]`: what is wrong
  with, or odd in, a Tariff; `others` are those of the same connectors.

`tariffs` are asked after those in the CDR, `stored` last. `time_zone` is an IANA name, or a pair
`(name, origin)` with the origin `location`, `caller` or `country`; a bare name is of the caller. A
2.1.1 CDR's own `location.time_zone` goes before it; without any, a country that has one zone stands in.
`policy` is a preset's name, a dict of knobs (with an optional `preset`), or a `Policy`. `reservation` is
`used`, `expired` or `cancelled`; `preference` a ChargingPreferences profile type (`CHEAP`, `FAST`,
`GREEN`, `REGULAR`). `tolerance` is an amount.

**The report** is a dict of JSON values, amounts and volumes (kWh, hours) as exact decimal text:

- `verdict`: AGREE, AGREE_ROUNDING, WITHIN_TOLERANCE, INDETERMINATE, DISAGREE or UNPRICEABLE
- `currency`; `total` `{before_taxes, after_taxes}`, a side that cannot be known is null
- `claims` `[{claim, claimed, computed, verdict, rule}]`, verdict also NOT_CLAIMED, ATTRIBUTION_ONLY
- `periods` `[{start, end, local_start, segments}]`, a segment being `{dimension, context, volume,
  billed, price, vat, before_taxes, after_taxes, applied: {tariff_id, element, component, pointer},
  matched: [{restriction, message}], not_applied: [{element, restriction, message}]}`; `applied` is
  null where nothing prices the volume
- `findings` `[{code, severity, pointer, message}]`; `diagnosis` `[{reading, computed}]`
- `time_zone` `{name, origin}`; `policy` (every knob)
- `tariffs`, `groups`, `taxes`, `limits`, `bounds` where they apply
"""

from chalicelib.pricing.doors import audit, price, quote, split
from chalicelib.pricing.knobs import KNOBS
from chalicelib.pricing.lint import lint
from chalicelib.pricing.policy import DEFAULT, PRESETS, Policy, PolicyError

__all__ = [
    "DEFAULT",
    "KNOBS",
    "PRESETS",
    "Policy",
    "PolicyError",
    "audit",
    "lint",
    "price",
    "quote",
    "split",
]
