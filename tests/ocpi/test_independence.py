"""The core knows no AWS and no HTTP, and loads only what is used (design section 6, style)."""

from __future__ import annotations

import subprocess
import sys

CORE = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"boto3", "botocore", "chalice", "requests", "urllib3"}:
            raise ImportError(f"the core asked for {name}")

sys.meta_path.insert(0, Hidden())
import importlib, pkgutil
import chalicelib.ocpi
"""


def run(code: str) -> str:
    ran = subprocess.run([sys.executable, "-c", CORE + code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_every_file_of_the_core_is_imported_without_aws_and_http() -> None:
    code = (
        "for file in pkgutil.walk_packages(chalicelib.ocpi.__path__, 'chalicelib.ocpi.'):\n"
        "    importlib.import_module(file.name)\n"
        "from chalicelib.ocpi.reading import read\n"
        "print(read('stop_session', {'response_url': 'https://a.b/c', 'session_id': 'S'}, '2.2.1').findings)"
    )
    assert run(code) == "()"


def test_importing_the_doors_of_the_core_loads_no_validator_and_no_table() -> None:
    code = (
        "import chalicelib.ocpi.reading, chalicelib.ocpi.writing, chalicelib.ocpi.patching\n"
        "loaded = ('pydantic', 'chalicelib.ocpi.models.')\n"
        "print([name for name in sys.modules if name.startswith(loaded)])"
    )
    assert run(code) == "['chalicelib.ocpi.models.base']"


def test_reading_a_token_loads_the_tables_of_tokens_only() -> None:
    code = (
        "from chalicelib.ocpi.reading import read\n"
        "read('location_references', {'location_id': 'L'}, '2.3.0')\n"
        "files = ('locations', 'cdrs', 'tokens')\n"
        "print([name for name in files if f'chalicelib.ocpi.models.{name}' in sys.modules],"
        " 'pydantic' in sys.modules, 'chalicelib.ocpi.versions.v2_1_1' in sys.modules)"
    )
    assert run(code) == "['tokens'] False False"
