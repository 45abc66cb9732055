"""What to send a partner so that it knows an object: the smallest right request, or none.

Works on plain objects in the partner's version and on the hashes of what it
was last sent; nothing is read, sent or stored here.

Spec: 2.2.1 transport_and_format push rules; LOC-01, LOC-02, LOC-50, LOC-51, SES-01, SES-17 to SES-20, TAR-01,
TAR-02, TOK-01, CDR-11, AMB-86, CNV-13, CNV-72
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from chalicelib.ocpi import jsontext
from chalicelib.ocpi.modules import V211
from chalicelib.store.delivery_items import UNSURE

PERIODS = "charging_periods"
# What may be sent in part. A tariff and a CDR are always whole (TAR-01, CNV-13, CDR-11).
PATCHABLE = ("location", "evse", "session", "token")
# Objects inside an object whose replacement as a whole is what every receiver does.
WHOLE_FIELDS = ("total_cost",)

Known = Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """One request: what to send where below the endpoint, and what the partner knows once it agreed.

    `touched` are the fields in doubt while it has not; `evses` is what it then
    knows of each EVSE, by uid, when a whole Location was sent. `revision` and
    `revisions` are those of the state this is about, and of its EVSEs.
    """

    method: str
    segments: tuple[str, ...]
    body: dict[str, Any] | None
    known: Known
    touched: frozenset[str]
    query: str = ""
    evses: Mapping[str, Known] = field(default_factory=dict)
    revision: int = 0
    revisions: Mapping[str, int] = field(default_factory=dict)


def digest(value: Any) -> str:
    """Eight characters that tell values apart."""
    raw = blake2b(jsontext.dumps(value).encode(), digest_size=6).digest()
    return base64.urlsafe_b64encode(raw).decode()


def knowledge(kind: str, obj: Mapping[str, Any]) -> dict[str, str]:
    """What a partner knows that has this object: a hash per field. The EVSEs of a Location are apart."""
    known = {
        name: digest(value) for name, value in obj.items() if not (kind == "location" and name == "evses")
    }
    if PERIODS in known and isinstance(obj[PERIODS], list):
        known[PERIODS] = _periods(obj[PERIODS])
    return known


def plan(
    kind: str, segments: tuple[str, ...], obj: dict[str, Any], version: str, known: Known, query: str = ""
) -> Step | None:
    """The request that brings a partner who knows `known` to `obj`; None when it knows all of it."""
    now = knowledge(kind, obj)
    if dict(known) == now:
        return None
    if kind == "cdr":
        if known and UNSURE not in known.values():
            return None  # a CDR that was sent is never sent otherwise (CDR-01)
        return Step("POST", (), obj, now, frozenset(now))
    changes = _changes(kind, obj, version, known, now)
    if changes is not None:
        touched = frozenset(changes)
        changes.setdefault("last_updated", obj.get("last_updated"))
        return Step("PATCH", segments, changes, now, touched, query)
    return whole(kind, segments, obj, query)


def whole(kind: str, segments: tuple[str, ...], obj: dict[str, Any], query: str = "") -> Step:
    """The PUT of all of it."""
    now = knowledge(kind, obj)
    evses = {}
    if kind == "location":
        evses = {each["uid"]: knowledge("evse", each) for each in obj.get("evses") or () if each.get("uid")}
    return Step("PUT", segments, obj, now, frozenset(now), query, evses)


def removal(segments: tuple[str, ...]) -> Step:
    """The DELETE of a tariff that is no more (TAR-02)."""
    return Step("DELETE", segments, None, {}, frozenset(("id",)))


def _changes(kind: str, obj: dict[str, Any], version: str, known: Known, now: Known) -> dict[str, Any] | None:
    """What a PATCH would say; None where only the whole object will do."""
    if kind not in PATCHABLE or not known or known.keys() - now.keys():
        return None  # unknown, or something vanished, which a PATCH cannot say (LOC-50)
    if all(value == UNSURE for value in known.values()):
        return None
    changed = {name: obj[name] for name, value in now.items() if known.get(name) != value}
    if PERIODS in changed:
        new = _new_periods(obj[PERIODS], known.get(PERIODS, ""), version)
        if new is None:
            return None
        changed[PERIODS] = new
        if not new:
            del changed[PERIODS]
    if all(_replaceable(name, value) for name, value in changed.items()):
        return changed
    return None


def _replaceable(name: str, value: Any) -> bool:
    """Whether every receiver makes the same of this field in a PATCH: replaces it."""
    if name == PERIODS or name in WHOLE_FIELDS:
        return True
    if isinstance(value, list):
        return not any(isinstance(each, dict | list) for each in value)
    return value is not None and not isinstance(value, dict)


def _new_periods(periods: list[Any], known: str, version: str) -> list[Any] | None:
    """The periods a PATCH appends, all of them in 2.1.1, where it replaces (CNV-72); None: send the whole."""
    if version == V211:
        return periods
    if known == UNSURE:
        return None  # appended once already, perhaps (AMB-86)
    count = int(known.partition(":")[0]) if known else 0
    if count > len(periods) or (count and _periods(periods[:count]) != known):
        return None
    return periods[count:]


def _periods(periods: list[Any]) -> str:
    return f"{len(periods)}:{digest(periods)}"
