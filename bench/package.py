"""The deployment package: its size, and whether the same files give the same bytes."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path


def measure() -> list[tuple[str, str, str]]:
    """Build it twice, apart from each other."""
    from stack.package import package

    digests, size = [], 0
    with tempfile.TemporaryDirectory() as temporary:
        for name in ("one", "two"):
            package(Path(temporary) / name)
            archive = (Path(temporary) / name / "deployment.zip").read_bytes()
            digests.append(hashlib.sha256(archive).hexdigest())
            size = len(archive)
    same = "byte-identical" if digests[0] == digests[1] else "different bytes"
    return [
        ("deployment package, zipped (arm64, precompiled)", f"{size / 2**20:.2f} MB", "<= 6 MB"),
        ("the same when rebuilt", same, "byte-identical"),
    ]
