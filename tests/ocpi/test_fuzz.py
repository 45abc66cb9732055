"""Nothing a partner sends makes the core raise anything but a 2001 with a place, or MalformedJson."""

from __future__ import annotations

from tests.ocpi.fuzz import run


def test_broken_bodies_are_refused_noted_or_read_and_never_fatal() -> None:
    outcomes = run(1500)
    assert min(outcomes[name] for name in ("malformed", "refused", "noted", "clean")) > 10
