"""A Delta: what one older version writes differently.

The plain differences (a field that is new, renamed or gone, a word an enum lacks, a
shorter text) are read from the object tables. A Delta adds only what no table
can say: words that stand for others, and one function per class that changes shape.

Every step tolerates an absent field, so one delta serves a PUT, a page of objects
and a PATCH. Nothing is changed in place; what does not differ is not copied.

Spec: ledger section 4 (CNV-P1 to CNV-P7)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.ocpi.versions.conversion import Hook


@dataclass(frozen=True, eq=False)
class Delta:
    """What `older` writes differently from `newer`; where both are one, what that cannot take as it is.

    `words`, by enum: what is written instead on the way down; "*" stands for any
    other word. `words_up`: on the way up. `up`, `down`: hooks by class. `quiet`:
    fields whose absence in the older version loses nothing.
    """

    older: str
    newer: str
    words: Mapping[str, Mapping[str, str]]
    words_up: Mapping[str, Mapping[str, str]]
    up: Mapping[str, Hook]
    down: Mapping[str, Hook]
    quiet: Mapping[str, frozenset[str]]
