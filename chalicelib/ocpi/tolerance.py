"""One object of a partner's read by its table: repaired, set aside, assumed or refused, and each thing noted.

What has one meaning is repaired; an optional value that cannot be read is set aside; a
required one is read as its row says (`Field.otherwise`); what is refused tells every
fault. The compiled validators answer the common case, "nothing to note", faster:
this room is asked when they say no, and asks them about each part in turn, so
that only what is odd is looked at closely. It converts nothing between versions.

Spec: design section 6; TYP-15 to TYP-17, AMB-03, AMB-04, AMB-10, AMB-11, AMB-29, AMB-56, AMB-62, CNV-86
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from chalicelib.ocpi import prices, spelling
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.findings import Finding, step
from chalicelib.ocpi.models import validators
from chalicelib.ocpi.models.base import (
    ALWAYS_ASK,
    ARRIVAL,
    ASKED,
    HOLDER,
    KEPT,
    NEVER,
    NOTHING,
    OWNER,
    PARTIAL_PARTS,
    REFUSED,
    UNMET,
    UNSTATED,
    UNUSED,
    V230,
    WHILE_PENDING,
    ZONE,
    DateTime,
    Field,
    Model,
    Number,
    Otherwise,
    Type,
)
from chalicelib.ocpi.scalars import noted, shown, sound
from chalicelib.ocpi.versions import zones

# A longer list of complaints helps nobody; a 10 MB body may hold a million.
MOST_FINDINGS = 100
# What stands for a value that cannot be used, its faults told; and for one that is left out.
_UNUSABLE: Final = object()
_ABSENT: Final = object()

Party = tuple[str, str]


class Known(NamedTuple):
    """What whoever reads knows beside the body: when it came, whose connection it came by, whose Token it is.

    `holder` finds the eMSP of a CdrToken that names none, `asked` the Token that an
    authorization is about.
    """

    now: str | None = None
    owner: Party | None = None
    holder: Callable[[Mapping[str, Any]], Party | None] | None = None
    asked: Callable[[], Mapping[str, Any] | None] | None = None


class Tolerance:
    """Reads objects of one version by their tables and collects what it finds."""

    def __init__(self, version: str, known: Known | None = None) -> None:
        self.version = version
        self.known = known or Known()
        self.owner = self.known.owner
        self.findings: list[Finding] = []
        # What makes the value at hand unusable; told as findings where that is set aside.
        self.faults: list[Finding] = []
        # Where something stands for a required value that was not stated.
        self.incomplete: list[str] = []
        # Whether names were spelled otherwise somewhere.
        self.respelled = False

    def read(self, model: Model, value: Any, *, partial: bool = False, at: str = "") -> Any:
        """The object, repaired; itself where nothing had to be. A `partial` one may lack everything.

        Raises InvalidParameters with every fault where it cannot be used.
        """
        self.owner = spelling.owner(value) or self.known.owner
        found = self._object(model, value, at, partial)
        if self.faults:
            raise InvalidParameters.of(self.faults, self.findings)
        return found

    def note(self, pointer: str, code: str, message: str) -> None:
        """Remember something that does not stop the object."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(pointer, code, message))

    def _fault(self, at: str, code: str, message: str) -> Any:
        if len(self.faults) < MOST_FINDINGS:
            self.faults.append(Finding(at, code, message))
        return _UNUSABLE

    def _object(self, model: Model, value: Any, at: str, partial: bool = False, named_by: str = "") -> Any:
        if type(value) is list and len(value) == 1 and type(value[0]) is dict:
            self.note(at, "shape", f"a list of one where an object belongs ({model.name})")
            value = value[0]
        if type(value) is not dict:
            value = self._as_object(model, value, at)
            if value is _UNUSABLE:
                return value
        noted, faults, assumed = len(self.findings), len(self.faults), len(self.incomplete)
        out = self._in_own_words(model, value, at)
        given = out
        missing: list[tuple[str, Field]] = []
        for name, row, is_clean in validators.rows(model, self.version):
            old = given.get(name)
            if old is None:
                if not row.required or (partial and name not in given and name != named_by):
                    continue
                if partial:
                    self._fault(step(at, name), "missing", "required, must not be null")
                else:
                    missing.append((name, row))
                continue
            if is_clean is not None and is_clean(old):
                continue
            new = self._field(row, old, f"{at}/{name}", given, partial)
            if new is not old:
                out = dict(out) if out is value or out is given else out
                if new is _ABSENT:
                    del out[name]
                elif new is _UNUSABLE:
                    pass
                elif new is NEVER:
                    del out[name]
                    out |= UNMET
                else:
                    out[name] = new
        dated = partial and not named_by and given.get("last_updated") is None  # TRA-49
        if (missing or dated) and spelling.is_other(model, given, self.version):
            del self.findings[noted:], self.faults[faults:], self.incomplete[assumed:]
            self.respelled = True
            given, renamed = spelling.respelled(model, given, self.version, at)
            self.findings += renamed[: max(0, MOST_FINDINGS - noted)]
            return self._object(model, given, at, partial)
        for name, row in missing:
            said = "required, must not be null" if name in given else "required, but missing"
            stood = self._stand_in(row, name, f"{at}/{name}", out, [Finding("", "missing", said)])
            if stood is not _ABSENT and stood is not _UNUSABLE:
                out = dict(out) if out is value or out is given else out
                out[name] = stood
        if model.closed or self.version != V230:
            out = self._others(model, out, given, at)
        return _UNUSABLE if len(self.faults) > faults else out

    def _field(self, row: Field, value: Any, at: str, around: dict[str, Any], partial: bool) -> Any:
        """The value, or what is read instead; _ABSENT, NEVER or _UNUSABLE where that is none."""
        faults, assumed = len(self.faults), len(self.incomplete)
        if not value and spelling.is_empty(row, value):
            if not row.required:
                self.note(at, "empty", f"{shown(value)} read as absent")
                return None if partial else _ABSENT  # null is how a PATCH says that there is none (TRA-50)
            new = self._fault(at, "missing", f"required, but {shown(value) or 'empty'}")
        elif row.is_list:
            new = self._list(row, value, at, partial)
        else:
            new = self._value(row.type, value, at)
        if new is not _UNUSABLE:
            return new
        told = self.faults[faults:]
        del self.faults[faults:], self.incomplete[assumed:]
        return self._instead(row, value, at, around, partial, told)

    def _instead(
        self, row: Field, value: Any, at: str, around: dict[str, Any], partial: bool, told: list[Finding]
    ) -> Any:
        """What is read instead of a value that cannot be used."""
        other = row.otherwise
        if other is KEPT and type(value) is str and value.strip() and sound(value):
            self._aside(told, "kept, though nobody here knows it")
            return value
        if partial and (other in (WHILE_PENDING, UNUSED) or row.name in PARTIAL_PARTS):
            self.faults += told  # whoever sends a change waits for it to be made
            return _UNUSABLE
        if other is NOTHING or (partial and other not in (REFUSED, KEPT, ARRIVAL, NEVER, ALWAYS_ASK)):
            self._aside(told, "set aside")
            return _ABSENT
        if other is NEVER:
            self._aside(told, "not understood, so the element never applies")
            return NEVER
        if not row.required and not isinstance(other, Otherwise):
            self._aside(told, "not understood, so the element never applies")
            return other
        return self._stand_in(row, row.wire(self.version), at, around, told)

    def _aside(self, told: list[Finding], how: str) -> None:
        for fault in told:
            self.note(fault.pointer, fault.code, f"{fault.message}; {how}")

    def _stand_in(self, row: Field, name: str, at: str, around: dict[str, Any], told: list[Finding]) -> Any:
        """What a required field is read as by its row; _ABSENT: not stated; _UNUSABLE: there is nothing."""
        told = [Finding(fault.pointer or at, fault.code, fault.message) for fault in told]
        other = row.otherwise
        if other is NOTHING or (
            other is UNUSED and spelling.word(around.get("status")) in ("PLANNED", "REMOVED")
        ):
            self._aside(told, "read as not stated")
            self.incomplete += [at] * row.required
            return _ABSENT
        found = self._assumed(row, name, around) if isinstance(other, Otherwise) else other
        if found is None:
            self.faults += told[: MOST_FINDINGS - len(self.faults)]
            return _UNUSABLE
        how = other.told if isinstance(other, Otherwise) else shown(found)
        self._aside(told, f"read as {how}")
        self.incomplete += [at] * row.required
        return found

    def _assumed(self, row: Field, name: str, around: dict[str, Any]) -> Any:
        other, known = row.otherwise, self.known
        if other in (ARRIVAL, ALWAYS_ASK):
            return known.now if other is ARRIVAL else "NEVER"
        if other is ZONE:
            return zones.time_zone(around.get("country"), around.get("coordinates"))
        if other is OWNER or other is HOLDER:
            party = self.owner if other is OWNER else known.holder and known.holder(around)
            return party[name == "party_id"] if party else None
        if other is ASKED:
            return known.asked() if known.asked else None
        if other is UNSTATED and isinstance(row.type, Model):
            empty = Tolerance(self.version, known)._object(row.type, {}, "")
            return None if empty is _UNUSABLE else empty
        if other is WHILE_PENDING and spelling.word(around.get("status")) == "PENDING":
            return known.now if isinstance(row.type, DateTime) else 0
        return None

    def _list(self, row: Field, value: Any, at: str, partial: bool) -> Any:
        if type(value) is dict and value and all(each.isascii() and each.isdigit() for each in value):
            self.note(at, "shape", "an object with numbers for names where a list belongs")  # as PHP has it
            value = list(value.values())
        if type(value) is not list:
            if (type(value) is dict) is not isinstance(row.type, Model):
                return self._fault(at, "wrong_type", f"expected a list, got {shown(value)}")
            self.note(at, "shape", "one value where a list belongs")
            value = [value]
            kept: list[Any] | None = []
        else:
            kept = None
        named_by = PARTIAL_PARTS.get(row.name, "") if partial else ""
        unusable = False
        gone: list[Finding] = []
        clean = validators.clean(row.type, self.version) if not named_by else None
        for index, item in enumerate(value):
            faults, assumed = len(self.faults), len(self.incomplete)
            if clean is not None and clean(item):
                new = item
            elif named_by and isinstance(row.type, Model):
                new = self._object(row.type, item, f"{at}/{index}", True, named_by)
            elif item is None:
                new = self._fault(f"{at}/{index}", "missing", "null in a list")
            else:
                new = self._value(row.type, item, f"{at}/{index}")
            if new is _UNUSABLE:
                del self.incomplete[assumed:]
                if row.whole or named_by:
                    unusable = True
                    continue
                gone += self.faults[faults:]
                del self.faults[faults:]
            if kept is None and new is not item:
                kept = list(value[:index])
            if kept is not None and new is not _UNUSABLE:
                kept.append(new)
        if unusable:
            return _UNUSABLE
        found = value if kept is None else kept
        if isinstance(row.type, Model) and row.type.key:
            found = self._last_of_each(row.type.key, found, at)
        if row.required and not found:
            self.faults += gone or [Finding(at, "empty", "needs at least one entry")]
            return _UNUSABLE
        self._aside(gone, "set aside")
        return found

    def _last_of_each(self, key: str, items: list[Any], at: str) -> list[Any]:
        """Of two with one name the last counts."""
        last = {str(item.get(key)).upper(): index for index, item in enumerate(items)}
        if len(last) == len(items):
            return items
        places = set(last.values())
        for index in range(len(items)):
            if index not in places:
                gone = step(at, index)
                self.note(step(gone, key), "duplicate", "used again further on; set aside")
                self.incomplete = [each for each in self.incomplete if not each.startswith(f"{gone}/")]
        return [item for index, item in enumerate(items) if index in places]

    def _value(self, kind: Type, value: Any, at: str) -> Any:
        if isinstance(kind, Model):
            return value if validators.clean(kind, self.version)(value) else self._object(kind, value, at)
        if type(value) is dict and isinstance(kind, Number):
            for name in ("excl_vat", "before_taxes"):  # a Price of a newer version
                if name in value:
                    self.note(at, "other_version", f"{name} of another version")
                    value = value[name]
                    break
        if type(value) is list and len(value) == 1 and type(value[0]) not in (list, dict):
            self.note(at, "shape", "a list of one where one value belongs")
            value = value[0]
        found, notes, is_usable = noted(kind, value, self.version)
        for code, message in notes:
            if not is_usable:
                return self._fault(at, code, message)
            self.note(at, code, message)
        return value if type(found) is type(value) and found == value else found

    def _as_object(self, model: Model, value: Any, at: str) -> Any:
        """A Price that is a number, as 2.1.1 has it, also in quotes; a bare word that is all of a result."""
        known = model.fields(self.version)
        row = next((name for name in ("excl_vat", "before_taxes") if name in known), "")
        net = prices.amount(value) if row else None
        if net is not None:
            self.note(at, "other_version", f"a number where {model.name} belongs; read as {row}")
            return {row: net}
        result = known.get("result")
        if result and type(value) is str and noted(result.type, value, self.version)[2]:
            self.note(at, "shape", f"a word where {model.name} belongs; read as its result")
            return {"result": value}
        return self._fault(at, "wrong_type", f"expected an object ({model.name}), got {shown(value)}")

    def _in_own_words(self, model: Model, value: dict[str, Any], at: str) -> dict[str, Any]:
        """The object with the words of other versions, or of none, in those of its own."""
        out = value
        for name, others in model.elsewhere(self.version).items():
            if value.get(name) is not None:
                continue
            for other in others:
                if value.get(other) is not None:
                    out = dict(out) if out is value else out
                    out[name] = out.pop(other)
                    self.note(step(at, other), "other_version", f"read as {name}")
                    break
        if model.name in prices.REWORDED:
            out, told = prices.REWORDED[model.name](out, self.version)
            if told:
                self.note(at, "other_version", told)
        return out

    def _others(self, model: Model, out: dict[str, Any], given: dict[str, Any], at: str) -> dict[str, Any]:
        """Fields that this version does not have."""
        foreign = model.foreign(self.version)
        known = model.fields(self.version)
        for name in given:
            if name in known:
                continue
            value = given[name]
            if name in foreign:
                row, version = foreign[name]
                new = self._foreign(row, version, value, step(at, name))
            elif model.closed and value is not None:
                self.note(step(at, name), "unknown_restriction", "not understood: the element never applies")
                out = out | UNMET
                continue
            else:
                continue
            if new is not value:
                out = {each: old for each, old in out.items() if each != name}
                if new is not None:
                    out[name] = new
                elif row.otherwise is NEVER:
                    out |= UNMET
        return out

    def _foreign(self, row: Field, version: str, value: Any, at: str) -> Any:
        """A field of a newer version: as that has it, or None if it is not sound."""
        if value is None:
            return None
        inner = Tolerance(version, self.known)
        inner.owner = self.owner
        new = inner._field(row, value, at, {}, False)
        for fault in inner.faults or (inner.findings if new is _ABSENT or new is NEVER else ()):
            self.note(
                fault.pointer, "not_in_version", f"not in {self.version}; as in {version}: {fault.message}"
            )
        if inner.faults or new is _ABSENT or new is NEVER:
            return None
        for finding in inner.findings:
            self.note(finding.pointer, finding.code, finding.message)
        self.incomplete += inner.incomplete
        return new
