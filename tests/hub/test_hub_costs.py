"""What a forward costs beside authentication, counted from the calls."""

from __future__ import annotations

from typing import Any

from tests.hub.test_forward import SESSION

READS = ("GetItem", "BatchGetItem", "Query")


def test_a_forward_reads_once_and_writes_once_beside_authentication(party: Any, send: Any, hub: Any) -> None:
    """Design section 12: at most 1 read and 1 write unit; the first of a Session notes its ends, too."""
    cpo, emsp = party("cpo221"), party("emsp221")
    send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", SESSION, to=emsp)
    called: list[tuple[str, str]] = []

    def note(params: Any, model: Any, **_: Any) -> None:
        called.append((model.name, str(params.get("body", params))))

    events = hub.platform.clients.dynamodb.meta.events
    events.register("before-call.dynamodb", note)
    try:
        assert send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", SESSION, to=emsp).code == 1000
    finally:
        events.unregister("before-call.dynamodb", note)
    kept = ("-routes", "-requests", "-sessions", "-tokens", "-locations", "-deliveries")
    ours = [name for name, body in called if any(table in body for table in kept)]
    assert len([name for name in ours if name in READS]) <= 1
    assert len([name for name in ours if name not in READS]) == 1
