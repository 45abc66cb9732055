"""Whoever meets an ID can look it up."""

from __future__ import annotations

from docs import generate_requirements


def test_every_id_that_is_cited_can_be_looked_up() -> None:
    page = generate_requirements.PAGE.read_text()
    missing = generate_requirements.cited(ranges=False) - generate_requirements.known(page)
    assert sorted(missing) == []
