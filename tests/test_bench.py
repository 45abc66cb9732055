"""The measurements of two commits compare."""

from __future__ import annotations

import ast
import importlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench import kept
from bench.__main__ import main

BEFORE = [
    ("PUT of a Token", "12 WU, 1 RU, 2 round trips", "<= 2 trips"),
    ("a page", "5.0 ms (2.0 SDK)", "<= 9 ms"),
    ("  for 2.1.1", "6.0 ms (2.0 SDK)", ""),
    ("another page", "5.0 ms (2.0 SDK)", "<= 9 ms"),
    ("the same for 2.1.1", "6.0 ms (2.0 SDK)", ""),
    ("rate of puts", "1,000 a second", ">= 900"),
    ("free", "+0 WU", "+0 WU"),
    ("gone", "1 trip", "-"),
    ("calls", "2 SendMessageBatch", "-"),
]
AFTER = [
    ("PUT of a Token", "12 WU, 1 RU, 2 round trips", "<= 2 trips"),
    ("a page", "4.0 ms (2.0 SDK)", "<= 9 ms"),
    ("  for 2.1.1", "9.0 ms (1.0 SDK)", ""),
    ("another page", "4.0 ms (1.0 SDK)", "<= 9 ms"),
    ("the same for 2.1.1", "6.0 ms (2.0 SDK)", ""),
    ("rate of puts", "500 a second", ">= 900"),
    ("free", "+1 WU", "+0 WU"),
    ("come", "1 trip", "-"),
    ("calls", "2 SendMessage", "-"),
]


@pytest.fixture
def measured(tmp_path, monkeypatch) -> Any:
    """A run of the bench whose one room measures these rows: the file it keeps."""
    monkeypatch.chdir(tmp_path)

    def run(rows: list[kept.Row], room: str = "room") -> Path:
        monkeypatch.setitem(sys.modules, f"bench.{room}", SimpleNamespace(measure=lambda: rows))
        assert main([room]) == 0
        (file,) = Path("build/bench").glob("*.json")
        return file

    return run


def test_a_run_is_kept_with_its_numbers_and_units(measured):
    found = json.loads(measured(BEFORE).read_text())
    assert found["room"][0] == {
        "name": "PUT of a Token",
        "measured": "12 WU, 1 RU, 2 round trips",
        "target": "<= 2 trips",
        "numbers": [
            {"value": 12.0, "unit": "WU"},
            {"value": 1.0, "unit": "RU"},
            {"value": 2.0, "unit": "round trips"},
        ],
    }
    assert found["room"][5]["numbers"] == [{"value": 1000.0, "unit": "a second"}]


def test_a_room_that_is_measured_again_leaves_the_others_of_its_commit(measured):
    measured(BEFORE, "one")
    measured(BEFORE, "other")
    found = json.loads(measured(AFTER, "one").read_text())
    assert [row["name"] for row in found["other"]][:2] == ["PUT of a Token", "a page"]
    assert found["one"][1]["measured"] == "4.0 ms (2.0 SDK)"


def test_the_rows_that_differ_are_printed_worst_first(measured, capsys):
    before = measured(BEFORE).rename("before.json")
    after = measured(AFTER).rename("after.json")
    capsys.readouterr()
    assert main(["compare", str(before), str(after)]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["worse", "what", "before", "after"]
    assert [line[:60].strip() for line in lines] == [
        "inf x  room: free",
        "2.00 x  room: rate of puts",
        "1.50 x  room: a page: for 2.1.1",
        "1.00 x  room: a page",
        "0.80 x  room: another page",
        "room: calls",
        "room: gone",
        "room: come",
    ]
    assert lines[1].split("puts")[1].split("  ")[-1].strip() == "500 a second"


def test_files_without_a_difference_print_none(measured, capsys):
    file = str(measured(BEFORE))
    capsys.readouterr()
    assert main(["compare", file, file]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_what_a_measurement_imports_is_there():
    """Types are not checked there, and much is imported only where it is measured."""
    for file in Path(kept.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and not str(node.module).startswith("py_ocpi"):
                module = importlib.import_module(str(node.module))
                for each in node.names:
                    found = hasattr(module, each.name) or importlib.import_module(
                        f"{node.module}.{each.name}"
                    )
                    assert found, f"{file.name}: {node.module}.{each.name}"


def test_comparing_takes_two_files(capsys):
    assert main(["compare", "one.json"]) == 2
    assert "A.json B.json" in capsys.readouterr().err
