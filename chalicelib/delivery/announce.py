"""Announcing: from changes of objects to those who should hear of them.

A change of ours becomes one message per entitled partner that receives the
module; a partner's becomes an event for the back end, and at a hub, which passes
on what was broadcast to it, messages like those, too. Messages name objects,
so that a change announced twice is sent once.

Contract: design section 8; ARC-14, LOC-01, SES-01, TAR-02, TOK-01
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import logs
from chalicelib.aws import queues
from chalicelib.aws.backend import Event, EventsNotTaken
from chalicelib.delivery import audience
from chalicelib.objects import periods, sessions
from chalicelib.objects.stored_object import Finder, StoredObject
from chalicelib.ocpi import jsontext, modules
from chalicelib.ocpi.errors import ServerError
from chalicelib.partners import health, parties, roster
from chalicelib.store import feeds
from chalicelib.store.delivery_items import Target
from chalicelib.store.object_items import HEAD, PIECE, Key, Part, part_of
from chalicelib.tasks import AuditCdr, LintTariff, PushObject, SeeChange, Task

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

# EVSEs changed at once from which on the whole Location says it in fewer requests.
MANY_EVSES = 3
# What an object may weigh inside an event.
LARGEST_OBJECT = 200_000
# Findings that an event tells of.
MOST_FINDINGS = 20

# Of which objects, by whether they are ours, what the queue `audit` is asked.
_MONEY = {("cdrs", False): AuditCdr, ("cdrs", True): AuditCdr, ("tariffs", False): LintTariff}

# A service that is away, or a record that somebody else is changing: the same may work later.
TRANSIENT = (ClientError, BotoCoreError, ServerError, queues.NotSent, EventsNotTaken)

Record = Mapping[str, Any]
Image = Mapping[str, Mapping[str, Any]]


@dataclass
class _Change:
    """What happened in a batch to one object of ours or that a hub passes on, or to a Session that may be
    forwarded (CHP-01)."""

    key: Key
    feeds: set[str] = field(default_factory=set)
    head: bool = False
    created: bool = False
    evses: set[str] = field(default_factory=set)
    vanished: bool = False
    gone: bool = False
    forwarded: bool = False

    def messages(self) -> Iterator[tuple[str, bool]]:
        """What to push: an EVSE or "" for the object itself, and whether all of it whatever is known."""
        if self.created and not self.vanished:
            yield "", False
        elif self.vanished or (self.head and self.evses) or len(self.evses) >= MANY_EVSES:
            yield "", True
        elif self.head:
            yield "", False
        else:
            for each in sorted(self.evses):
                yield each, False


def announce(platform: Platform, records: Sequence[Record]) -> dict[str, Any]:
    """Tell everyone who should hear what these stream records say; what failed is to be repeated.

    A record that cannot be read is set aside by itself and the ones behind it go on: the stream
    repeats until its records expire, and would stand still at one that never can be.
    """
    changes: dict[tuple[str, str], _Change] = {}
    events: list[Event] = []
    audits: list[Task] = []
    unread = ""
    for record in records:
        try:
            _note(platform, record, changes, events, audits)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            logs.log_exception("change not understood", problem)
            if not _set_aside(platform, record, problem):
                unread = str(record["dynamodb"]["SequenceNumber"])
                break
    try:
        _send(platform, list(changes.values()))
        if events:
            platform.backend.emit_all(events)
        platform.queues.send(audits)
    except TRANSIENT as problem:
        logs.log_exception("announcing failed", problem)
        unread = records[0]["dynamodb"]["SequenceNumber"]
    except Exception as problem:
        logs.log_exception("announcing failed", problem)
        return _one_by_one(platform, records, problem)
    return {"batchItemFailures": [{"itemIdentifier": unread}] if unread else []}


def _one_by_one(platform: Platform, records: Sequence[Record], problem: Exception) -> dict[str, Any]:
    """Our own mistake in one of several: each by itself, and the one that it is about set aside."""
    if len(records) == 1:
        done = _set_aside(platform, records[0], problem)
        unread = [] if done else [{"itemIdentifier": records[0]["dynamodb"]["SequenceNumber"]}]
        return {"batchItemFailures": unread}
    for record in records:
        answer = announce(platform, [record])
        if answer["batchItemFailures"]:
            return answer
    return {"batchItemFailures": []}


def _set_aside(platform: Platform, record: Record, problem: Exception) -> bool:
    """Name a record that cannot be read in the queue of dead letters, as the stream would; whether it is."""
    data = record.get("dynamodb", {})
    about = {
        "stream": record.get("eventSourceARN"),
        "sequence_number": data.get("SequenceNumber"),
        "keys": data.get("Keys"),
        "problem": type(problem).__name__,
    }
    try:
        platform.queues.send([SeeChange(about)])
    except Exception as failed:
        logs.log_exception("change not set aside", failed)
        return False
    return True


def _note(
    platform: Platform,
    record: Record,
    changes: dict[tuple[str, str], _Change],
    events: list[Event],
    audits: list[Task],
) -> None:
    """Sort one record into what changed of ours or is passed on, what the back end hears, what is priced."""
    module = _module(platform, record)
    data = record["dynamodb"]
    old: Image = data.get("OldImage") or {}
    new: Image = data.get("NewImage") or {}
    image = new or old
    if module not in modules.BY_ID or "body" not in image or image["object"]["S"].startswith("feed#"):
        return
    if image["part"]["S"].startswith(PIECE) and module in periods.MODULES:
        return  # periods that left the head, which is written with them
    names = ("body", "last_updated", "feed", "hidden", "version", "evses")
    if old and new and all(old.get(name) == new.get(name) for name in names):
        return  # its place in a feed moved, nothing anybody sees
    if not new and _is_forgotten(record):
        if image["part"]["S"] == HEAD:
            gone = part_of({name: dict(value) for name, value in image.items()})
            platform.objects.feeds.forget(module, gone.feed, {feeds.number_of(gone.place): gone.unsaid})
        return
    key = Key(module, image["country_code"]["S"], image["party_id"]["S"], image["id"]["S"])
    task = _MONEY.get((module, image["own"]["BOOL"]))
    is_other = not old or any(old.get(name) != new.get(name) for name in ("body", "feed"))
    if task and (is_other if new else task is LintTariff):  # of a Tariff that is gone nothing is kept
        audits.append(task(key.country_code, key.party_id, key.id))
    if not image["own"]["BOOL"]:
        events.append(_event(platform, key, data, new, image))
        if module == parties.HUBCLIENTINFO and platform.settings.hub:
            roster.changed(platform)  # who is behind another hub, which we tell on
        if not parties.passes_on(platform, module) and (module != sessions.SESSIONS or not new):
            return
    change = changes.setdefault((module, key.partition), _Change(key))
    change.forwarded = not image["own"]["BOOL"] and module == sessions.SESSIONS
    change.feeds.update(each["feed"]["S"] for each in (old, new) if each)
    uid = image.get("uid", {}).get("S", "")
    if not uid:
        change.head = True
        change.gone = change.gone or not new
        change.created = change.created or not old or old["feed"] != (new or old)["feed"]
    elif new:
        change.evses.add(uid)
    else:
        change.vanished = True


def _is_forgotten(record: Record) -> bool:
    """Whether DynamoDB removed an item because of its age: it is not deleted, only no longer kept here."""
    by = record.get("userIdentity") or {}
    return (by.get("type"), by.get("principalId")) == ("Service", "dynamodb.amazonaws.com")


def _event(platform: Platform, key: Key, data: Mapping[str, Any], new: Image, image: Image) -> Event:
    detail: dict[str, Any] = {
        "module": key.module,
        "owner": key.owner,
        "id": key.id,
        "part": image.get("uid", {}).get("S", ""),
        "last_updated": image["last_updated"]["S"],
        "version": image["version"]["S"],
    }
    if not new:
        detail["removed"] = True
    else:
        if "hidden" in new:
            detail["hidden"] = True  # its owner no longer lists it (AMB-33)
        part = part_of({name: dict(value) for name, value in new.items()})
        detail |= told(platform, key, part)
    place = f"{image['object']['S']}#{image['part']['S']}"
    return Event("ObjectChanged", detail, f"{key.module}#{place}#{data['SequenceNumber']}")


def told(platform: Platform, key: Key, part: Part) -> dict[str, Any]:
    """The object in 2.3.0, put right; what its owner sent beside it where that differs; what was odd."""
    if len(part.body.encode()) > LARGEST_OBJECT:
        return {}
    parts = platform.objects.load(key) if part.taken else [part._replace(evses="")]
    if not parts or sum(len(each.body) for each in parts) > LARGEST_OBJECT:
        return {}
    found = StoredObject(key, parts, finder=Finder(platform))
    said: dict[str, Any] = {"object": found.canonical}
    if len(jsontext.dumps(found.canonical)) + len(part.body) <= LARGEST_OBJECT:
        if found.source != found.canonical:
            said["sent"] = found.source
        if found.findings:
            said["findings"] = [each._asdict() for each in found.findings[:MOST_FINDINGS]]
        if found.incomplete:
            said["incomplete"] = list(found.incomplete)
    return said


def _send(platform: Platform, changes: list[_Change]) -> None:
    """One message per change, part and entitled partner, sent in as few calls as it takes."""
    lanes: dict[str, list[PushObject]] = {}
    for change in changes:
        module = change.key.module
        heard = (
            audience.forwarded(platform, change.key)
            if change.forwarded
            else audience.of(platform, module, sorted(change.feeds))
        )
        for partner in heard:
            for part, whole in change.messages():
                # Who may see it now that could not before is behind a hub, which knows it already.
                whole = whole or (partner.is_hub and len(change.feeds) > 1)
                task = PushObject.to(Target(partner.id, change.key, part), whole=whole, gone=change.gone)
                lanes.setdefault(health.queue_for(partner), []).append(task)
    for queue, pushes in lanes.items():
        platform.queues.send(pushes, queue)


def receives(platform: Platform, partner: Partner, module: str) -> bool:
    """Whether a partner offers to receive a module and is entitled to what we publish of it."""
    return partner.endpoint(module, modules.RECEIVER) is not None and parties.reads(platform, partner, module)


def _module(platform: Platform, record: Record) -> str:
    """The module whose table a record is from: `...:table/ocpi-dev-locations/stream/...`."""
    table = record["eventSourceARN"].split(":table/", 1)[-1].split("/", 1)[0]
    return str(table.removeprefix(f"{platform.settings.prefix}-"))
