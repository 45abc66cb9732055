"""Very many commands at once through the hub, a third of the far sides silent: each has its one result.

`OCPI_HUB_COMMANDS=1000` says how many.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from tests.harness import Hand
from tests.hub.test_awaited import card

MANY = int(os.environ.get("OCPI_HUB_COMMANDS", "36"))
CPOS, EMSPS = ("cpo211", "cpo221", "cpo230"), ("emsp221", "emsp230")
RESULTS = ("ACCEPTED", "REJECTED", "EVSE_OCCUPIED")


def test_each_of_many_commands_in_flight_has_exactly_its_own_result(party: Any, send: Any, hub: Hand) -> None:
    """CMD-15, AMB-26, AMB-43, ARC-21: results out of order and twice, a third of them never."""
    expected: dict[str, str] = {}
    backs: list[tuple[Any, Any, str, str]] = []
    for number in range(MANY):
        emsp, cpo = party(EMSPS[number % 2]), party(CPOS[number // 2 % 3])
        place = f"/mine/{number}"
        body = {"response_url": f"{emsp.base_url}{place}", "token": card(emsp), "location_id": f"L{number}"}
        headers = {"X-Request-ID": f"many-{number}", "X-Correlation-ID": f"many-{number}"}
        answer = send(emsp, "POST", "receiver/commands/START_SESSION", body, to=cpo, headers=headers)
        assert (answer.code, answer.data["result"]) == (1000, "ACCEPTED"), answer.text
        back = cpo.received[-1].json["response_url"]
        silent = number % 3 == 2
        result = (
            "TIMEOUT" if silent else RESULTS[number % len(RESULTS)] if cpo.version != "2.1.1" else "ACCEPTED"
        )
        expected[place] = result
        if not silent:
            backs.append((cpo, emsp, back, result))
    assert len({back for _, _, back, _ in backs}) == len(backs)
    for at, (cpo, emsp, back, result) in enumerate(reversed(backs)):
        for _ in range(2 if at % 5 == 0 else 1):
            assert send(cpo, "POST", back, {"result": result}, to=emsp).code == 1000
    hub.drain(most=500 + 20 * MANY)
    hub.clock.advance(60)
    hub.drain(most=500 + 20 * MANY)
    for cpo, emsp, back, _ in backs[::7]:  # once more, after all is over
        assert send(cpo, "POST", back, {"result": "FAILED"}, to=emsp).code == 1000
    hub.drain(most=500 + 20 * MANY)
    told = [
        (each.path, each.json["result"]) for name in EMSPS for each in party(name).requests("POST", "/mine/")
    ]
    assert Counter(place for place, _ in told) == Counter(list(expected))
    assert dict(told) == expected
    assert Counter(expected.values())["TIMEOUT"] == MANY // 3
