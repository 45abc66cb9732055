"""`make version VERSION=1.2.0`: what is unreleased becomes a version, in the changelog, a commit and a tag.

Without VERSION it prints the present one: the newest of CHANGELOG.md.
"""

from __future__ import annotations

import argparse
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
CHANGELOG = ROOT / "CHANGELOG.md"
UNRELEASED = "## Unreleased\n"
_NUMBERS = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_HEADING = re.compile(r"^## (\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}$", re.MULTILINE)


class NoRelease(ValueError):
    """Why this cannot become a version."""


def present(changelog: str) -> str:
    """The newest version that was released, `0.0.0` before the first."""
    found = _HEADING.search(changelog)
    return found[1] if found else "0.0.0"


def released(changelog: str, version: str, day: str) -> str:
    """The changelog with what was unreleased as this version. Raises NoRelease."""
    numbers = _NUMBERS.fullmatch(version)
    if numbers is None:
        raise NoRelease(f"VERSION: three numbers such as 1.2.0 are required, not {version!r}")
    before = present(changelog)
    if tuple(map(int, numbers.groups())) <= tuple(map(int, before.split("."))):
        raise NoRelease(f"VERSION: {version} does not come after {before}")
    head, found, rest = changelog.partition(UNRELEASED)
    if not found or not rest.partition("\n## ")[0].strip():
        raise NoRelease("CHANGELOG.md: nothing is unreleased")
    return f"{head}{UNRELEASED}\n## {version} - {day}\n{rest}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", nargs="?", default="")
    version = parser.parse_args().version
    changelog = CHANGELOG.read_text()
    if not version:
        print(present(changelog))
        return
    try:
        if _git("status", "--porcelain", "--untracked-files=no"):
            raise NoRelease("commit or stash what is changed first")
        made = released(changelog, version, f"{datetime.now(UTC):%Y-%m-%d}")
    except NoRelease as problem:
        raise SystemExit(str(problem)) from None
    CHANGELOG.write_text(made)
    _git("commit", "-q", "-m", f"Release {version}", str(CHANGELOG))
    _git("tag", "-a", f"v{version}", "-m", f"Version {version}")
    print(f"version {version} is committed and tagged; `git push --follow-tags` publishes it")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
