"""Log lines: each names the object it is about, shortly."""

from __future__ import annotations

import json
from typing import Any

from chalicelib import logs
from tests.evidence.test_messages import PATH, location


def lines(capsys: Any, message: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [each for each in found if each["message"] == message]


def test_a_request_and_a_partner_call_name_the_object_they_are_about(
    ask: Any, partner: Any, operate: Any, drain: Any, capsys: Any
) -> None:
    """Design section 14: log lines carry the object's key."""
    ask("PUT", f"{PATH}/L1", token=partner.token, body=location())
    assert [each["object"] for each in lines(capsys, "request")] == ["locations/BE/BEC/L1"]
    operate("put", module="locations", object=location("O1") | {"country_code": "NL", "party_id": "EXA"})
    drain()
    pushes = [each for each in lines(capsys, "partner call") if each["method"] == "PUT"]
    assert [each["object"] for each in pushes] == ["locations/NL/EXA/O1"]


def test_a_name_that_is_far_too_long_is_cut(ask: Any, partner: Any, capsys: Any) -> None:
    ask("GET", f"{PATH}/{'L' * 3000}", token=partner.token)
    (line,) = lines(capsys, "request")
    assert line["object"].startswith("locations/BE/BEC/LLL") and len(line["object"]) < 100
    assert len(logs.Subject("cdrs", "NL/EXA", "C" * 39).key) == len("cdrs/NL/EXA/") + 39
