"""The writer puts an object into the tables: in parts, in its feed, if nobody was faster.

Whoever calls has decided that it may come in, and has read or checked it.

Contract: design section 7; LOC-43 to LOC-49, AMB-10, AMB-11, AMB-74
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.objects import consistency, order, parts, periods, private_locations, tokens, visibility
from chalicelib.objects.checks import Check
from chalicelib.objects.stored_object import Finder, StoredObject, connector_of, connectors_of
from chalicelib.ocpi import findings, jsontext, modules, writing
from chalicelib.ocpi.errors import InvalidParameters, UnknownObject
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.patching import merge
from chalicelib.ocpi.reading import Reading
from chalicelib.ocpi.timestamps import wire_timestamp
from chalicelib.partners import parties
from chalicelib.store import feeds
from chalicelib.store.dynamodb import retried
from chalicelib.store.object_items import Key, Part, dated, folded, part_name

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


@dataclass(frozen=True)
class Written:
    """What became of an object ("created", "stored", "unchanged", "known", "stale"); was anything older?"""

    state: str
    has_older: bool = False


class ObjectWriter:
    """Writes objects of one kind of owner: ours (`own`), a partner's, or of those behind a hub (`via`).

    `in_order`: what is older than what is known of that very thing does not replace it (`order`). A
    partner's push of its own object does (AMB-12), and so does the operator's `force`.
    `held`: a CDR of ours that stands where nobody reads it; as long as it does, it may be replaced.
    `only_for`: the one party that is told of what is new, at a hub. `noted`: what is odd about the body
    it came in. `asked_at`: when a page was asked for, maybe before what was pushed since.
    """

    def __init__(
        self,
        platform: Platform,
        check: Check,
        *,
        own: bool,
        via: str = "",
        in_order: bool = False,
        held: bool = False,
        only_for: Party | None = None,
        noted: tuple[Finding, ...] = (),
        asked_at: str = "",
    ) -> None:
        self.platform = platform
        self.check = check
        self.own = own
        self.via = via
        self.in_order = in_order
        self.held = held
        self.only_for = only_for
        self.asked_at = asked_at
        self.noted = findings.text(noted)

    def spelled(self, module: str, data: dict[str, Any], read: Reading) -> dict[str, Any]:
        """What is stored of an object: as it came; of a Location with names that its parts are found by."""
        if read.spelled is None or module != "locations":
            return data
        self.noted = findings.text((*findings.of_text(self.noted), findings.RESPELLED))
        found: dict[str, Any] = read.spelled
        return found

    def replace(self, key: Key, data: dict[str, Any], version: str, canonical: dict[str, Any]) -> Written:
        """Store a whole object; a CDR that is there stays: "known".

        Which is newer is judged on what the write is conditional on, so that nothing newer
        can slip in between. A whole of which nothing is news is "stale", and shown again where it was hidden.
        """

        def attempt() -> Written:
            old = self.platform.objects.load(key)
            new = parts.split(key.module, data, version, canonical, self.platform.clock(), old)
            is_undated = key.module == "locations" and new[0].undated and not self.own
            new[0] = new[0]._replace(noted=findings.dateless(self.noted) if is_undated else self.noted)
            return self._replace(key, old, new, canonical)

        return retried(attempt)

    def _replace(
        self, key: Key, old: tuple[Part, ...], new: list[Part], canonical: dict[str, Any]
    ) -> Written:
        chosen, has_older = new, False
        if self.in_order and key.module == "locations":
            chosen, has_older = order.newest(old, new, self.platform.clock(), self.asked_at)
        elif self.in_order and old and key.module != "cdrs":
            has_older = order.part_is_older(old[0], new[0], self.asked_at)
        if has_older and key.module != "locations":
            state = "stale"
        else:
            state = self._save(key, old, chosen, canonical, is_older=chosen[:1] == list(old[:1]))
            state = "stale" if has_older and state == "unchanged" else state
        if old and old[0].hidden and state in ("stale", "unchanged"):
            self._show(key, old)
        return Written(state, has_older)

    def hide(self, key: Key) -> bool:
        """Hide what its owner no longer lists: a hub shows it to nobody any more. Whether it was shown."""

        def attempt() -> bool:
            old = self.platform.objects.load(key)
            if not old or old[0].hidden:
                return False
            if parties.passes_on(self.platform, key.module):
                self.platform.objects.save(key, old, old, feeds.name(key.owner, feeds.NOBODY), old[0].own)
            self.platform.objects.hide(key, True)
            return True

        return retried(attempt)

    def _show(self, key: Key, old: tuple[Part, ...]) -> None:
        """What is listed again is there for whom it was, though nothing in it is news."""
        if parties.passes_on(self.platform, key.module):
            canonical = StoredObject(key, old, finder=Finder(self.platform)).canonical
            feed = visibility.feed_of(self.platform, key, canonical, self.own, self.via)
            self.platform.objects.save(key, old, old, feed, old[0].own)
        self.platform.objects.hide(key, False)

    def _save(
        self,
        key: Key,
        old: tuple[Part, ...],
        new: list[Part],
        canonical: dict[str, Any],
        is_older: bool = False,
    ) -> str:
        objects = self.platform.objects
        if key.module == "cdrs" and old and not (self.own and visibility.is_held(key, old[0].feed)):
            return "known"
        if any(part.undated for part in new):
            by_name = {part.name: part for part in old}
            new = [dated(by_name.get(part.name), part) for part in new]
        if self.own:
            new = [new[0]._replace(unsaid=visibility.unsaid(key.module, canonical)), *new[1:]]
        if self.own and key.module == "locations":
            _no_evse_vanishes(old, new)
            new = parts.in_step(new, canonical)
        if self.own and key.module == "sessions" and old:
            consistency.not_ended(old[0], new[0])
        before = StoredObject(key, old).canonical if old and key.module == "tokens" else None
        is_entered = key.module == "tokens" or (key.module == "cdrs" and self.own)
        more = tokens.entering(self.platform, key, before, canonical, self.own) if is_entered else []
        # One whose head stays, stays where it stands; one that all were told of is never for one alone.
        stays = is_older or bool(old and self.only_for)
        feed = old[0].feed if stays and not old[0].hidden else ""
        if not feed and self.only_for:
            feed = feeds.name(key.owner, feeds.audience_of([self.only_for]))
        feed = feed or visibility.feed_of(self.platform, key, canonical, self.own, self.via, self.held)
        if key.module == "locations" and not (is_older or self.only_for):
            more = private_locations.entering(self.platform, key, old, canonical, feed)
        state = objects.save(key, old, new, feed, self.own, more)
        if key.module == "tokens" and not self.own and tokens.is_news(key, before, canonical):
            self._show_private(key, canonical)
        return state

    def _show_private(self, key: Key, token: dict[str, Any]) -> None:
        if "CPO" in self.platform.settings.roles or self.platform.settings.hub:
            private_locations.token_arrived(self.platform, key, token)

    def replace_evse(self, key: Key, data: dict[str, Any], version: str, canonical: dict[str, Any]) -> str:
        """Store an EVSE of a Location that is known. Raises UnknownObject."""
        now = self.platform.clock()
        new = parts.evse(data, version, canonical, now, now)._replace(noted=self.noted)

        def attempt() -> str:
            head, old = self.platform.objects.parts([(key, ""), (key, new.uid)])
            if head is None:
                raise UnknownObject(f"no Location {key.id}", "locations")
            return self.platform.objects.save_part(key, head, old, dated(old, new), self.own)

        return retried(attempt)

    def replace_connector(
        self, key: Key, evse_uid: str, data: dict[str, Any], version: str, canonical: dict[str, Any]
    ) -> str:
        """Store a Connector of an EVSE that is known. Raises UnknownObject."""

        def change(evse: dict[str, Any], in_version: str) -> str:
            connector = data if in_version == version else canonical
            known = connector_of(evse, str(canonical["id"]))
            others = connectors_of(evse)
            if known is None:
                evse["connectors"] = [*others, connector]
                return "created"
            evse["connectors"] = [connector if each is known else each for each in others]
            return "stored"

        id, moment = str(canonical["id"]), canonical.get("last_updated")
        return self._change_evse(key, evse_uid, version, moment, change, id, None)

    def merge(
        self,
        key: Key,
        changes: dict[str, Any],
        version: str,
        evse_uid: str = "",
        connector_id: str | None = None,
        found: tuple[Finding, ...] = (),
    ) -> str:
        """Apply a PATCH to an object or a part of it: "stored" or "unchanged". Raises UnknownObject.

        `found` was odd about the changes, which are stored as they were meant.
        """
        self.noted = findings.text((*findings.of_text(self.noted), *found))
        if connector_id is not None:
            return self._merge_connector(key, changes, version, evse_uid, connector_id)
        if evse_uid:
            return self._merge_evse(key, changes, version, evse_uid)
        if key.module == "locations" and not {"evses", "publish", "publish_allowed_to"} & changes.keys():
            return retried(lambda: self._merge_head(key, changes, version))
        if key.module == "sessions" and version != modules.V211:  # 2.1.1 replaces the periods
            return retried(lambda: self._merge_session(key, changes, version))
        return retried(lambda: self._merge_whole(key, changes, version))

    def _merge_whole(
        self, key: Key, changes: dict[str, Any], version: str, old: tuple[Part, ...] = ()
    ) -> str:
        old = old or self.platform.objects.load(key)
        if not old:
            raise UnknownObject(f"no {key.kind} {key.id}", key.module)
        changes = self._in_order(old[0].last_updated, changes)
        present = StoredObject(key, old, finder=Finder(self.platform))
        merged, kept_in = self._merged(key.kind, present, changes, version)
        canonical = self.check(key.kind, merged, kept_in, False).object
        new = parts.split(key.module, merged, kept_in, canonical, self.platform.clock(), old)
        new = parts.noted(new, old, changes, version, self.noted)
        return self._replace(key, old, new, canonical).state

    def _merge_session(self, key: Key, changes: dict[str, Any], version: str) -> str:
        """A Session of many periods, of which neither those in pieces are read nor written."""
        head = self.platform.objects.part(key)
        added = changes.get(periods.PERIODS)
        if head is None or not head.taken or head.version != version:
            return self._merge_whole(key, changes, version, (head,) if head and not head.taken else ())
        kept = StoredObject(key, [head], finder=Finder(self.platform))
        if added is not None and not periods.are_later(added, kept.source.get(periods.PERIODS)):
            return self._merge_whole(key, changes, version)
        changes = self._in_order(head.last_updated, changes)
        merged, _ = self._merged(key.kind, kept, changes, version)
        canonical = self.check(key.kind, merged, version, False).object
        new = parts.whole(merged, version, canonical, self.platform.clock())
        new = new._replace(noted=findings.joined(head.noted, self.noted, parts.replaced(changes, version)))
        pieces = periods.split(key.module, new, merged, first=head.taken)
        return self._save(key, (head,), pieces, canonical)

    def _merge_head(self, key: Key, changes: dict[str, Any], version: str) -> str:
        """A Location's own fields: its EVSEs are neither read nor written."""
        objects = self.platform.objects
        head = objects.part(key)
        if head is None:
            raise UnknownObject(f"no Location {key.id}", key.module)
        changes = self._in_order(head.last_updated, changes)
        merged, version = self._merged("location", StoredObject(key, [head]), changes, version)
        canonical = self.check("location", merged, version, False).object
        new = parts.head(merged, version, canonical, self.platform.clock())
        new = new._replace(evses=head.evses, noted=findings.joined(head.noted, self.noted, changes))
        return objects.save_part(key, None, head, dated(head, new), self.own)

    def _merge_evse(self, key: Key, changes: dict[str, Any], version: str, evse_uid: str) -> str:
        if "uid" in changes and folded(str(changes["uid"])) != folded(evse_uid):
            raise InvalidParameters(f"the path says EVSE {evse_uid}", "/uid")

        def attempt() -> str:
            objects = self.platform.objects
            old = objects.part(key, evse_uid)
            if old is None:
                raise UnknownObject(f"no EVSE {evse_uid} in Location {key.id}", "locations")
            ours = self._in_order(old.last_updated, changes)
            merged, in_version = self._merged("evse", StoredObject(key, [old]), ours, version)
            canonical = self.check("evse", merged, in_version, False).object
            now = self.platform.clock()
            new = parts.evse(merged, in_version, canonical, now, now)
            new = new._replace(noted=findings.joined(old.noted, self.noted, changes))
            (new,) = parts.in_step([new], {"evses": [canonical]} if self.own else {})
            return objects.save_part(key, None, old, dated(old, new), self.own)

        return retried(attempt)

    def _merge_connector(
        self, key: Key, changes: dict[str, Any], version: str, evse_uid: str, connector_id: str
    ) -> str:
        if "id" in changes and folded(str(changes["id"])) != folded(connector_id):
            raise InvalidParameters(f"the path says Connector {connector_id}", "/id")

        def change(evse: dict[str, Any], in_version: str) -> str:
            known = connector_of(evse, connector_id)
            if known is None:
                raise UnknownObject(f"no Connector {connector_id} at EVSE {evse_uid}", "locations")
            dated_changes = self._in_order(known, changes)
            ours = self._in_words("connector", dated_changes, version, in_version)
            merged = merge("connector", known, ours, in_version)
            self.check("connector", merged, in_version, False)
            evse["connectors"] = [merged if each is known else each for each in connectors_of(evse)]
            return "stored"

        moment = changes.get("last_updated")
        return self._change_evse(key, evse_uid, version, moment, change, connector_id, changes)

    def _change_evse(
        self,
        key: Key,
        evse_uid: str,
        version: str,
        last_updated: Any,
        change: Callable[[dict[str, Any], str], str],
        connector_id: str,
        changed: Iterable[str] | None,
    ) -> str:
        """Change a Connector inside an EVSE, whose last_updated follows (LOC-43, LOC-49, AMB-74)."""

        def attempt() -> str:
            objects = self.platform.objects
            old = objects.part(key, evse_uid)
            if old is None:
                raise UnknownObject(f"no EVSE {evse_uid} in Location {key.id}", "locations")
            present = StoredObject(key, [old])
            in_version = version if old.version == version else modules.V230
            evse = dict(present.source if in_version == old.version else present.canonical)
            outcome = change(evse, in_version)
            now = self.platform.clock()
            latest = max(old.last_updated, order.moment(last_updated, now, now))
            evse["last_updated"] = wire_timestamp(latest)
            new = Part(old.uid, in_version, latest, jsontext.dumps(evse), marks=old.marks)
            at = f"/connectors/{connectors_of(evse).index(connector_of(evse, connector_id))}"
            new = new._replace(noted=findings.joined(old.noted, self.noted, changed, at))
            state = objects.save_part(key, None, old, new, self.own)
            return "unchanged" if state == "unchanged" else outcome

        return retried(attempt)

    def _in_order(self, known: Mapping[str, Any] | str, changes: dict[str, Any]) -> dict[str, Any]:
        """The changes; of the moment of the write where they say no time, so that none of a race is lost.

        Raises `order.Older` where they are of before the state of what they change.
        """
        now = self.platform.clock()
        if changes.get("last_updated") is None:
            return {**changes, "last_updated": wire_timestamp(max(now, order.believed(known, now)))}
        if self.in_order and order.is_older(known, changes, now):
            raise order.Older("older than what is known", "/last_updated")
        return changes

    def _merged(
        self, kind: str, present: StoredObject, changes: dict[str, Any], version: str
    ) -> tuple[dict[str, Any], str]:
        """The stored object with the changes in it, in its version if that can say them, else in 2.3.0."""
        if present.version == version:
            return merge(kind, present.source, changes, version), version
        ours = self._in_words(kind, changes, version, modules.V230)
        same = _in_its_words(kind, ours, present.version)
        if same is not None:
            return merge(kind, present.source, same, present.version, sent_in=version), present.version
        return merge(kind, present.canonical, ours, modules.V230, sent_in=version), modules.V230

    def _in_words(self, kind: str, changes: dict[str, Any], version: str, wanted: str) -> dict[str, Any]:
        if version == wanted:
            return changes
        upgraded: dict[str, Any] = self.check(kind, changes, version, True).object
        return upgraded


def _in_its_words(kind: str, changes: dict[str, Any], version: str) -> dict[str, Any] | None:
    """2.3.0 changes in the version of what is stored, so that nothing else in it is converted (CNV-P3).

    None where that version cannot say them one for one (CNV-P7).
    """
    written = writing.write(kind, changes, version, partial=True)
    told = written.object
    if kind == "session" or told is None or written.losses or len(told) != len(changes):
        return None
    moment = changes.get("last_updated")
    return {**told, **({"last_updated": moment} if moment else {})}  # as exact as it was given


def _no_evse_vanishes(old: tuple[Part, ...], new: list[Part]) -> None:
    """LOC-03, LOC-04: ours are never deleted, as Sessions and CDRs refer to them."""
    left = {part_name(part.uid) for part in old} - {part.name for part in new}
    for part in old:
        if part.name in left:
            raise InvalidParameters(
                f"EVSE {part.uid} is missing; an EVSE is never deleted, give it the status REMOVED", "/evses"
            )
