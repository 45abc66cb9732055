"""Writes the tables of docs/money.md from the pricing engine: `python -m docs.generate_money`.

What stands between `<!-- table NAME -->` and `<!-- end -->` is made here; all else is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from chalicelib.pricing.codes import CODES
from chalicelib.pricing.knobs import KNOBS
from chalicelib.pricing.lint_codes import LINT
from chalicelib.pricing.policy import DEFAULT, PRESETS
from chalicelib.pricing.readings import READINGS

PAGE = Path(__file__).parent / "money.md"

_TABLE = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def page() -> str:
    """The whole page with its tables as they are now."""
    return _TABLE.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}\n{found[3]}", PAGE.read_text())


def _rows(head: str, rows: list[tuple[str, ...]]) -> str:
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|" + "---|" * columns]
    return "\n".join(lines + ["| " + " | ".join(each) + " |" for each in rows])


def _words(text: str) -> str:
    return text.replace("|", "\\|")


def _knobs() -> str:
    defaults = DEFAULT.shown()
    rows = []
    for name, knob in KNOBS.items():
        default = defaults[name]
        shown = "null" if default is None else "none" if default == {} else str(default)
        values = ", ".join(f"`{each}`" for each in knob.values) or "a number or null"
        if name == "tolerance_by_currency":
            values = "amounts by currency"
        rows.append((f"`{name}`", values, f"`{shown}`", _words(knob.meaning), _words(knob.example)))
    return _rows("knob | values | default | decides | for example", rows)


def _presets() -> str:
    defaults = DEFAULT.shown()
    rows = []
    for name, policy in PRESETS.items():
        other = [f"`{knob}: {value}`" for knob, value in policy.shown().items() if value != defaults[knob]]
        rows.append((f"`{name}`", ", ".join(other) or "the defaults"))
    return _rows("preset | what it changes", rows)


def _findings() -> str:
    return _rows(
        "code | severity | meaning",
        [(f"`{code}`", f"`{severity}`", _words(meaning)) for code, (severity, meaning) in CODES.items()],
    )


def _readings() -> str:
    return _rows("reading | meaning", [(f"`{name}`", _words(meaning)) for name, meaning in READINGS.items()])


def _lint() -> str:
    return _rows(
        "code | severity | meaning | for example",
        [
            (f"`{code}`", f"`{severity}`", _words(meaning), _words(example))
            for code, (severity, meaning, example) in LINT.items()
        ],
    )


TABLES: dict[str, Callable[[], str]] = {
    "knobs": _knobs,
    "presets": _presets,
    "findings": _findings,
    "readings": _readings,
    "lint": _lint,
}


if __name__ == "__main__":
    PAGE.write_text(page())
