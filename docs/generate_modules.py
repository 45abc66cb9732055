"""Writes the README's table of endpoints from the module table; `--check` only compares.

Run as `python -m docs.generate_modules`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from chalicelib.ocpi import routing
from chalicelib.ocpi.modules import ALL, MODULES, Interface, Module

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- modules: begin -->", "<!-- modules: end -->"


def table() -> str:
    """The Markdown table: a line per path, its methods, since when, and the hosted roles that offer it."""
    lines = [
        "| path below `/ocpi/{version}` | methods | offered by | versions |",
        "|---|---|---|---|",
        "| `/credentials` | GET, POST, PUT, DELETE | all | 2.1.1, 2.2.1, 2.3.0 |",
    ]
    for module in MODULES:
        for interface in module.interfaces:
            lines += [_line(module, interface, shape) for shape in routing.shapes(interface)]
    return "\n".join(lines)


def current() -> tuple[str, str]:
    """The README as it is and as it should be."""
    text = README.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return text, f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _line(module: Module, interface: Interface, shape: str) -> str:
    operations = [operation for operation in interface.operations if operation.shape == shape]
    versions = [v for v in ALL if v in module.versions and any(v in each.versions for each in operations)]
    methods = []
    for each in operations:
        limited = [v for v in versions if v in each.versions]
        methods.append(each.method if limited == versions else f"{each.method} ({', '.join(limited)} only)")
    path = f"/{interface.role.lower()}/{module.id}" + (f"/{shape}" if shape else "")
    return f"| `{path}` | {', '.join(methods)} | {', '.join(interface.offered_by)} | {', '.join(versions)} |"


if __name__ == "__main__":
    is_now, should_be = current()
    if "--check" in sys.argv:
        sys.exit(0 if is_now == should_be else "README.md: run python -m docs.generate_modules")
    README.write_text(should_be)
