"""What an older version has no way to say of ours, so that the lists of its partners do not count it.

Only what the object itself decides is known here: a credit CDR, a tariff whose
net prices are unknown, a tariff outside its validity.

Contract: TRA-34, CNV-80, CNV-92, CNV-94, CNV-96, CNV-231
"""

from __future__ import annotations

from typing import Any

from chalicelib.ocpi import modules, writing
from chalicelib.store.feeds import Unsaid, window

# Objects of the other modules can be said in every version, or are not for partners of that version at all.
MODULES = ("tariffs", "cdrs")


def of(module: str, canonical: dict[str, Any]) -> Unsaid:
    """The versions that cannot say this object, each with the only time it can, if there is one."""
    if module not in MODULES:
        return ()

    start, end = (str(canonical.get(name) or "")[:19] for name in ("start_date_time", "end_date_time"))
    timeless = canonical
    if module == "tariffs":
        timeless = {
            name: value
            for name, value in canonical.items()
            if name not in ("start_date_time", "end_date_time")
        }
    found = []
    for version in (modules.V211, modules.V221):
        if writing.write(modules.BY_ID[module].kind, timeless, version).object is None:
            found.append((version, ""))
        elif module == "tariffs" and version == modules.V211 and (start or end):
            found.append((version, window(start, end)))
    return tuple(found)


def version_for(module: str, version: str) -> str:
    """The version whose unsaid objects a list of this module leaves out; "" where there are none."""
    return version if module in MODULES and version != modules.V230 else ""
