"""What a partner hears also when it is refused: whole seconds, routing headers, 400 for lost letters."""

from __future__ import annotations

from typing import Any

from chalicelib.ocpi import charset, envelope, jsontext
from chalicelib.ocpi.messages import reply
from tests.known import Known

pytest_plugins = ["tests.known"]


def test_an_envelope_of_2_1_1_carries_whole_seconds() -> None:
    # TYP-07
    moment = "2026-02-03T10:00:00.123Z"
    assert jsontext.loads(envelope.write(reply(None), moment, "2.1.1"))["timestamp"] == "2026-02-03T10:00:00Z"
    assert jsontext.loads(envelope.write(reply(None), moment, "2.2.1"))["timestamp"] == moment


def test_a_path_with_too_many_segments_is_answered_with_routing_headers(ask: Any, known: Known) -> None:
    # HUB-05
    answer = ask("GET", "/ocpi/2.2.1/receiver/cdrs/BE/BEC/C1/and/more", token="cpo")
    assert answer.status == 404
    assert answer.headers["ocpi-to-party-id"]
    assert answer.headers["ocpi-from-party-id"]


def test_letters_that_are_no_utf_8_are_read_as_what_they_are_or_refused() -> None:
    text, is_utf_8 = charset.read('{"name": "Café"}'.encode("latin-1"))
    assert (jsontext.loads(text), is_utf_8) == ({"name": "Café"}, False)
    lost = '{"name": "Caf\ufffd"}'.encode()
    try:
        charset.read(lost)
    except ValueError:
        return
    raise AssertionError("what stands for lost letters is stored")
