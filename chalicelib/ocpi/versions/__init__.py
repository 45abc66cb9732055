"""An object from the version it is written in to 2.3.0, and back.

2.1.1 is a delta over 2.2.1, which is a delta over 2.3.0: one path, both directions.
Only the deltas that a version needs are loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from chalicelib.ocpi import models
from chalicelib.ocpi.models.base import V211, V221, V230
from chalicelib.ocpi.versions.conversion import Trip
from chalicelib.ocpi.versions.converters import Converter, converter
from chalicelib.ocpi.versions.delta import Delta
from chalicelib.ocpi.versions.glance import glance
from chalicelib.ocpi.versions.plan import plan


def upgrade(kind: str, body: dict[str, Any], version: str, trip: Trip) -> dict[str, Any]:
    """The 2.3.0 form of a body that its version's table accepts; the body itself where nothing differs."""
    for step in _steps(kind, version, False):
        body = step.apply(body, trip, ())
    return body


def downgrade(kind: str, body: dict[str, Any], version: str, trip: Trip) -> dict[str, Any]:
    """The form a partner of that version reads; what is lost is in `trip.losses`. Raises Inexpressible."""
    trip.embed = embed
    for step in _steps(kind, version, True):
        body = step.apply(body, trip, ())
    return body


def embed(kind: str, body: dict[str, Any], trip: Trip, *, whole: bool) -> dict[str, Any]:
    """An object inside a 2.1.1 object: from 2.3.0 where `whole`, else one already in 2.2.1 words.

    What it loses is not the loss of the object around it.
    """
    lost = trip.lost
    trip.lost = []
    try:
        for step in _steps(kind, V211, True)[0 if whole else -1 :]:
            body = step.apply(body, trip, ())
    finally:
        trip.lost = lost
    return body


def within(kind: str, body: dict[str, Any], version: str, trip: Trip) -> dict[str, Any]:
    """An object in that version as a partner can take it: names and addresses no longer than it has them."""
    for step in _steps(kind, version, True)[-1:] if version != V211 else ():
        body = step.apply(body, trip, ())
    return body


def same(kind: str, text: str, before: str, after: str) -> bool:
    """Whether a glance at a text that `jsontext.dumps` wrote tells that another version says the same."""
    fits = _glance(kind, before, after)
    return fits is not None and fits(text)


def bridge(kind: str, body: dict[str, Any], before: str, after: str, trip: Trip) -> dict[str, Any]:
    """A body of one version in another, as `upgrade` and `downgrade` give it, which it may be changed into.

    Not for kinds that 2.1.1 puts others into, since those would be changed, too. Raises Inexpressible.
    """
    for step in _bridge(kind, before, after):
        body = step.apply(body, trip, ())
    return body


@cache
def _bridge(kind: str, before: str, after: str) -> tuple[Converter, ...]:
    steps = (*_steps(kind, before, False), *_steps(kind, after, True))
    return tuple(converter(step.plan, True) for step in steps if not step.plan.idle)


@cache
def _glance(kind: str, before: str, after: str) -> Callable[[str], bool] | None:
    steps = (*_steps(kind, before, False), *_steps(kind, after, True))
    return glance(tuple(step.plan for step in steps))


@cache
def _steps(kind: str, version: str, down: bool) -> tuple[Converter, ...]:
    """The steps between a version and 2.3.0, in their order; on the way down `within` it at last."""
    model = models.model(kind)
    steps = [converter(plan(model, delta, down)) for delta in _deltas(version)]
    if down:
        steps.reverse()
        if version != V211:
            steps.append(converter(plan(model, Delta(version, version, {}, {}, {}, {}, {}), True)))
    return tuple(steps)


def _deltas(version: str) -> tuple[Delta, ...]:
    """The deltas from that version up to 2.3.0, lowest first."""
    if version == V230:
        return ()
    from chalicelib.ocpi.versions import v2_2_1

    if version == V221:
        return (v2_2_1.DELTA,)
    if version == V211:
        from chalicelib.ocpi.versions import v2_1_1

        return (v2_1_1.DELTA, v2_2_1.DELTA)
    raise ValueError(f"no such version: {version}")
