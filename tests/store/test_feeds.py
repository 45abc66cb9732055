"""Numbers and offsets of a feed, its conditional writes, and forgetting by age."""

from __future__ import annotations

import random
from typing import Any

import pytest

from chalicelib.delivery import announce
from chalicelib.deployment import function_name
from chalicelib.store import feeds
from chalicelib.store.dynamodb import Conflict
from chalicelib.store.feeds import FeedHead
from chalicelib.store.object_items import Key, Part
from tests.known import Known
from tests.samples import example, for_emsp, own

pytest_plugins = ["tests.known"]


@pytest.mark.parametrize("seed", range(40))
def test_offsets_and_numbers_agree_around_any_holes(seed: int) -> None:
    """TRA-26: against the list itself."""
    dice = random.Random(seed)
    count, first = dice.randint(0, 40), dice.randint(0, 3)
    first = min(first, count)
    holes = tuple(n for n in range(first + 1, count + 1) if dice.random() < dice.choice([0.1, 0.6, 0.9]))
    head = FeedHead("f", count, feeds.merged((), holes), first)
    live = [n for n in range(first + 1, count + 1) if n not in holes]
    assert head.total == len(live)
    assert [head.number(at) for at in range(len(live))] == live
    assert head.number(len(live)) > count
    assert [n for n in range(first + 1, count + 1) if not head.is_empty(n)] == live
    shorter = head.compact()
    assert [shorter.number(at) for at in range(shorter.total)] == live
    for number in range(1, count + 2):
        assert head.index(number) == shorter.index(number) == sum(1 for each in live if each < number)


def test_audiences_are_written_and_read_the_same() -> None:
    parties = {("DE", "MSP"), ("FR", "ABC")}
    feed = feeds.name("NL/EXA", feeds.audience_of(parties))
    assert feeds.readers(feed) == parties
    assert feeds.readers(feeds.name("NL/EXA")) is None
    assert feeds.readers(feeds.name("NL/EXA", feeds.audience_of([]))) == frozenset()


def part(body: str, moment: str = "2026-01-01T00:00:00.000Z") -> Part:
    return Part("", "2.3.0", moment, body)


def test_whoever_read_before_another_wrote_is_told(platform: Any) -> None:
    """Design section 7: conditional writes; nothing of a refused transaction stays."""
    key, feed = Key("tariffs", "NL", "EXA", "T1"), "NL/EXA>*"
    store = platform.objects
    assert store.save(key, (), [part("{}")], feed, True) == "created"
    with pytest.raises(Conflict):
        store.save(key, (), [part('{"other":1}')], feed, True)
    assert store.feeds.heads("tariffs", [feed])[0].count == 1
    old = store.load(key)
    assert store.save(key, old, [part('{"a":1}')], feed, True) == "stored"
    with pytest.raises(Conflict):
        store.save(key, old, [part('{"a":2}')], feed, True)
    with pytest.raises(Conflict):
        store.forget(key, old)
    assert store.load(key)[0].body == '{"a":1}'
    assert store.feeds.heads("tariffs", [feed])[0].gaps == ()


def test_a_stale_count_is_put_right(platform: Any) -> None:
    """Another process created objects meanwhile: no number is given twice."""
    from chalicelib.store.objects import Objects

    feed = "NL/EXA>*"
    stores = [Objects(platform), Objects(platform), platform.objects]
    for at in range(12):
        key = Key("tariffs", "NL", "EXA", f"T{at}")
        stores[at % 3].save(key, (), [part("{}")], feed, True)
    keys = [Key("tariffs", "NL", "EXA", f"T{at}") for at in range(12)]
    places = [found.place for found in platform.objects.parts([(key, "") for key in keys]) if found]
    assert sorted(places) == [feeds.place(at) for at in range(1, 13)]


def test_two_evses_changed_at_once_both_survive(platform: Any, operate: Any, known: Known) -> None:
    """Design section 7: each is an item of its own."""
    whole = own("location", id="L1")
    whole["evses"] = [{**whole["evses"][0], "uid": uid} for uid in ("A", "B")]
    operate("put", module="locations", object=whole)
    key, store = Key("locations", "NL", "EXA", "L1"), platform.objects
    a, b = store.parts([(key, "A"), (key, "B")])
    for old in (a, b):
        new = Part(old.uid, old.version, old.last_updated, old.body.replace(old.uid, old.uid + "-new"))
        assert (
            store.save_part(key, None, old, Part(old.uid, old.version, old.last_updated, new.body), True)
            == "stored"
        )
    assert {found.body.count("-new") > 0 for found in store.load(key)[1:]} == {True}


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> dict[str, str]:
    return {"OCPI_RETENTION_DAYS": "tariffs=30"} if "forgotten" in request.node.name else {}


