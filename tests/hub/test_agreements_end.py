"""An agreement ends while something is on its way: what was asked has its result, nothing else passes."""

from __future__ import annotations

from typing import Any

from tests.harness import Hand
from tests.hub.conftest import routing_of
from tests.hub.test_awaited import card
from tests.hub.test_forward import SESSION
from tests.hub.test_open import plain
from tests.samples import example, later


def test_of_two_without_an_agreement_any_more_only_the_result_that_is_due_passes(
    party: Any, send: Any, hub: Hand
) -> None:
    """STA-23, AMB-43, AMB-26: 4001 at every place that was handed out before: CDR, next page, Session."""
    cpo, emsp = party("cpo221"), party("emsp221")
    start = {"response_url": f"{emsp.base_url}/mine/1", "token": card(emsp), "location_id": "L1"}
    assert send(emsp, "POST", "receiver/commands/START_SESSION", start, to=cpo).code == 1000
    back = cpo.received[-1].json["response_url"]
    assert send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", SESSION, to=emsp).code == 1000
    cdr = plain(example("cdr", "2.2.1", "BE/BEC", id="C1", cdr_token=SESSION["cdr_token"]))
    place = send(cpo, "POST", "receiver/cdrs", cdr, to=emsp).headers["location"]
    cpo.objects["sessions"], cpo.page_limit = [SESSION] * 3, 1
    link = send(emsp, "GET", "sender/sessions", to=cpo).headers["link"].split("<")[1].split(">")[0]
    hub.operate("agree", parties=["BE/BEC", "DE/MSP"], allowed=False)
    cpo.forget()
    emsp.forget()
    stop = {"response_url": f"{emsp.base_url}/mine/2", "session_id": "S1"}
    patch = {"kwh": 2.5, "last_updated": later(60)}
    for sender, method, path, body, other in (
        (emsp, "POST", "receiver/commands/STOP_SESSION", stop, cpo),
        (emsp, "GET", link, None, cpo),
        (cpo, "PATCH", "receiver/sessions/BE/BEC/S1", patch, emsp),
        (cpo, "GET", "receiver/sessions/BE/BEC/S1", None, emsp),
        (cpo, "GET", place, None, emsp),
        (cpo, "POST", "receiver/cdrs", {**cdr, "id": "C2"}, emsp),
    ):
        for to in (other, None):
            answer = send(sender, method, path, body, to=to)
            assert (answer.status, answer.code) == (200, 4001), (path, answer.text)
            assert routing_of(answer.headers)["from"] == "NL/HUB"
    assert cpo.received == emsp.received == []
    for _ in range(2):
        assert send(cpo, "POST", back, {"result": "ACCEPTED"}, to=emsp).code == 1000
    hub.drain()
    results = [each.json["result"] for each in emsp.requests("POST", "/mine/1")]
    assert results == ["ACCEPTED"]
