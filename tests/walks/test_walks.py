"""The four walks by which the code is read: from a request through the doors to the request that goes out.

Each goes through the doors and the queues by hand; CONTRIBUTING.md says which rooms it passes.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests import samples


@pytest.fixture
def place(operate: Any) -> None:
    operate("put", module="locations", object=samples.capable_location())


def test_a_partners_evse_status_is_stored_and_told_to_the_back_end(
    ask: Any, drain: Any, events: Any, operate: Any, partner: Any
) -> None:
    """`PATCH` of an EVSE: endpoint, receiver, writer, the change stream, announce, the event."""
    theirs = samples.location(country_code="BE", party_id="BEC")
    path = "/ocpi/2.2.1/receiver/locations/BE/BEC/LOC1"
    assert ask("PUT", path, partner.token, theirs).code == 1000
    drain()
    change = {"status": "CHARGING", "last_updated": samples.later(5)}
    assert ask("PATCH", f"{path}/E2", partner.token, change).code == 1000
    drain()
    heard = events("ObjectChanged")[-1]["detail"]
    assert (heard["module"], heard["owner"], heard["id"], heard["part"]) == (
        "locations",
        "BE/BEC",
        "LOC1",
        "E2",
    )
    stored = operate("get", module="locations", party="BE/BEC", id="LOC1")["object"]
    assert [evse["status"] for evse in stored["evses"]] == ["AVAILABLE", "CHARGING"]
    assert stored["last_updated"] == change["last_updated"]


def test_our_location_changes_and_five_partners_hear(drain: Any, operate: Any, register_partner: Any) -> None:
    """`put`: hosted, writer, the change stream, announce, five pushes, each in its partner's version."""
    versions = ["2.1.1", "2.2.1", "2.2.1", "2.3.0", "2.3.0"]
    partners = [
        register_partner(
            version=version,
            name=f"eMSP {at}",
            roles=[{"role": "EMSP", "country_code": "DE", "party_id": f"MS{at}"}],
        )
        for at, version in enumerate(versions)
    ]
    drain()
    operate("put", module="locations", object=samples.location())
    drain()
    for version, each in zip(versions, partners, strict=True):
        (push,) = each.requests("PUT", "/locations/")
        assert push.path.endswith("/NL/EXA/LOC1")
        assert ("type" in push.json) == (version == "2.1.1")
        assert ("publish" in push.json) == (version != "2.1.1")


def test_a_start_session_is_accepted_and_its_result_delivered(
    ask: Any, drain: Any, events: Any, operate: Any, partner: Any, place: None
) -> None:
    """`POST START_SESSION`: receiver, lifecycle, the event, `answer_command`, results, the partner's URL."""
    body = {
        "response_url": f"{partner.base_url}/results/1",
        "token": samples.their_token(),
        "location_id": "LOC1",
        "evse_uid": "E1",
    }
    answer = ask("POST", "/ocpi/2.2.1/receiver/commands/START_SESSION", partner.token, body)
    assert answer.data["result"] == "ACCEPTED"
    operate("answer_command", id=events("CommandReceived")[0]["detail"]["id"], result="ACCEPTED")
    drain()
    (posted,) = partner.requests("POST", "/results/1")
    assert posted.json == {"result": "ACCEPTED"}
    assert len(events("CommandConcluded")) == 1


def test_a_page_of_locations_names_the_next_one(ask: Any, operate: Any, register_partner: Any) -> None:
    """`GET` with offset and limit: sender, feeds, pages, conversion, the paging headers."""
    emsp = register_partner(version="2.1.1", roles=samples.EMSP_ROLES)
    operate("put", module="locations", objects=[samples.location(f"L{at}", 1) for at in range(7)])
    answer = ask("GET", "/ocpi/2.1.1/sender/locations?offset=2&limit=3", emsp.token)
    assert [each["id"] for each in answer.data] == ["L2", "L3", "L4"]
    assert (answer.headers["x-total-count"], answer.headers["x-limit"]) == ("7", "3")
    following = answer.headers["link"].partition(">")[0].lstrip("<")
    assert [each["id"] for each in ask("GET", following, emsp.token).data] == ["L5", "L6"]
