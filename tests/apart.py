"""What counts all that a process does runs in one of its own: no other test's platform is in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# Whatever it logs goes before the answer, which is the last line.
CALL = "import json, sys; from {module} import {name}; print(); print(json.dumps({name}()))"


def apart(module: str, name: str) -> Any:
    """The answer, as JSON has it, of a function that is called in a new process."""
    command = [sys.executable, "-c", CALL.format(module=module, name=name)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])
