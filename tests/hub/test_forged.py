"""Cursors and ids of results that are used elsewhere than where they were handed out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import Hand
from tests.hub.joining import join
from tests.hub.test_awaited import start
from tests.hub.test_forward import SESSION
from tests.hub.test_open import plain
from tests.samples import example

SECRET = "SECRET-7f3a"


def test_a_cursor_of_a_list_is_none_of_an_object(hub: Hand, party: Any, send: Any) -> None:
    """HUB-21: at the path of an object of its own it would show a page that nobody looked through."""
    cpo, _ = party("cpo221"), party("emsp221")
    both = join(hub, "CPO/FR/TWO", "EMSP/FR/TWO")
    theirs = {name: value for name, value in SESSION.items() if name not in ("country_code", "party_id")}
    cpo.page_limit = 1
    cpo.objects["sessions"] = [{**theirs, "authorization_reference": SECRET}] * 3
    answer = send(both, "GET", "sender/sessions", to=cpo)
    assert (answer.code, answer.data) == (1000, [])
    link = answer.headers["link"].partition("<")[2].partition(">")[0]
    assert (send(both, "GET", link).code, send(both, "GET", link).data) == (1000, [])
    for path in ("receiver/sessions/FR/TWO/S1", "sender/locations/LOC1", "receiver/cdrs/FR/TWO/S1"):
        answer = send(both, "GET", f"{path}?{link.partition('?')[2]}")
        assert answer.code >= 2000, path
        assert SECRET not in answer.text, path


def test_a_cursor_leads_on_in_the_version_and_module_it_was_handed_out_in(party: Any, send: Any) -> None:
    cpo, emsp = party("cpo221"), party("emsp221")
    cpo.page_limit = 1
    cpo.objects["tariffs"] = [plain(example("tariff", "2.2.1", "BE/BEC", id=f"T{at}")) for at in range(3)]
    link = send(emsp, "GET", "sender/tariffs", to=cpo).headers["link"].partition("<")[2].partition(">")[0]
    cpo.forget()
    for one, other in (("/2.2.1/", "/2.3.0/"), ("/sender/tariffs", "/sender/cdrs"), ("tariffs", "parking")):
        answer = send(emsp, "GET", link.replace(one, other))
        assert (answer.status, answer.code) == (200, 2001), answer.text
    assert cpo.received == []
    assert [each["id"] for each in send(emsp, "GET", link).data] == ["T1"]


@pytest.mark.parametrize("name", ["cpo221", "cpo230"])
def test_a_result_is_taken_at_its_own_url_alone(party: Any, send: Any, hub: Hand, name: str) -> None:
    """CMD-20, ARC-21: neither as that of another command, nor as that of a profile."""
    cpo, emsp = party(name), party("emsp221")
    cpo.answer("POST", "commands", data={"result": "ACCEPTED", "timeout": 3600})
    assert send(emsp, "POST", "receiver/commands/START_SESSION", start(emsp), to=cpo).code == 1000
    back = cpo.requests("POST")[0].json["response_url"]
    id = back.rpartition("/")[2]
    base = back.partition("/sender/")[0]
    for forged in (
        f"{base}/sender/commands/STOP_SESSION/{id}",
        f"{base}/sender/commands/MAKE_COFFEE/{id}",
        f"{base}/sender/chargingprofiles/results/{id}",
        f"{base}/sender/commands/START_SESSION/{id[:-1]}",
        f"{base}/sender/commands/START_SESSION/{id}%00",
    ):
        assert send(cpo, "POST", forged, {"result": "REJECTED"}, to=emsp).code in (2001, 4001), forged
    hub.drain()
    assert emsp.requests("POST", "/mine/") == []
    assert send(cpo, "POST", back, {"result": "ACCEPTED"}, to=emsp).code == 1000
    hub.drain()
    assert emsp.requests("POST", "/mine/")[0].json == {"result": "ACCEPTED"}
