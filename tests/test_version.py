"""Releases: what is unreleased becomes a version, once, in order."""

from __future__ import annotations

import pytest

from deploy import version

LOG = """# Changelog

## Unreleased

### Added

- Something.

## 0.1.0 - 2026-11-24

- The first.
"""


def test_what_is_unreleased_becomes_the_version_and_nothing_is_unreleased_then() -> None:
    made = version.released(LOG, "0.2.0", "2026-12-01")
    assert version.present(made) == "0.2.0"
    assert "## 0.2.0 - 2026-12-01\n\n### Added\n\n- Something." in made
    assert made.endswith("- The first.\n")
    with pytest.raises(version.NoRelease, match="nothing is unreleased"):
        version.released(made, "0.3.0", "2026-12-02")


@pytest.mark.parametrize("wrong", ["0.1.0", "0.0.9", "1", "v0.2.0", "1.0.0-rc1", ""])
def test_a_version_is_three_numbers_that_come_after_the_last(wrong: str) -> None:
    with pytest.raises(version.NoRelease, match="VERSION"):
        version.released(LOG, wrong, "2026-12-01")


def test_the_changelog_has_a_version_and_the_newest_comes_first() -> None:
    found = version._HEADING.findall(version.CHANGELOG.read_text())
    assert found == sorted(found, key=lambda each: [int(part) for part in each.split(".")], reverse=True)
    assert found