def test_what_is_forgotten_by_age_is_not_counted(ask: Any, operate: Any, known: Known, platform: Any) -> None:
    """TRA-96: TTL per module; the oldest go first."""
    client, table = platform.clients.dynamodb, platform.objects.table("tariffs")
    for at in range(6):
        operate("put", module="tariffs", object=own("tariff", id=f"T{at}"))
    operate("put", module="tokens", object=own("token", uid="U1"))
    item = client.get_item(TableName=table, Key={"object": {"S": "NL/EXA/T0"}, "part": {"S": "-"}})["Item"]
    assert int(item["expires_at"]["N"]) > 1_700_000_000
    tokens = client.scan(TableName=platform.objects.table("tokens"))["Items"]
    assert not any("expires_at" in each for each in tokens)
    for at in range(2):
        client.delete_item(TableName=table, Key={"object": {"S": f"NL/EXA/T{at}"}, "part": {"S": "-"}})
    for offset, expected in ((0, ["T2", "T3"]), (2, ["T4", "T5"]), (3, ["T5"])):
        answer = ask("GET", f"/ocpi/2.3.0/sender/tariffs?offset={offset}&limit=2", token="emsp2")
        assert [each["id"] for each in answer.data] == expected
        assert answer.headers["x-total-count"] == "4"


def as_announce(platform: Any, records: list[dict[str, Any]]) -> dict[str, Any]:
    """The stream's function, by its name, so that what it calls is compared with its role."""
    reset = function_name.set("announce")
    try:
        return announce.announce(platform, records)
    finally:
        function_name.reset(reset)


REMOVED_BY_AGE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def take_away(platform: Any, module: str, id_: str, by: dict[str, str] | None) -> dict[str, Any]:
    """Delete an item as TTL or somebody else does; its stream record."""
    client, table = platform.clients.dynamodb, platform.objects.table(module)
    key = {"object": {"S": id_}, "part": {"S": "-"}}
    old = client.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")["Attributes"]
    record: dict[str, Any] = {
        "eventName": "REMOVE",
        "eventSourceARN": f"arn:aws:dynamodb:x:0:table/{table}/stream/1",
        "dynamodb": {"SequenceNumber": "7", "Keys": key, "OldImage": old},
    }
    return record | ({"userIdentity": by} if by else {})


def listed(ask: Any, of: str, query: str, token: str = "emsp2") -> tuple[list[str], str, bool]:
    answer = ask("GET", f"/ocpi/{of}?{query}", token=token)
    return [each["id"] for each in answer.data], answer.headers["x-total-count"], "link" in answer.headers


LISTS = {"2.1.1": "old_emsp", "2.2.1": "emsp", "2.3.0": "emsp2"}


def test_i5_what_age_takes_away_in_any_order_leaves_totals_and_pages_exact(
    ask: Any, operate: Any, known: Known, platform: Any
) -> None:
    """Row I5: T1 is updated meanwhile and lives longer, under the same number; for each version."""
    for at in (1, 2, 3):
        operate("put", module="tariffs", object=own("tariff", id=f"T{at}"))
    as_announce(platform, [take_away(platform, "tariffs", "NL/EXA/T2", REMOVED_BY_AGE)] * 2)
    for version, token in LISTS.items():
        of = f"{version}/sender/tariffs"
        assert listed(ask, of, "limit=2", token) == (["T1", "T3"], "2", False)
        assert listed(ask, of, "limit=1", token) == (["T1"], "2", True)
        assert listed(ask, of, "offset=2", token) == ([], "2", False)
    operate("patch", module="tariffs", id="T1", changes={"currency": "SEK"})
    as_announce(platform, [take_away(platform, "tariffs", "NL/EXA/T3", REMOVED_BY_AGE)])
    for version, token in LISTS.items():
        of = f"{version}/sender/tariffs"
        assert listed(ask, of, "", token) == (["T1"], "1", False)
        assert listed(ask, of, "offset=1", token) == ([], "1", False)
        assert listed(ask, of, "date_from=2020-01-01T00:00:00Z", token) == (["T1"], "1", False)


