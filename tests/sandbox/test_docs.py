"""docs/sandbox.md says what the tables of the sandbox say, and the sandbox stands for itself."""

from __future__ import annotations

import ast
from pathlib import Path

import sandbox
from stack.package import PACKAGED

HOME = Path(sandbox.__path__[0])
ALLOWED = {"sandbox", "requests"}


def test_the_page_has_the_tables_of_the_code() -> None:
    from docs import generate_sandbox

    is_now, should_be = generate_sandbox.current()
    assert is_now == should_be, "run python -m docs.generate_sandbox"


def test_it_imports_requests_the_standard_library_and_nothing_of_the_platform() -> None:
    import sys

    for path in HOME.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                root = name.split(".")[0]
                assert root in ALLOWED or root in sys.stdlib_module_names, f"{path.name} imports {name}"


def test_it_is_not_packaged() -> None:
    assert "sandbox" not in PACKAGED
