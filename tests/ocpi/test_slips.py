"""Slips that an object shows by itself, in the words of every version."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.ocpi import slips
from tests.ocpi.samples import example


@pytest.mark.parametrize(
    ("kind", "version", "name", "meant"),
    [
        ("token", "2.1.1", "contractid", "auth_id"),
        ("token", "2.1.1", "contract_id", "auth_id"),
        ("token", "2.2.1", "contractid", "contract_id"),
        ("token", "2.1.1", "groupId", "group_id"),
        ("connector", "2.1.1", "max_amperge", "amperage"),
        ("connector", "2.3.0", "max_amperge", "max_amperage"),
        ("cdr", "2.1.1", "autid", "auth_id"),
    ],
)
def test_a_field_that_nobody_knows_is_told_beside_one_of_any_version(
    kind: str, version: str, name: str, meant: str
) -> None:
    """An operator may write the words of another version; what is meant is told in those of the object's."""
    body: dict[str, Any] = example(kind, version) | {name: "x"}
    assert [(each.pointer, each.message) for each in slips.found(kind, body, version)] == [
        (f"/{name}", f"nobody knows this field; {meant} is meant?")
    ]
