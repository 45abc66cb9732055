"""The object tables themselves (ledger section 6), and the page made from them."""

from __future__ import annotations

import pytest

from chalicelib.ocpi import models
from chalicelib.ocpi.models import KINDS
from chalicelib.ocpi.models.types import ConnectorType, Role, TokenType
from docs import generate_objects

# Fields per version, counted in the ledger's tables
COUNTS = {
    "location": (21, 26, 28),
    "evse": (13, 13, 15),
    "connector": (9, 10, 11),
    "session": (13, 18, 18),
    "cdr": (16, 30, 30),
    "tariff": (7, 14, 15),
    "token": (9, 14, 14),
    "authorization_info": (3, 5, 5),
    "location_references": (3, 2, 2),
    "credentials": (5, 3, 4),
    "reserve_now": (6, 7, 7),
    "start_session": (4, 6, 6),
}


@pytest.mark.parametrize("kind", sorted(COUNTS))
def test_every_version_has_the_fields_of_its_table(kind: str) -> None:
    model = models.model(kind)
    assert tuple(len(model.fields(version)) for version in ("2.1.1", "2.2.1", "2.3.0")) == COUNTS[kind]


@pytest.mark.parametrize(
    ("enum", "counts"), [(ConnectorType, (25, 40, 42)), (TokenType, (2, 4, 5)), (Role, (7, 7, 6))]
)
def test_every_version_has_the_words_of_its_enums(enum: object, counts: tuple[int, ...]) -> None:
    # CNV-53, CNV-103, CNV-203, CNV-218, CNV-237
    assert tuple(len(enum.by_version[version]) for version in ("2.1.1", "2.2.1", "2.3.0")) == counts  # type: ignore[attr-defined]


def test_every_kind_has_a_table() -> None:
    assert all(models.model(kind).rows for kind in KINDS)


def test_no_kind_but_those_has_one() -> None:
    with pytest.raises(KeyError):
        models.model("booking")


def test_the_page_of_objects_is_current() -> None:
    assert generate_objects.PAGE.read_text() == generate_objects.page(), "run python -m docs.generate_objects"
