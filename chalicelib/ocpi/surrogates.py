"""Names that not every version can say: Locations and EVSEs of 2.1.1 may have 39 characters.

2.2.1 and later have 36. Inside, such a name stays what it is; a partner of a newer
version is told a surrogate. That is worked out from the name, so it needs no table,
and both lead to the same place where names are compared by `shortest`.

Spec: CNV-10, CNV-31, CNV-41, CNV-115
"""

from __future__ import annotations

import base64
import hashlib

LIMIT = 36
# What 2.1.1 allows.
LONGEST = 39
# Characters of the name itself, a dash, and 60 bits of its digest: two of one party do not meet by chance.
_KEPT, _DIGEST = 23, 12


def shortest(name: str) -> str:
    """The name, or what stands for it where it has more than 36 characters: the same each time.

    Names that differ only in case are one (AMB-36), so their surrogates are too.
    """
    if len(name) <= LIMIT:
        return name
    folded = name.upper() if name.isascii() else name
    digest = base64.b32encode(hashlib.sha256(folded.encode()).digest()).decode()
    return f"{name[:_KEPT]}-{digest[:_DIGEST]}"
