"""Private Locations of ours, or of those that we are the hub of, and the Tokens that let somebody see them.

A Location with `publish` false is for the eMSPs that own a Token it names. Who
that is was decided when it was put; a Token that arrives later finds it by what it
allows: an entry for each thing, in a partition of that thing, that says for whom the
Location stands now. An entry that is out of date does no harm: the Location is compared.

Example: `allowed#group:G1` holds `NL/EXA/LOC1` and all others for the group G1.

Contract: LOC-13, LOC-14, LOC-17, AMB-64
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.deployment import Remembered
from chalicelib.objects import tokens, visibility
from chalicelib.objects.stored_object import Finder, StoredObject
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.paging import PageQuery
from chalicelib.partners import parties
from chalicelib.store import feeds, pages
from chalicelib.store.dynamodb import Item, retried, text
from chalicelib.store.object_items import HEAD, Key, Part, folded, key_of

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

MODULE = "locations"
# What begins the partition of entries; alone it is that of the note that older Locations are entered, too.
ALLOWED = "allowed#"
# So many entries come with the Location in one transaction; more are written before it.
TOGETHER = 30
# What a partition key may be long.
LONGEST = 1024
# Locations of older stacks that are entered per step.
STEP = 500

_any_private: Remembered[bool] = Remembered(5)
_is_entered: Remembered[bool] = Remembered(3600)


def entering(
    platform: Platform, key: Key, old: Sequence[Part], after: Mapping[str, Any], feed: str
) -> list[dict[str, dict[str, Any]]]:
    """The writes, beside those of a Location that comes into this feed, by which its Tokens find it."""
    was = old[0].feed if old else ""
    before: Mapping[str, Any] = {}
    if old and feeds.readers(was) is not None and "publish_allowed_to" in old[0].body:
        before = StoredObject(key, old[:1]).canonical
    had = _names(before, was)
    has = _names(after, feed)
    table = platform.objects.table(MODULE)
    news = sorted(has if was != feed else has - had)
    if news:
        _any_private.forget(platform)
    puts = [_entry(table, key, name, feed) for name in news]
    if len(puts) > TOGETHER:  # for nobody, so that they are looked at should the Location not follow
        early = [_entry(table, key, name, "") for name in news]
        platform.objects.write(early)
        puts = []
    gone = [{"object": text(ALLOWED + name), "part": text(key.partition)} for name in sorted(had - has)]
    return puts + [{"Delete": {"TableName": table, "Key": each}} for each in gone]


def token_arrived(platform: Platform, key: Key, token: Mapping[str, Any]) -> None:
    """Show a new Token's eMSP the private Locations that name it: only those are looked at."""
    if not _any_private.get(platform, _has_private):
        return
    _is_entered.get(platform, _enter_all)
    found = {
        each.partition: each
        for name in _found_by(key, token)
        for each in _allowing(platform, name, key.party)
    }
    locations = list(found.values())
    for at in range(0, len(locations), 100):
        asked = locations[at : at + 100]
        heads = platform.objects.parts([(each, "") for each in asked])
        for location, head in zip(asked, heads, strict=True):
            if head is not None and _opens(location, head, key.party, token):
                _place_again(platform, location)


def _opens(key: Key, head: Part, party: Party, token: Mapping[str, Any]) -> bool:
    """Whether a Token lets its eMSP see a Location that it does not see yet."""
    known = feeds.readers(head.feed)
    if known is None or party in known:
        return False
    entries = StoredObject(key, [head]).canonical.get("publish_allowed_to") or ()
    return any(visibility.matches(each, dict(token)) for each in entries if isinstance(each, dict))


def _place_again(platform: Platform, key: Key) -> None:
    """Move a Location to the feed of those that may see it now."""

    def attempt() -> str:
        old = platform.objects.load(key)
        if not old:
            return "unchanged"
        found = StoredObject(key, old, finder=Finder(platform))
        feed = visibility.feed_of(platform, key, found.canonical, found.own)
        more = entering(platform, key, old, found.canonical, feed)
        return platform.objects.save(key, old, old, feed, found.own, more)

    retried(attempt)