@pytest.mark.parametrize("version", LISTS)
def test_i5_age_takes_of_each_partners_own_feed_what_its_version_says_and_does_not_say(
    ask: Any, operate: Any, known: Known, platform: Any, version: str
) -> None:
    """Row I5: CDRs, which each eMSP has a feed of; a Credit CDR is none to 2.1.1, before and after."""
    token = LISTS[version]
    mine = {"2.1.1": "FR/OLD", "2.2.1": "DE/MSP", "2.3.0": "FR/ABC"}[version]
    for id, party in [("X", mine), *((f"C{at}", mine) for at in range(1, 5)), ("Y", "DE/OTH")]:
        credit = {"credit": True, "credit_reference_id": "E"} if id in ("C2", "C4") else {}
        operate("put", module="cdrs", object=own("cdr", id=id, cdr_token=for_emsp(party), **credit))
    said = ["X", "C1", "C2", "C3", "C4"]
    if version == "2.1.1":
        said = ["X", "C1", "C3"]
    of = f"{version}/sender/cdrs"
    for gone in ("C2", "X"):
        record = take_away(platform, "cdrs", f"NL/EXA/{gone}", REMOVED_BY_AGE)
        as_announce(platform, [record])
        as_announce(platform, [record])
        said = [id for id in said if id != gone]
        total = str(len(said))
        assert listed(ask, of, "", token) == (said, total, False), gone
        assert listed(ask, of, "limit=1", token) == (said[:1], total, len(said) > 1), gone
        assert listed(ask, of, f"offset={len(said)}", token) == ([], total, False), gone
        assert listed(ask, of, "offset=1&limit=1", token)[0] == said[1:2], gone
    client = platform.clients.dynamodb
    items = client.scan(TableName=platform.objects.table("cdrs"))["Items"]
    noted = [name for each in items if each["part"]["S"].startswith("2.") for name in each if name.isdigit()]
    assert noted == ["5"]  # nothing is kept of those that are gone


@pytest.mark.parametrize("by", [REMOVED_BY_AGE, None])
def test_i4_what_is_forgotten_by_age_is_not_announced_as_deleted(
    operate: Any, drain: Any, events: Any, register_partner: Any, ask: Any, platform: Any, by: Any
) -> None:
    """Row I4: neither to partners, of a Tariff of ours, nor to the back end, of one of theirs."""
    register_partner(roles=[{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}])
    cpo = register_partner(roles=[{"role": "CPO", "country_code": "BE", "party_id": "BEC"}])
    operate("put", module="tariffs", object=own("tariff", id="T1"))
    theirs = example("tariff", "2.2.1", country_code="BE", party_id="BEC", id="T1")
    ask("PUT", "/ocpi/2.2.1/receiver/tariffs/BE/BEC/T1", cpo.token, theirs)
    drain()
    heard = len(events("ObjectChanged"))
    for owner in ("NL/EXA", "BE/BEC"):
        record = take_away(platform, "tariffs", f"{owner}/T1", by)
        as_announce(platform, [record])
    waiting = platform.clients.sqs.get_queue_attributes(
        QueueUrl=platform.queues._url("push"), AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]["ApproximateNumberOfMessages"]
    assert waiting == ("0" if by else "1")
    told = [each["detail"] for each in events("ObjectChanged")[heard:]]
    assert [each.get("removed") for each in told] == ([] if by else [True])


THEIRS = {
    "tariffs": ("cpo", "tariffs/BE/BEC/X1", lambda: example("tariff", id="X1")),
    "sessions": (
        "cpo",
        "sessions/BE/BEC/X1",
        lambda: example("session", id="X1", cdr_token=for_emsp("NL/EXM")),
    ),
    "cdrs": ("cpo", "cdrs", lambda: example("cdr", id="X1", cdr_token=for_emsp("NL/EXM"))),
    "tokens": ("emsp", "tokens/DE/MSP/X1", lambda: example("token", owner="DE/MSP", uid="X1")),
    "hubclientinfo": (
        "hub",
        "hubclientinfo/FR/XYZ",
        lambda: example("client_info", owner="FR/XYZ", role="EMSP", status="CONNECTED"),
    ),
}


@pytest.mark.parametrize("by", [REMOVED_BY_AGE, None], ids=["by age", "by somebody"])
@pytest.mark.parametrize("module", THEIRS)
def test_i4_what_age_takes_of_partners_objects_is_no_removal_to_the_back_end(
    ask: Any, known: Known, events: Any, platform: Any, module: str, by: Any
) -> None:
    """Row I4: Session, CDR, Token, ClientInfo as a Tariff; without `userIdentity` it is told."""
    partner, path, make = THEIRS[module]
    version = "2.3.0" if partner == "hub" else "2.2.1"
    method = "POST" if module == "cdrs" else "PUT"
    assert ask(method, f"/ocpi/{version}/receiver/{path}", partner, make()).code == 1000
    client, table = platform.clients.dynamodb, platform.objects.table(module)
    (name,) = {each["object"]["S"] for each in client.scan(TableName=table)["Items"] if "body" in each}
    as_announce(platform, [take_away(platform, module, name, by)])
    told = [(each["detail"]["module"], each["detail"].get("removed")) for each in events("ObjectChanged")]
    assert told == ([] if by else [(module, True)])
