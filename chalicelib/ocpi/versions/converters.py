"""A Plan as Python functions: a line or two per field that can differ, nothing looked up.

A page of Locations has thousands of objects in it, and most of them do not differ:
a glance tells so, and a path or a copy is made only where one is needed.
The text is made from the field names of our own tables and from nothing else.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

from chalicelib.ocpi.versions import values
from chalicelib.ocpi.versions.conversion import Change, Inexpressible
from chalicelib.ocpi.versions.plan import MANY_WAYS, Plan, maybe, some

_ONE = """\
def change(value, trip, path):
    if type(value) is not dict: return value
    out, lost = value, trip.lost
    {steps}
    return out
"""
_EACH = """\
def change(items, trip, path):
    if type(items) is not list: return items
    kept, unsaid, lost = items, [], trip.lost
    for index, value in enumerate(items):
        if type(value) is not dict: continue
        out = value
        try:
            {steps}
        except Inexpressible as problem:
            trip.lose(problem.path, problem.code, problem.message)
            unsaid.append(index)
            continue
        if out is not value:
            if kept is items: kept = items.copy()
            kept[index] = out
    return without(kept, unsaid) if unsaid else kept
"""
_COPY = "    if out is value: out = value.copy()"


class Converter:
    """A Plan as functions, each made when it is first needed.

    They give the object in the target version, or the list of them; itself where nothing
    differs. `apply` and `some` raise Inexpressible. `in_place`: the object itself is changed, which
    nobody else has, and nobody hears which fields are lost.
    """

    def __init__(self, plan: Plan, in_place: bool) -> None:
        self.plan = plan
        self._in_place = in_place

    @cached_property
    def apply(self) -> Change:
        """What becomes of one such object."""
        return _made(self.plan, self._in_place, _ONE, 4, "path")

    @cached_property
    def maybe(self) -> Change:
        """`apply` for an object that need not be there: None where it cannot be said."""
        return maybe(self.apply)

    @cached_property
    def each(self) -> Change:
        """What becomes of a list of them: those that cannot be said are left out (CNV-P5)."""
        return _made(self.plan, self._in_place, _EACH, 12, "(path, index)")

    @cached_property
    def some(self) -> Change:
        """`each` for a list that may not be empty."""
        return some(self.each)


@cache
def converter(plan: Plan, in_place: bool = False) -> Converter:
    """The converter of a plan, made once."""
    return Converter(plan, in_place)


def _made(plan: Plan, in_place: bool, frame: str, indent: int, path: str) -> Change:
    known: dict[str, Any] = {
        "Inexpressible": Inexpressible,
        "changed": _changed_itself if in_place else _changed,
        "gone": ("not_in_version", plan.gone),
        "hook": plan.hook,
        "six_decimals": values.six_decimals,
        "whole_seconds": values.whole_seconds,
        "without": _without,
    }
    lines = _steps(plan, in_place, path, known)
    steps = ("\n" + " " * indent).join(line for line in lines if line != _COPY or not in_place)
    exec(frame.format(steps=steps or "pass"), known)  # noqa: S102
    change: Change = known["change"]
    return change


def _steps(plan: Plan, in_place: bool, path: str, known: dict[str, Any]) -> list[str]:
    """The lines that make `out` of `value`; what they name is put among the known."""
    lines = []
    for name in sorted(plan.aliens):
        lines += [f"if {name!r} in out:", _COPY, f"    del out[{name!r}]"]
    if plan.hook is not None:
        copy = "out" if in_place else "value.copy() if out is value else out"
        lines.append(f"out = hook({copy}, trip, {path})")
    for name in plan.times:
        lines += _unless(name, _glance(_NOT_WHOLE.format("old")), "whole_seconds", path)
    for name in plan.places:
        lines += _unless(name, _glance(_NOT_SIX.format("old")), "six_decimals", path)
    for at, (name, words, is_list, change) in enumerate(plan.words):
        known |= {f"words{at}": words, f"word{at}": change}
        test = f"not words{at}.issuperset(old)" if is_list else f"old not in words{at}"
        lines += _unless(name, _glance(test), f"word{at}", path)
    for at, (name, _, _, change) in enumerate(plan.texts):
        known[f"text{at}"] = change
        lines += _unless(name, [], f"text{at}", path)
    for at, (name, part, way) in enumerate(plan.parts):
        known[f"part{at}"] = converter(part, in_place)
        lines += _unless(name, _glance_inside(part, way, f"part{at}_", known), f"part{at}.{way}", path)
    for name, is_loss in plan.drops.items():
        lines += [f"if {name!r} in out:", _COPY]
        if is_loss and not in_place:
            lost = f"({path.strip('()')}, {name!r}, gone)"
            lines += [
                f"    old = out[{name!r}]",
                f"    if old or old is not None and old != []: lost.append({lost})",
            ]
        lines.append(f"    del out[{name!r}]")
    for name, newer in plan.renames.items():
        lines += [f"if {name!r} in out:", _COPY, f"    out[{newer!r}] = out.pop({name!r})"]
    return lines


def _unless(name: str, glance: list[str], change: str, path: str) -> list[str]:
    """The change of a field; not tried where a glance at the old value gets through."""
    lines = [
        f"new = {change}(old, trip, ({path}, {name!r}))",
        f"if new is not old: out = changed(out, value, {name!r}, new)",
    ]
    if glance:
        lines = ["try:", *_deeper(glance), "except (TypeError, LookupError):", *_deeper(lines)]
    return [f"old = out.get({name!r})", "if old is not None:", *_deeper(lines)]


def _glance(test: str) -> list[str]:
    """A test that takes types and fields for granted: where they are not so, it fails, too."""
    return [f"if {test}: raise LookupError"]


_NOT_WHOLE = f"len({{}}) != {values.WHOLE}"
_NOT_SIX = "{}[-7:-6] != '.'"


def _glance_inside(part: Plan, way: str, prefix: str, known: dict[str, Any]) -> list[str]:
    """The same for an object inside, or for a list of them, of which only single values can differ."""
    if not part.is_flat:
        return []
    is_list = way in MANY_WAYS
    item = "item" if is_list else "old"
    tests = [f"{name!r} in {item}" for name in sorted({*part.aliens, *part.drops})]
    tests += [_NOT_WHOLE.format(f"{item}[{name!r}]") for name in part.times]
    tests += [_NOT_SIX.format(f"{item}[{name!r}]") for name in part.places]
    for at, (name, words, _, _) in enumerate(part.words):
        known[f"{prefix}{at}"] = words
        tests.append(f"{item}[{name!r}] not in {prefix}{at}")
    glance = _glance(" or ".join(tests))
    return ["for item in old:", *_deeper(glance)] if is_list else glance


def _deeper(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _changed(out: dict[str, Any], value: dict[str, Any], name: str, new: Any) -> dict[str, Any]:
    if out is value:
        out = value.copy()
    if new is None:
        del out[name]
    else:
        out[name] = new
    return out


def _changed_itself(out: dict[str, Any], _value: dict[str, Any], name: str, new: Any) -> dict[str, Any]:
    return _changed(out, {}, name, new)


def _without(items: list[Any], unsaid: list[int]) -> list[Any]:
    return [item for index, item in enumerate(items) if index not in unsaid]
