"""What the words of an operator name: a partner, a party, an object, a moment, a place in a list.

Contract: design section 5
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.errors import ActionError
from chalicelib.objects.stored_object import StoredObject, load
from chalicelib.ocpi import jsontext
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.timestamps import readable, timestamp
from chalicelib.store.object_items import Key, check_id, folded

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

# Fields that choose a page of a query and how it is written, and not what is asked.
OF_A_PAGE = ("cursor", "limit", "offset", "version", "format")


def partner(platform: Platform, id: str, pointer: str = "/partner", *, fresh: bool = False) -> Partner:
    """The partner of this id; a name that only one has is an id by now. Raises ActionError."""
    found = platform.partners.get(id, fresh=fresh) if id else None
    if found is not None:
        return found
    same = [each for each in platform.partners.all() if each.name.casefold() == id.casefold()]
    problem = (
        f"several partners are called {id[:60]!r}; say the id" if len(same) > 1 else f"no partner {id[:60]!r}"
    )
    raise ActionError("unknown_partner", f"{problem}; see partners", pointer)


def party(text: str | None) -> Party | None:
    """The party written "NL/EXA", if any. Raises InvalidParameters."""
    if text is None:
        return None
    country, slash, id = text.partition("/")
    if not slash or not country or not id:
        raise InvalidParameters("a party is written NL/EXA", "/party")
    return folded(country), folded(id)


def key(module: str, party_text: str, id: str, pointer: str = "") -> Key:
    """The key of a party's object."""
    owner = party(party_text)
    assert owner is not None
    return Key(module, *owner, check_id(id, f"{pointer}/id"))


def stored(platform: Platform, module: str, party_text: Any, id: Any, pointer: str = "") -> StoredObject:
    """An object of that party; without a party of the only hosted one. Raises ActionError."""
    if not isinstance(id, str) or not id:
        raise ActionError("invalid", "an id is required", f"{pointer}/id")
    if party_text is None:
        hosted = platform.settings.hosted("CPO")
        party_text = "/".join(hosted[0]) if len(hosted) == 1 else ""
    meant = key(module, str(party_text), id, pointer)
    found = load(platform, meant)
    if found is None:
        what = {"cdrs": "CDR", "sessions": "Session", "tariffs": "Tariff"}[module]
        raise ActionError("unknown_object", f"no {what} {id[:60]} of {meant.owner}", f"{pointer}/id")
    return found


def moment(text: str | None, pointer: str) -> str:
    """A time as it is compared, "" for none. Raises ActionError."""
    try:
        return timestamp(readable(text)) if text else ""
    except ValueError:
        raise ActionError("invalid", "an RFC 3339 date-time is required", pointer) from None


def query(action: str, fields: Mapping[str, Any]) -> str:
    """What names a query among others: the same for all its pages, whatever their size and form."""
    asked = {
        name: value.casefold() if isinstance(value, str) else value
        for name, value in fields.items()
        if name not in OF_A_PAGE and value not in (None, "")
    }
    return hashlib.sha256(jsontext.dumps([action, sorted(asked.items())]).encode()).hexdigest()[:10]


def sealed(query: str, cursor: str) -> str:
    """A cursor as it is handed out: with the query it belongs to, in letters that a shell leaves alone."""
    return f"{query}.{base64.urlsafe_b64encode(cursor.encode()).decode().rstrip('=')}"


def opened(query: str, cursor: str | None) -> str:
    """A cursor that was handed out for this query; "" for none. Raises ActionError for any other."""
    if not cursor:
        return ""
    whose, _, inside = cursor.partition(".")
    try:
        found = base64.b64decode(inside + "=" * (-len(inside) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        found = ""
    if whose != query or not found:
        raise ActionError("invalid", "no cursor of this list: it goes with the same filters", "/cursor")
    return found


def cursor(place: Any) -> str:
    """The text that names a place in a list."""
    return base64.urlsafe_b64encode(jsontext.dumps(place).encode()).decode()


def place(text: str, fits: Callable[[Any], bool]) -> Any:
    """The place that a cursor names, where it is one that `fits` the list. Raises ActionError."""
    try:
        found = jsontext.loads(base64.urlsafe_b64decode(text.encode()))
        if fits(found):
            return found
    except (ValueError, TypeError, binascii.Error):
        pass
    raise ActionError("invalid", "no cursor of this list", "/cursor")
