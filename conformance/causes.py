"""One fault, one finding: on which rules a check rests, so that the broken one alone is reported.

Where the list cannot be had at all, that its total is wrong is no news. A check
that fails is reported as `skipped`, with what it saw, where a rule that it rests
on is broken at least as badly; it is judged by itself as soon as that is mended.

`TRA-30` stands for the row of the same module where there is one per module, else
for every letter of the ID; `TRA-30/a` for that check alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from conformance.check import Check

# IDs: the rules that they rest on.
_RESTS = """
VER-02: TRA-65/a TRA-66/a
VER-05: VER-03 TRA-65/a TRA-66/a
VER-09 VER-11: VER-07 VER-16 VER-06
VER-07 VER-08 VER-16: VER-06
TRA-09 TRA-03 TRA-11 CRE-23 CRE-28: TRA-08/b
CRE-23: CRE-11
CRE-11: TRA-08/b CRE-24
CRE-27: CRE-24
CRE-40/a: CRE-24 CRE-27
CRE-41/a CRE-30: CRE-08/a CRE-24 CRE-27
CRE-41/a: CRE-30
AMB-16: CRE-24 CRE-27 CRE-08 CRE-30 CRE-33 CRE-07
CRE-33: CRE-24 CRE-27 CRE-08/a CRE-30
CRE-09: CRE-24 CRE-27 CRE-33 CRE-07 VER-16
CRE-08 CRE-07: CRE-24 CRE-27
CRE-08: CRE-07
CRE-42: CRE-09
CRE-13: CRE-42 CRE-10
CRE-41/b: CRE-42 CRE-10
TRA-04 TRA-05 TRA-10 TRA-16 CRE-41/b VER-02/b: VER-24
CRE-43: CRE-42
CRE-32: AMB-16 CRE-30 CRE-08/a CRE-21
CRE-21: CRE-22 CRE-08/a
TRA-85: TRA-81/a TRA-83/a
TRA-66/a TRA-66/b: TRA-65/a TRA-69
STA-05 LOC-41/b TOK-32: TRA-69
TRA-84: TRA-80

TRA-37: TRA-20
TRA-30: TRA-20 TRA-26 TRA-27 TRA-28
TRA-34 TRA-22: TRA-37 TRA-20
TRA-34: TRA-27 TRA-30 TRA-26
TRA-26: TRA-27 TRA-28
TRA-31: TRA-20 TRA-30 TRA-26 TRA-27 TRA-22 TRA-23
TRA-23 TRA-24: TRA-22 TRA-30
TRA-24: TRA-31
TRA-32: TRA-37 TRA-30 TRA-35
TRA-35: TRA-37 TRA-27
TRA-29: TRA-28 TRA-30 TRA-26
LOC-32 SES-11 CDR-10 TAR-05 TOK-08 HCI-04 TOK-32 STA-23 HUB-04 LOC-71: TRA-20
SES-10 AMB-39/a LOC-31 STA-05/a TRA-21 STA-14/h: TRA-20
LOC-31: TRA-42
LOC-28: TRA-42/a LOC-31
TRA-52 TRA-45: TRA-42
TRA-52: TRA-58
HUB-30: TRA-20 TRA-37
HUB-16: HUB-05
HUB-08 HUB-09 AMB-26 HUB-27: HUB-06
HUB-17/b: HUB-17/a
TRA-20/f HCI-04: VER-10
VER-11: VER-10
CMD-07: CMD-04 CMD-41 CMD-48 CMD-39 CMD-18/b
AMB-44: CMD-45
CMD-19: CMD-18/b
SES-28/a: TRA-42/b
SES-02: TRA-42/b CMD-08/b SES-28/a

CMD-04: CMD-06
CMD-08 CMD-37 CMD-41 CMD-45 CMD-48 CMD-18 AMB-44 CMD-39 CMD-19: CMD-04 CMD-06
CMD-09 CMD-11: CMD-08 TRA-72
TRA-72 AMB-25: CMD-08
CMD-37: CMD-08
CMD-08/b: CMD-08 CMD-18/b
CDR-02: CMD-08/b
CMD-37/b CDR-27: CDR-02
CHP-23/b CHP-23/c: CHP-23/a
CHP-15/a: CHP-23/a CMD-09 TRA-72 CMD-08
CHP-15/b CHP-15/c: CHP-15/a
CHP-17: CHP-15/b CHP-15/a
TRA-52 CHP-30 TRA-48 CDR-14: TRA-45

STA-07/a STA-06/a TRA-46/a AMB-05 LOC-46 LOC-04 LOC-41/a LOC-45 LOC-44 LOC-43 LOC-47: LOC-42/a
LOC-51 LOC-49 TRA-49/a TYP-13 TRA-50 AMB-39/b TYP-01/b STA-14/b TYP-02: LOC-42/a
STA-06/a LOC-46: TRA-46/a
LOC-44: LOC-45
LOC-51 LOC-49: LOC-47
LOC-49: LOC-51
LOC-43 LOC-44 LOC-49 LOC-51: LOC-41/a
TYP-13 AMB-05 STA-14/b LOC-44: LOC-45
LOC-43: LOC-44
TRA-46/b TAR-11 TAR-02 TAR-07 TAR-08: TAR-06/a
SES-13 SES-14 SES-17 SES-18 SES-20 TRA-47 TRA-49/b SES-16 SES-28/b: SES-12
SES-14: SES-13
SES-17 SES-18 SES-20: TRA-47
SES-18: SES-17
CDR-12 STA-07/b CDR-13 CDR-16/a CDR-01 CDR-15 CDR-04 CDR-07: CDR-11
CDR-13 CDR-01 CDR-15 CDR-16/a: CDR-12
CDR-01 CDR-15: CDR-13
TOK-02 TOK-06 TRA-46/c TRA-49/c TRA-75/b TYP-01/c ARC-03: TOK-04/a
ARC-03 TRA-75/a TYP-15 TYP-06: LOC-42/a
TOK-32 TOK-30/c: TOK-31
TOK-33/a: TOK-37 TRA-42/e
TOK-30/a: TOK-33/a TOK-37
TOK-30/b: TOK-33/a TOK-37
TOK-36: TOK-33/a
TOK-33/b: TRA-42/e
STA-03/a STA-03/b: STA-02
HCI-11: HCI-03
"""
_LISTS = ("locations", "sessions", "cdrs", "tariffs", "tokens", "hubclientinfo")


@cache
def _table() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _RESTS.strip().splitlines():
        ids, _, bases = line.partition(":")
        for id in ids.split():
            found.setdefault(id, set()).update(bases.split())
    return {id: frozenset(bases) for id, bases in found.items()}


def causes(check: Check, among: Iterable[Check]) -> list[Check]:
    """The checks whose rules this one rests on."""
    row = check.id.partition("/")[0]
    bases = _table().get(check.id, frozenset()) | _table().get(row, frozenset())
    return [each for each in among if each.id != check.id and bases & _names(each, check)]


def _names(base: Check, of: Check) -> set[str]:
    """How a check that rests on this one may call it."""
    row = base.id.partition("/")[0]
    both = (base.module in _LISTS, of.module in _LISTS)
    elsewhere = all(both) and base.interface == of.interface == "SENDER" and base.module != of.module
    return {base.id} if elsewhere else {base.id, row}
