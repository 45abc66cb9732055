"""DateTime is lenient in, one form out (TYP-05, TYP-06, AMB-37, AMB-53)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.ocpi.patching import timestamp, wire_timestamp

MOMENTS = st.datetimes().map(
    lambda moment: f"{moment.year:04}{moment:-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
)


@pytest.mark.parametrize(
    ("given", "sortable", "wire"),
    [
        ("2015-06-29T22:39:09Z", "2015-06-29T22:39:09.000Z", "2015-06-29T22:39:09Z"),
        ("2015-06-29T22:39:09", "2015-06-29T22:39:09.000Z", "2015-06-29T22:39:09Z"),
        ("2016-12-29T17:45:09.2Z", "2016-12-29T17:45:09.200Z", "2016-12-29T17:45:09.200Z"),
        ("2018-01-01T01:08:01.123456789Z", "2018-01-01T01:08:01.123Z", "2018-01-01T01:08:01.123Z"),
        ("2015-06-29T22:39:09+02:00", "2015-06-29T20:39:09.000Z", "2015-06-29T20:39:09Z"),
        ("2015-06-29T22:39:09-0130", "2015-06-30T00:09:09.000Z", "2015-06-30T00:09:09Z"),
        ("1970-1-1T00:00:00Z", "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00Z"),
        ("2024-02-29t12:00:00z", "2024-02-29T12:00:00.000Z", "2024-02-29T12:00:00Z"),
    ],
)
def test_every_accepted_form_has_one_sortable_and_one_wire_form(given: str, sortable: str, wire: str) -> None:
    assert timestamp(given) == sortable
    assert wire_timestamp(given) == wire


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2015-06-29",
        "2023-02-29T00:00:00Z",
        "2015-13-01T00:00:00Z",
        "2015-01-01T24:00:00Z",
        5,
        None,
        "2015-06-29T22:39:09ZZ",
        "2015-06-29T22:39:09Z\n",
        "٢٠١٥-06-29T22:39:09Z",
        "0001-01-01T00:00:00+23:00",
    ],
)
def test_anything_else_is_a_value_error(text: object) -> None:
    with pytest.raises(ValueError):
        timestamp(text)  # type: ignore[arg-type]


@given(MOMENTS, MOMENTS)
def test_the_sortable_form_sorts_by_time(one: str, other: str) -> None:
    assert (timestamp(one) < timestamp(other)) == (one < other)


@given(MOMENTS)
def test_both_forms_are_stable(moment: str) -> None:
    assert timestamp(wire_timestamp(moment)) == timestamp(moment)
    assert wire_timestamp(wire_timestamp(moment)) == wire_timestamp(moment)
    assert len(wire_timestamp(moment)) in (20, 24)
