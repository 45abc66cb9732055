"""An envelope as peers write it: read where it has one meaning, else none."""

from __future__ import annotations

import pytest

from chalicelib.ocpi import envelope


@pytest.mark.parametrize(
    "text",
    [
        b'{"status_code": 1000.0, "data": [1]}',
        b'{"status_code": " 1000 ", "data": [1]}',
        b'{"status_code": 1e3, "data": [1]}',
        b'{"statusCode": 1000, "Data": [1]}',
        b'{"STATUS_CODE": "1000", "DATA": [1]}',
        b'[{"status_code": 1000, "data": [1]}]',
    ],
)
def test_an_envelope_with_one_meaning_is_read(text: bytes) -> None:
    # AMB-29, design section 6: answers as requests
    found = envelope.read(text)
    assert (found.status_code, found.data) == (1000, [1])


@pytest.mark.parametrize(
    "text",
    [
        *(b"[]", b"5", b"null", b"[[]]", b'{"data": [1]}', b"<html>", b"", b'{"status_code": true}'),
        *(b'{"status_code": 1000.5}', b'{"status_code": 1e400}', b'{"status_code": "99999999999999999"}'),
        *(b'{"status_code": -1E+999999}', b'{"status_code": "1000x"}', b'{"status_code": [1000]}'),
        b'[{"status_code": 1000}, {"status_code": 1000}]',
    ],
)
def test_what_is_no_envelope_has_no_code(text: bytes) -> None:
    assert envelope.read(text).status_code == 0
