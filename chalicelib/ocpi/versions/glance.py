"""A glance at the JSON text of an object: whether its way to another version changes anything in it.

Most objects do not differ between two versions. msgspec tells so as it passes over the text, and makes
nothing of it: what some step would change does not fit the type that is made here of the steps' Plans.
What does not fit may still be the same; that, the steps themselves tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chalicelib.ocpi.versions import values
from chalicelib.ocpi.versions.plan import MANY_WAYS, NEEDED_WAYS, Plan

# What a value is that stays as it is: its "words", or what `msgspec.Meta` calls it
Limits = dict[str, Any]


def glance(plans: tuple[Plan, ...]) -> Callable[[str], bool] | None:
    """What tells by an object's text that these steps change nothing; None where they always do."""
    same = _same(plans)
    if same is None:
        return None
    decode = msgspec.json.Decoder(same).decode

    def fits(text: str) -> bool:
        try:
            decode(text)
        except msgspec.DecodeError:
            return False
        return True

    return fits


def _same(plans: tuple[Plan, ...]) -> Any:
    """The type of one table's objects that the steps change nothing of; None where there are none."""
    if any(plan.hook or plan.renames for plan in plans):
        return None
    fields: dict[str, Any] = {}
    for name in {name for plan in plans for name, _, _ in plan.parts}:
        parts = [(part, way) for plan in plans for each, part, way in plan.parts if each == name]
        inside, way = _same(tuple(part for part, _ in parts)), parts[0][1]
        if inside is None and way in NEEDED_WAYS:
            return None
        fields[name] = UnsetType if inside is None else _given(inside, way in MANY_WAYS)
    for name, (is_list, limits) in _limited(plans).items():
        words = limits.get("words")
        value = Annotated[str, Meta(**limits)] if words is None else Literal[tuple(sorted(words))]
        fields[name] = _given(value, is_list)
    for plan in plans:
        fields |= dict.fromkeys((*plan.aliens, *plan.drops), UnsetType)
    return msgspec.defstruct("Same", [(name, type_ | UnsetType, UNSET) for name, type_ in fields.items()])


def _given(type_: Any, is_list: bool) -> Any:
    return (list[type_] if is_list else type_) | None


def _limited(plans: tuple[Plan, ...]) -> dict[str, tuple[bool, Limits]]:
    """The fields whose values some step may change, whether they are lists, and what it leaves as it is."""
    found: dict[str, tuple[bool, Limits]] = {}
    for plan in plans:
        for name, is_list, limits in _limits(plan):
            known = found.setdefault(name, (is_list, limits))[1]
            found[name] = (is_list, {**known, **limits})
            if "words" in known and "words" in limits:
                found[name][1]["words"] = known["words"] & limits["words"]
            if "max_length" in known and "max_length" in limits:
                found[name][1]["max_length"] = min(known["max_length"], limits["max_length"])
    return found


def _limits(plan: Plan) -> Iterator[tuple[str, bool, Limits]]:
    for name in plan.times:
        yield name, False, {"min_length": values.WHOLE, "max_length": values.WHOLE}
    for name in plan.places:
        yield name, False, {"pattern": r"(?s:\..{6})\Z"}
    for name, words, is_list, _ in plan.words:
        yield name, is_list, {"words": words}
    for name, longest, is_list, _ in plan.texts:
        yield name, is_list, {"max_length": longest}
