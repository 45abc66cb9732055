"""JSON text is read exactly or not at all (TYP-08, AMB-38; CNV-P2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.ocpi.jsontext import MalformedJson, dumps, exact, kept, loads, part

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


@given(values)
def test_what_is_written_is_read_back_the_same(value: object) -> None:
    assert loads(dumps(value)) == kept(dumps(value)) == value


@pytest.mark.parametrize("number", ["0.10", "12.3456", "123456789012345678.1234", "-0.00", "5", "0"])
def test_a_number_keeps_all_its_digits(number: str) -> None:
    assert dumps(loads(f'{{"price":{number}}}')) == f'{{"price":{number}}}'


def test_a_fraction_is_a_decimal_and_a_whole_number_an_int() -> None:
    assert [type(value) for value in loads("[0.5, 1e3, 5]")] == [Decimal, Decimal, int]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b'{"a":1}x',
        b"{'a':1}",
        b"[1,]",
        b"NaN",
        b"Infinity",
        b"01",
        b"1.",
        b"1e400",
        b"1e-400",
        b"1e99999999999999999999",
        b"9" * 5000,
        b'"\xff"',
        b'"\\ud800"',
        b'"\\ud800\\u0041"',
        b'"\\udc00"',
        b'{"\\ud800":1}',
        '"\ud800"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 33 + b"]" * 33,
        b'{"a":' * 40 + b"1" + b"}" * 40,
    ],
)
def test_what_cannot_be_kept_exactly_is_malformed(text: bytes | str) -> None:
    with pytest.raises(MalformedJson):
        loads(text)


def test_thirty_two_levels_are_deep_enough_for_anybody() -> None:
    assert loads(b"[" * 32 + b"]" * 32)
    assert loads(b'{"a":' * 31 + b'"[[[[[[[[[[{{{{{{{{{{"' + b"}" * 31)


def test_brackets_in_a_string_do_not_count() -> None:
    assert loads(dumps({"text": "[" * 500 + "}" * 500}))["text"].startswith("[[")


def test_the_last_of_duplicate_keys_counts() -> None:
    assert loads('{"a":1,"a":2}') == {"a": 2}


def test_a_byte_order_mark_is_no_harm() -> None:
    assert loads(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


def test_ten_megabytes_of_text_are_just_text() -> None:
    assert len(loads(b'"' + b"x" * 10_000_000 + b'"')) == 10_000_000


def test_floats_of_another_reader_become_the_decimals_they_look_like() -> None:
    assert exact({"price": [0.1, 5, "x"]}) == {"price": [Decimal("0.1"), 5, "x"]}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (rb'{"a": "\ud800"}', "/a: holds a lone surrogate"),
        (rb'{"a": ["x", {"b/c": "x\uD83Dy"}]}', "/a/1/b~1c: holds a lone surrogate"),
        (rb'{"a": "\ude00\ud83d"}', "/a: holds a lone surrogate"),
        (rb'{"a": {"\ud800": 1}}', "/a: a name in it holds a lone surrogate"),
        (b'\xef\xbb\xbf{"a": 0.10, "b": "\\udfff"}', "/b: holds a lone surrogate"),
    ],
)
def test_half_of_a_character_is_named_with_its_place(text: bytes, where: str) -> None:
    """TYP-18: a text that ends too early is another fault."""
    decoder = msgspec.json.Decoder(dict[str, Any])
    for read in (loads, lambda raw: part(raw, decoder)):
        with pytest.raises(MalformedJson) as problem:
            read(text)
        assert str(problem.value).startswith(where)


@pytest.mark.parametrize("text", [rb'{"a": "\ud800', rb'{"a": "\ud83d\ude00"', b"[" * 5000 + rb'"\ud800"'])
def test_what_ends_too_early_is_called_so(text: bytes) -> None:
    with pytest.raises(MalformedJson, match=r"truncated|nested"):
        loads(text)
