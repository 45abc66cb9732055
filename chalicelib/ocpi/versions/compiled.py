"""A Plan as one Python function: a line per field that can differ, nothing looked up or looped over.

A page of Locations has thousands of objects in it, and most of them do not differ.
The text is made from the field names of our own tables and from nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.ocpi.versions import values
from chalicelib.ocpi.versions.trip import Change

if TYPE_CHECKING:
    from chalicelib.ocpi.versions.delta import Plan

_COPY = "        if out is value: out = dict(value)"
_WHOLE_LENGTH = len("2026-01-01T00:00:00Z")


def function(plan: Plan) -> Change:
    """`apply` of the plan; the value itself for one that is idle."""
    known: dict[str, Any] = {
        "changed": _changed,
        "unlike": _unlike,
        "gone": plan.gone,
        "hook": plan.hook,
        "six_decimals": values.six_decimals,
        "whole_seconds": values.whole_seconds,
    }
    lines = [
        "def apply(value, trip, path):",
        "    if type(value) is not dict: return value",
        "    out = value",
    ]
    for name in sorted(plan.aliens):
        lines += [f"    if {name!r} in out:", _COPY, f"        del out[{name!r}]"]
    if plan.hook is not None:
        lines.append("    out = hook(dict(out) if out is value else out, trip, path)")
    for name in plan.times:
        test = f"type(old) is not str or len(old) != {_WHOLE_LENGTH}"
        lines += _unless(name, f"old is not None and ({test})", "whole_seconds")
    for name in plan.places:
        test = "type(old) is not str or old[-7:-6] != '.'"
        lines += _unless(name, f"old is not None and ({test})", "six_decimals")
    for at, (name, words, is_list, change) in enumerate(plan.words):
        known |= {f"words{at}": _other_than(words.issuperset) if is_list else words, f"word{at}": change}
        test = f"words{at}(old)" if is_list else f"type(old) is not str or old not in words{at}"
        lines += _unless(name, f"old is not None and ({test})", f"word{at}")
    for at, (name, change, sole) in enumerate(plan.changes):
        known |= {f"change{at}": change, f"sole{at}": sole and sole[1]}
        unlike = f" and unlike(old, {sole[0]!r}, sole{at})" if sole else ""
        lines += _unless(name, f"old is not None{unlike}", f"change{at}")
    for name, is_loss in plan.drops.items():
        lines += [f"    if {name!r} in out:", _COPY, f"        old = out.pop({name!r})"]
        if is_loss:
            lost = f"((path, {name!r}), 'not_in_version', gone)"
            lines.append(f"        if old is not None and old != []: trip.lost.append({lost})")
    for name, newer in plan.renames.items():
        lines += [f"    if {name!r} in out:", _COPY, f"        out[{newer!r}] = out.pop({name!r})"]
    exec("\n".join([*lines, "    return out"]), known)  # noqa: S102
    apply: Change = known["apply"]
    return apply


def _unless(name: str, test: str, change: str) -> list[str]:
    return [
        f"    old = out.get({name!r})",
        f"    if {test}:",
        f"        new = {change}(old, trip, (path, {name!r}))",
        f"        if new is not old: out = changed(out, value, {name!r}, new)",
    ]


def _changed(out: dict[str, Any], value: dict[str, Any], name: str, new: Any) -> dict[str, Any]:
    if out is value:
        out = dict(value)
    if new is None:
        del out[name]
    else:
        out[name] = new
    return out


def _other_than(are_known: Any) -> Any:
    """Whether a list holds other words, or no words at all in an object that nobody judged."""

    def other(words: Any) -> bool:
        try:
            return not are_known(words)
        except TypeError:
            return True

    return other


def _unlike(items: Any, name: str, known: frozenset[str]) -> bool:
    """Whether one of the objects in a list has another word in this field."""
    try:
        for item in items:
            if item[name] not in known:
                return True
    except (TypeError, LookupError):
        return True
    return False
