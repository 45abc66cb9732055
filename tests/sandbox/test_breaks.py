"""Every break of the table is seen from outside, and nothing else is: walks with it and without it differ."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

import sandbox
from sandbox.breaking import (
    content,
    contradictions,
    finer,
    handshake,
    paging,
    refusing,
    requests,
    taking,
    transport,
    writes,
)
from sandbox.breaks import BREAKS, Break
from sandbox.oddities import ODDITIES
from tests.sandbox import test_hub, walks
from tests.sandbox.walks import Stage, Walk

# For each part of the table the walks on which its breaks are looked for: (role of the sandbox, walk).
LISTS = [("CPO", walks.lists), ("EMSP", walks.lists), ("HUB", walks.lists)]
WALKS: list[tuple[dict[str, Break], list[tuple[str, Walk]]]] = [
    (transport.TRANSPORT, [*LISTS[:1], ("EMSP", walks.writes), ("CPO", walks.handshake)]),
    (paging.PAGING, LISTS[:1]),
    (handshake.VERSIONS, [("CPO", walks.handshake)]),
    (handshake.CREDENTIALS, [("CPO", walks.handshake)]),
    (content.OBJECTS, LISTS),
    (writes.RECEIVING, [("EMSP", walks.writes), ("CPO", walks.writes)]),
    (requests.ASKING, [("CPO", walks.asked), ("EMSP", walks.asked)]),
    (requests.HUBS, [("HUB", walks.hub)]),
    (requests.CALLING, [("CPO", walks.calls)]),
]
FINER_STILL = {**refusing.REFUSING, **taking.TAKING, **finer.FINER, **contradictions.CONTRADICTIONS}
SHOWN_BY_HUB = set(test_hub.BROKEN)
CASES = [
    pytest.param(name, each.versions[-1], found, id=name)
    for table, found in WALKS
    for name, each in table.items()
    if name not in SHOWN_BY_HUB
]


def transcript(role: str, version: str, walk: Walk, break_: str = "") -> list[str]:
    with Stage(role, version, break_) as stage:
        walk(stage)
        return stage.transcript()


@cache
def right(role: str, version: str, walk: Walk) -> list[str]:
    return transcript(role, version, walk)


@pytest.mark.parametrize(("name", "version", "found"), CASES)
def test_a_broken_rule_is_seen_from_outside(name: str, version: str, found: list[tuple[str, Walk]]) -> None:
    for role, walk in found:
        if transcript(role, version, walk, name) != right(role, version, walk):
            return
    raise AssertionError(f"{name} makes no difference on {[walk.__name__ for _, walk in found]}")


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
@pytest.mark.parametrize(
    ("role", "walk"),
    [
        ("CPO", walks.lists),
        ("EMSP", walks.lists),
        ("CPO", walks.handshake),
        ("EMSP", walks.writes),
        ("CPO", walks.writes),
        ("CPO", walks.asked),
        ("EMSP", walks.asked),
        ("CPO", walks.calls),
    ],
)
def test_without_a_break_a_walk_is_always_the_same(role: str, walk: Walk, version: str) -> None:
    """Otherwise the test above would show nothing."""
    assert transcript(role, version, walk) == right(role, version, walk)


def test_the_table_names_every_rule_that_is_asked_for_and_no_other() -> None:
    source = "\n".join(path.read_text() for path in Path(sandbox.__path__[0]).rglob("*.py"))
    named = {name for name, each in BREAKS.items() if each.point == "rule"}
    asked = set(re.findall(r'(?:breaks|kept)\(\s*"(\w+)"', source)) & set(BREAKS)
    assert named - asked == {"accepts_wrong_token", "accepts_no_token"}  # asked for by a variable
    assert not set(BREAKS) & set(ODDITIES)
    walked = {name for table, _ in WALKS for name in table}
    assert set(BREAKS) == walked | set(FINER_STILL)  # which tests/conformance shows
