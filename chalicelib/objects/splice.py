"""A Location's text from the texts of its parts: its head and its EVSEs, none of which is read.

In another version an EVSE that does not differ there stays the text it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Raw

from chalicelib.ocpi import jsontext, versions
from chalicelib.ocpi.timestamps import wire_timestamp
from chalicelib.ocpi.versions.conversion import Inexpressible, Trip
from chalicelib.store.object_items import Part


def location(parts: Sequence[Part], last_updated: str) -> str:
    """A Location of parts in one version, in that version."""
    found = _evses(parts)
    return _joined(parts[0], found if isinstance(found, str) else _listed(parts[0], found), last_updated)


def bridged(parts: Sequence[Part], last_updated: str, version: str, trip: Trip) -> str | None:
    """One of ours in another version; None where only the long way tells."""
    head, sent = parts[0], _evses(parts)
    if isinstance(sent, str):
        return None
    try:
        same = [versions.same("evse", text, head.version, version) for text in sent]
        if all(same) and versions.same("location", head.body, head.version, version):
            return _joined(head, _listed(head, sent), last_updated)
        whole = jsontext.kept(head.body)
        if sent or head.evses:
            # No step looks into a text.
            whole["evses"] = [
                Raw(text.encode()) if is_same else jsontext.kept(text)
                for text, is_same in zip(sent, same, strict=True)
            ]
        whole["last_updated"] = wire_timestamp(last_updated)
        return jsontext.dumps(versions.bridge("location", whole, head.version, version, trip))
    except (Inexpressible, TypeError, LookupError, AttributeError, ValueError, ArithmeticError):
        return None


def _joined(head: Part, evses: str, last_updated: str) -> str:
    more = f'"last_updated":"{wire_timestamp(last_updated)}"'
    if evses:
        more = f'"evses":{evses},{more}'
    return f"{head.body[:-1]},{more}}}" if len(head.body) > 2 else f"{{{more}}}"


def _listed(head: Part, evses: Sequence[str]) -> str:
    return f"[{','.join(evses)}]" if evses or head.evses else ""


def _evses(parts: Sequence[Part]) -> list[str] | str:
    """The EVSEs in the order they were sent, those that came later behind; one text where that is no list."""
    head, *evses = parts
    sent: Any = jsontext.kept(head.evses) if head.evses else []
    by_name = {part.name: part.body for part in evses}
    if type(sent) is not list:  # no list where one was due
        name = sent.get("evse")
        alone = by_name.get(name) if name else jsontext.dumps(sent.get("as_sent"))
        if alone is not None and len(by_name) <= (name is not None):
            return alone
        sent = [name] if name else []
    bodies = [
        jsontext.dumps(each[0]) if type(each) is list else by_name.pop(each)
        for each in sent
        if type(each) is list or each in by_name
    ]
    return [*bodies, *by_name.values()]
