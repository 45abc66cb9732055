"""Private Locations, and the Tokens that come later: found by what they allow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.objects import private_locations
from chalicelib.store.dynamodb import text
from tests.known import Known
from tests.samples import example, own

pytest_plugins = ["tests.known"]

SENDER = "/ocpi/2.2.1/sender/locations"


def put_private(operate: Any, id_: str, *entries: dict[str, str], **changes: Any) -> None:
    whole = own("location", id=id_, publish=False, publish_allowed_to=list(entries), **changes)
    assert operate("put", module="locations", object=whole)["errors"] == []


def give_token(ask: Any, token: str, owner: str, **changes: Any) -> None:
    body = example("token", "2.2.1", owner, **changes)
    url = f"/ocpi/2.2.1/receiver/tokens/{owner}/{body['uid']}?type={body['type']}"
    assert ask("PUT", url, token=token, body=body).code == 1000


def seen(ask: Any, token: str = "emsp") -> list[str]:
    return [each["id"] for each in ask("GET", SENDER, token=token).data]


def entered(platform: Any) -> dict[str, list[str]]:
    """What the table holds of entries: the things that are allowed, and by which Locations."""
    found: dict[str, list[str]] = {}
    table = platform.objects.table("locations")
    for item in platform.clients.dynamodb.scan(TableName=table)["Items"]:
        if item["object"]["S"].startswith(private_locations.ALLOWED):
            found.setdefault(item["object"]["S"], []).append(item["part"]["S"])
    return found


@contextmanager
def reads(platform: Any) -> Iterator[list[str]]:
    """The partitions of Locations that are read meanwhile."""
    found: list[str] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "Query" and params["TableName"].endswith("-locations"):
            found.append(params["ExpressionAttributeValues"].get(":o", {"S": "/Page"})["S"])
        for table, asked in params.get("RequestItems", {}).items() if model.name == "BatchGetItem" else ():
            if table.endswith("-locations"):
                found.extend(key["object"]["S"] for key in asked["Keys"])

    events = platform.clients.dynamodb.meta.events
    events.register("provide-client-params.dynamodb.*", note)
    yield found
    events.unregister("provide-client-params.dynamodb.*", note)


def test_a_token_looks_at_the_locations_alone_that_name_it(
    ask: Any, known: Known, operate: Any, platform: Any
) -> None:
    """LOC-13, LOC-14: of many private ones it opens those by uid, group or printed number."""
    for at in range(8):
        put_private(operate, f"P{at}", {"uid": f"CARD{at}", "type": "RFID"})
    put_private(operate, "G1", {"group_id": "g-1"})
    put_private(operate, "V1", {"visual_number": "V1", "issuer": "Acme"})
    put_private(operate, "V2", {"visual_number": "V1", "issuer": "Other"})
    give_token(ask, "emsp2", "FR/ABC", uid="NOBODY", type="RFID")
    card = {"uid": "card7", "type": "RFID", "group_id": "G-1", "visual_number": "V1", "issuer": "Acme"}
    with reads(platform) as looked:
        give_token(ask, "emsp", "DE/MSP", **card)
    assert {each for each in looked if "/P" in each} == {"NL/EXA/P7"}
    assert sorted(seen(ask)) == ["G1", "P7", "V1"]
    assert seen(ask, "emsp2") == []


def test_a_token_whose_locations_its_emsp_sees_already_reads_none_of_them(
    ask: Any, known: Known, operate: Any, platform: Any
) -> None:
    """Thousands of Tokens of one group come one by one: the first places the Locations."""
    for at in range(5):
        put_private(operate, f"P{at}", {"group_id": "G-1"})
    give_token(ask, "emsp", "DE/MSP", uid="CARD1", type="RFID", group_id="G-1")
    with reads(platform) as looked:
        give_token(ask, "emsp", "DE/MSP", uid="CARD2", type="RFID", group_id="G-1")
    assert [each for each in looked if "/P" in each] == []
    give_token(ask, "emsp2", "FR/ABC", uid="CARD3", type="RFID", group_id="G-1")
    assert len(seen(ask)) == len(seen(ask, "emsp2")) == 5


def test_a_token_of_another_type_or_only_like_it_opens_nothing(ask: Any, known: Known, operate: Any) -> None:
    """LOC-14: all that an entry says must be true of the Token."""
    put_private(operate, "P1", {"uid": "CARD1", "type": "RFID", "group_id": "G-1"})
    give_token(ask, "emsp", "DE/MSP", uid="CARD1", type="RFID", group_id="G-2")
    give_token(ask, "emsp", "DE/MSP", uid="CARD1", type="APP_USER", group_id="G-1")
    assert seen(ask) == []
    give_token(ask, "emsp", "DE/MSP", uid="CARD1", type="RFID", group_id="G-1")
    assert seen(ask) == ["P1"]


def test_entries_follow_what_the_location_allows(ask: Any, known: Known, operate: Any, platform: Any) -> None:
    """Kept with the Location: what it no longer allows is gone, and all where it is public."""
    put_private(operate, "P1", {"uid": "CARD1", "type": "RFID"}, {"group_id": "G-1"})
    put_private(operate, "P2", {"group_id": "G-1"})
    assert entered(platform) == {
        "allowed#uid:CARD1": ["NL/EXA/P1"],
        "allowed#group:G-1": ["NL/EXA/P1", "NL/EXA/P2"],
    }
    changes = {"publish_allowed_to": [{"group_id": "G-2"}]}
    operate("patch", module="locations", id="P1", changes=changes)
    assert entered(platform) == {"allowed#group:G-1": ["NL/EXA/P2"], "allowed#group:G-2": ["NL/EXA/P1"]}
    operate("patch", module="locations", id="P1", changes={"publish": True})
    operate("patch", module="locations", id="P2", changes={"name": "Other"})
    assert entered(platform) == {"allowed#group:G-1": ["NL/EXA/P2"]}
    give_token(ask, "emsp", "DE/MSP", uid="CARD1", type="RFID", group_id="G-1")
    assert seen(ask) == ["P1", "P2"]


def test_a_location_of_many_evses_and_cards_is_found_by_each(
    ask: Any, known: Known, operate: Any, platform: Any
) -> None:
    """More than one transaction takes."""
    whole = own("location")["evses"][0]
    evses = [{**whole, "uid": f"E{at}", "evse_id": None} for at in range(80)]
    evses = [{name: value for name, value in each.items() if value is not None} for each in evses]
    cards = [{"uid": f"CARD{at}", "type": "RFID"} for at in range(120)]
    put_private(operate, "P1", *cards, evses=evses)
    assert len(entered(platform)) == 120
    give_token(ask, "emsp", "DE/MSP", uid="CARD119", type="RFID")
    give_token(ask, "emsp2", "FR/ABC", uid="CARD0", type="RFID")
    assert seen(ask) == seen(ask, "emsp2") == ["P1"]


@pytest.mark.parametrize("entry", [{"uid": "CARD1", "type": "RFID"}, {"group_id": "g-1"}])
def test_what_an_older_version_stored_without_entries_is_found(
    ask: Any, known: Known, operate: Any, platform: Any, monkeypatch: Any, entry: dict[str, str]
) -> None:
    """An update of a stack: the first Token enters what is there, a step at a time, once."""
    monkeypatch.setattr(private_locations, "STEP", 2)
    for at in range(5):
        put_private(operate, f"P{at}", entry if at == 4 else {"uid": f"OTHER{at}", "type": "RFID"})
    table = platform.objects.table("locations")
    for name, partitions in entered(platform).items():
        for each in partitions:
            key = {"object": text(name), "part": text(each)}
            platform.clients.dynamodb.delete_item(TableName=table, Key=key)
    assert entered(platform) == {}
    give_token(ask, "emsp", "DE/MSP", uid="CARD1", type="RFID", group_id="G-1")
    assert seen(ask) == ["P4"]
    assert (
        sum(len(each) for name, each in entered(platform).items() if name != private_locations.ALLOWED) == 5
    )
    with reads(platform) as looked:
        give_token(ask, "emsp2", "FR/ABC", uid="CARD9", type="RFID")
    assert not [each for each in looked if "/P" in each]
