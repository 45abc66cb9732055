"""The table of verbs, and doing one.

A verb is a function of the partner and its fields: the docstring documents it, the signature is its form.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.calling import CallFailed
from sandbox.life import NotPossible

if TYPE_CHECKING:
    from sandbox.partner import Partner

Verb = Callable[..., Any]
Given = TypeVar("Given", bound=Verb)
VERBS: dict[str, Verb] = {}


class VerbFailed(Exception):
    """A verb nobody knows, fields it does not take, or a peer that did not do its part."""


def verb(function: Given) -> Given:
    """Add it to the table; `break_` is the verb `break`."""
    VERBS[function.__name__.rstrip("_")] = function
    return function


def run(partner: Partner, name: str, fields: dict[str, Any]) -> Any:
    """Do it; what it answers. Raises VerbFailed."""
    function = VERBS.get(name)
    if function is None:
        raise VerbFailed(f"no verb {name}; there are: {', '.join(sorted(VERBS))}")
    try:
        inspect.signature(function).bind(partner, **fields)
    except TypeError as problem:
        raise VerbFailed(f"{name}: {problem}; it takes: {', '.join(form(function)) or 'nothing'}") from None
    try:
        return function(partner, **fields)
    except (CallFailed, LookupError, NotPossible, ValueError) as problem:
        said = problem.args[0] if problem.args else problem
        raise VerbFailed(f"{name}: {said}") from None


def form(function: Verb) -> list[str]:
    """Its fields, those that may be left out with their default."""
    found = []
    for each in list(inspect.signature(function).parameters.values())[1:]:
        default = "" if each.default is inspect.Parameter.empty else f"={each.default!r}"
        found.append(f"{each.name}{default}")
    return found


def described() -> list[dict[str, Any]]:
    """The table, for `GET /do` and the documentation."""
    rooms = ("connections", "objects", "charging", "asking", "behaving")
    ordered = sorted(VERBS.items(), key=lambda each: rooms.index(each[1].__module__.rpartition(".")[2]))
    return [
        {"verb": name, "fields": form(function), "does": " ".join((function.__doc__ or "").split())}
        for name, function in ordered
    ]
