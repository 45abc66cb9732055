"""The map of the house, held against every import: one way, no circles, lazy only where the map says so.

The README shows the same map. A folder imports only from folders in lines below its own; inside a
folder nothing runs in a circle, not even by imports that only serve types or come late.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "chalicelib"

# From the doors down. What stands in one line may not import each other's folders.
FLOORS = (
    ("workers", "endpoint"),
    ("actions",),
    ("delivery",),
    ("commands", "hub", "evidence", "billing"),
    ("objects",),
    ("partners",),
    ("wiring", "tasks"),
    ("partner_client",),
    ("store", "aws"),
    ("deployment",),
    ("settings", "errors", "partner", "logs", "schedule", "threads"),
    ("ocpi", "pricing"),
)
LEVEL = {name: len(FLOORS) - at for at, names in enumerate(FLOORS) for name in names}

# Imports inside functions, by the module that has them: what it is lazy for, and why.
LAZY = {
    "wiring": "the Platform's parts, so that a function pays only for what it touches",
    "aws.clients": "AWS clients",
    "partner_client.client": "urllib3",
    "store.partner_transaction": "botocore's errors",
    "partners.registration_sender": "botocore's errors",
}
LAZY_INSIDE = ("ocpi",)  # tables, validators and older versions


def modules() -> dict[str, Path]:
    named = {}
    for path in HOUSE.rglob("*.py"):
        name = ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix("__init__").rstrip(".")
        named[name] = path
    return named


MODULES = modules()


def imports(path: Path) -> Iterator[tuple[str, int, bool]]:
    """The modules of the house that a file imports, with the line, and whether inside a function."""
    tree = ast.parse(path.read_text())
    inside = {
        id(found)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for found in ast.walk(function)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("chalicelib"):
            continue
        package = (node.module or "").removeprefix("chalicelib").lstrip(".")
        for alias in node.names:
            whole = f"{package}.{alias.name}".lstrip(".")
            yield (whole if whole in MODULES else package), node.lineno, id(node) in inside


def floor(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name))
def test_imports_go_down_the_house(module: str) -> None:
    wrong = [
        f"line {line}: {target}"
        for target, line, _ in imports(MODULES[module])
        if floor(target) != floor(module) and not LEVEL[floor(target)] < LEVEL[floor(module)]
    ]
    assert wrong == [], f"{module} imports from its own floor or from above"


def test_every_folder_stands_on_the_map() -> None:
    assert {floor(name) for name in MODULES if name} <= set(LEVEL)


def test_nothing_runs_in_a_circle() -> None:
    edges = {name: {target for target, _, _ in imports(path)} for name, path in MODULES.items() if name}
    while leaves := {name for name, targets in edges.items() if not targets & edges.keys()}:
        for name in leaves:
            del edges[name]
    assert sorted(edges) == []


def test_no_import_is_lazy_outside_its_list() -> None:
    lazy = [
        f"{name}:{line} {target}"
        for name, path in MODULES.items()
        for target, line, inside in imports(path)
        if inside and name not in LAZY and floor(name) not in LAZY_INSIDE
    ]
    assert lazy == []


def test_the_readme_shows_this_map() -> None:
    readme = (ROOT / "README.md").read_text()
    missing = [
        name for names in FLOORS for name in names if (HOUSE / name).exists() and f"{name}/" not in readme
    ]
    assert missing == []


def test_what_is_tried_with_partners_knows_nothing_of_ours() -> None:
    """`sandbox/` and `conformance/` share no code with the platform: two faults must not agree."""
    for package in ("sandbox", "conformance"):
        for path in (ROOT / package).rglob("*.py"):
            assert "chalicelib" not in {
                (node.module or "").partition(".")[0]
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.ImportFrom)
            }, path


def test_no_file_of_the_product_is_longer_than_a_stranger_reads_at_once() -> None:
    """400 lines; `clients/` is written by `contract.generate`."""
    folders = [each for each in ROOT.iterdir() if (each / "__init__.py").exists() or each == HOUSE]
    files = [*ROOT.glob("*.py"), *(path for folder in folders for path in folder.rglob("*.py"))]
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    long = {name for name, many in lines.items() if many > 400 and not name.startswith(("tests", "clients"))}
    assert "chalicelib/objects/writer.py" in lines
    assert long == set()
