"""What a forward costs beside authentication, counted from the calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.harness import Hand
from tests.hub.test_forward import SESSION

READS = ("GetItem", "BatchGetItem", "Query")
PATH = "receiver/sessions/BE/BEC/S1"


@contextmanager
def calls_of(hub: Hand) -> Iterator[list[tuple[str, str]]]:
    """The calls of DynamoDB meanwhile: their names and what they say."""
    called: list[tuple[str, str]] = []

    def note(params: Any, model: Any, **_: Any) -> None:
        called.append((model.name, str(params.get("body", params))))

    events = hub.platform.clients.dynamodb.meta.events
    events.register("before-call.dynamodb", note)
    try:
        yield called
    finally:
        events.unregister("before-call.dynamodb", note)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("named", [True, False])
def test_a_forward_reads_once_and_writes_once_beside_authentication(
    party: Any, send: Any, hub: Hand, method: str, named: bool
) -> None:
    """Design section 12: at most 1 read and 1 write unit; the first of a Session notes its ends, too."""
    cpo, emsp = party("cpo221"), party("emsp221")
    send(cpo, "PUT", PATH, SESSION, to=emsp)
    body = SESSION if method == "PUT" else {"kwh": 2, "last_updated": "2026-03-01T11:00:00Z"}
    with calls_of(hub) as called:
        assert send(cpo, method, PATH, body, to=emsp if named else None).code == 1000
    kept = ("-routes", "-requests", "-sessions", "-tokens", "-locations", "-deliveries")
    ours = [name for name, body in called if any(table in body for table in kept)]
    assert len([name for name in ours if name in READS]) <= 1
    assert len([name for name in ours if name not in READS]) == 1


@pytest.mark.parametrize("named", [True, False])
def test_what_is_remembered_of_a_session_is_read_once(party: Any, send: Any, hub: Hand, named: bool) -> None:
    """Whatever asks about it: both who is meant and whether it may be asked rest on the same item."""
    cpo, emsp = party("cpo221"), party("emsp221")
    send(cpo, "PUT", PATH, SESSION, to=emsp)
    url = f"{emsp.base_url}/r"
    for method, path, body in (
        ("POST", "receiver/commands/STOP_SESSION", {"response_url": url, "session_id": "S1"}),
        ("GET", f"receiver/chargingprofiles/S1?duration=60&response_url={url}", None),
        ("PUT", "sender/sessions/S1/charging_preferences", {"profile_type": "CHEAP"}),
    ):
        with calls_of(hub) as called:
            assert send(emsp, method, path, body, to=cpo if named else None).code in (1000, 2001), path
        assert len([name for name, body in called if "routed-session" in body]) == 1, path
