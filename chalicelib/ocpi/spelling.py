"""Names of fields in another case or with other gaps: `lastUpdated`, `Last_Updated`, `EVSES`.

Whoever writes one so writes all so. Hence they are read only in an object that lacks one that
it must have; a single one is a field that is not known here.

Spec: design section 6
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from chalicelib.ocpi.findings import Finding, step
from chalicelib.ocpi.models.base import Ascii, Enum, Field, Id, Model, Text, Url
from chalicelib.ocpi.scalars import identifier


def is_other(model: Model, value: dict[str, Any], version: str) -> bool:
    """Whether an object has something under a name that is spelled otherwise."""
    known = _names(model, version)
    meant = ((known.meant(other), other) for other, each in value.items() if each is not None)
    return any(name != other and value.get(name) is None for name, other in meant)


def respelled(model: Model, value: dict[str, Any], version: str, at: str) -> tuple[Any, list[Finding]]:
    """An object with its names, and those inside, as the specification spells them; what was renamed."""
    found: list[Finding] = []
    return _respelled(model, value, version, at, found), found


def _respelled(model: Model, value: Any, version: str, at: str, found: list[Finding]) -> Any:
    if type(value) is list:
        return [_respelled(model, each, version, step(at, index), found) for index, each in enumerate(value)]
    if type(value) is not dict:
        return value
    known = _names(model, version)
    out: dict[str, Any] = {}
    for name, each in value.items():
        meant = known.meant(name)
        if meant != name and each is not None and value.get(meant) is None:
            found.append(Finding(step(at, name), "coerced", f"read as {meant}"))
        else:
            meant = name
        kind = known.inside.get(meant)
        new = each if kind is None else _respelled(kind, each, version, step(at, name), found)
        if new is not None or out.get(meant) is None:
            out[meant] = new
    return out


class _Names(NamedTuple):
    """The names that mean something in a table, the same by how they are compared, and the tables inside."""

    known: frozenset[str]
    by_fold: dict[str, str]
    inside: dict[str, Model]

    def meant(self, name: str) -> str:
        """The name that is meant by one that is spelled otherwise; itself where none is."""
        return name if name in self.known else self.by_fold.get(Enum.fold(name), name)


@cache
def _names(model: Model, version: str) -> _Names:
    own = model.fields(version)
    foreign = {name: row for name, (row, _) in model.foreign(version).items()}
    elsewhere = [each for names in model.elsewhere(version).values() for each in names]
    known = [*elsewhere, *foreign, *own]
    inside = {name: row.type for name, row in (foreign | own).items() if isinstance(row.type, Model)}
    return _Names(frozenset(known), {Enum.fold(name): name for name in known}, inside)


def word(value: Any) -> str:
    """The word of an enum, in whatever case it is written."""
    return str(value).strip().upper()


def owner(value: Any) -> tuple[str, str] | None:
    """The party that an object names as its owner, if it names a whole one."""
    if type(value) is not dict:
        return None
    country, party = identifier(value.get("country_code")), identifier(value.get("party_id"))
    return (country, party) if country and party else None


def is_empty(row: Field, value: Any) -> bool:
    """Whether a value says that there is none: "", or what XML and PHP write for it, `[]` and `{}`."""
    if row.is_list:
        return value in ("", {})
    if value == "":
        plain = isinstance(row.type, Text) and not isinstance(row.type, Id | Url)
        return not row.required or not plain or row.type.__class__ not in (Text, Ascii)
    return value == [] or (value == {} and not isinstance(row.type, Model))