# Entries


def _names(location: Mapping[str, Any], feed: str) -> set[str]:
    """What a Location that stands in this feed is found by: nothing where it is for everybody."""
    if feeds.readers(feed) is None or location.get("publish") is not False:
        return set()
    entries = location.get("publish_allowed_to") or ()
    names = {_name(each) for each in entries if isinstance(each, dict)}
    return {name for name in names if name and len(name.encode()) <= LONGEST}


def _name(entry: Mapping[str, Any]) -> str:
    """What one entry of `publish_allowed_to` is found by; what more it says is compared."""
    if entry.get("uid"):
        return _uid(str(entry["uid"]))
    if entry.get("group_id"):
        return tokens.group(str(entry["group_id"]))
    if entry.get("visual_number"):
        return tokens.visual(str(entry.get("issuer")), str(entry["visual_number"]))
    return ""


def _found_by(key: Key, token: Mapping[str, Any]) -> list[str]:
    """What the Locations that a Token may open are found by."""
    uid: Mapping[str, Any] = {"uid": tokens.uid_of(key)}
    group = {"group_id": token.get("group_id")}
    visual = {"visual_number": token.get("visual_number"), "issuer": token.get("issuer")}
    return [name for name in (_name(uid), _name(group), _name(visual)) if name]


def _uid(uid: str) -> str:
    return f"uid:{folded(uid)}"


def _entry(table: str, key: Key, name: str, feed: str) -> dict[str, dict[str, Any]]:
    item: Item = {
        "object": text(ALLOWED + name),
        "part": text(key.partition),
        "country_code": text(key.country_code),
        "party_id": text(key.party_id),
        "id": text(key.id),
        "stands_in": text(feed),
    }
    return {"Put": {"TableName": table, "Item": item}}


def _allowing(platform: Platform, name: str, party: Party) -> Iterator[Key]:
    """The Locations that allow what has this name, but for those that stand where this party sees them."""
    objects = platform.objects
    request: dict[str, Any] = {
        "TableName": objects.table(MODULE),
        "KeyConditionExpression": "#o = :o",
        "ExpressionAttributeNames": {"#o": "object"},
        "ExpressionAttributeValues": {":o": text(ALLOWED + name)},
        "ConsistentRead": True,
    }
    while True:
        answer = objects.client.query(**request)
        for item in answer["Items"]:
            if party not in (feeds.readers(item["stands_in"]["S"] or ">-") or ()):
                yield key_of(MODULE, item)
        if not answer.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


# Of all owners


def _has_private(platform: Platform) -> bool:
    return bool(_feeds(platform))


def _feeds(platform: Platform) -> list[str]:
    """The feeds of all Locations that are not for everybody."""
    owners = {"/".join(party) for party in parties.shown_owners(platform, MODULE)}
    return [
        feeds.name(owner, audience)
        for owner, audiences in platform.objects.feeds.audiences(MODULE, sorted(owners)).items()
        for audience in audiences
        if audience != feeds.EVERYONE
    ]


def _enter_all(platform: Platform) -> bool:
    """Enter what was stored before there were entries: once, a step at a time, noted in the table."""
    objects = platform.objects
    note = {"object": text(ALLOWED), "part": text(HEAD)}
    known = objects.client.get_item(TableName=objects.table(MODULE), Key=note, ConsistentRead=True).get(
        "Item"
    )
    cursor: str | None = known.get("cursor", {}).get("S") if known else ""
    names = _feeds(platform) if cursor is not None else []
    while cursor is not None:
        heads = objects.feeds.heads(MODULE, names)
        page = pages.page(objects, MODULE, heads, PageQuery(limit=STEP, cursor=cursor))
        puts = [
            _entry(objects.table(MODULE), each.key, name, "")
            for each in page.objects
            for name in _names(StoredObject(each.key, each.parts[:1]).canonical, heads[each.feed].feed)
        ]
        cursor = page.cursor
        item = note if cursor is None else {**note, "cursor": text(cursor)}
        objects.write([*puts, {"Put": {"TableName": objects.table(MODULE), "Item": item}}])
    return True
