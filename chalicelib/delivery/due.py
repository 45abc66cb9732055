"""A due request makes true what a partner knows of an object: what it is, from whom and for whom.

Nothing is sent or written here. Example: the partner knows a Location but for its new name: a PATCH of
`name` and `last_updated`. It knows nothing of it: a PUT. It may not see it, or knows all: nothing.

Contract: design section 8; TRA-51, AMB-12, AMB-30, HUB-04, HUB-15, HUB-17, HUB-21
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.delivery import diff
from chalicelib.objects import hub_client_info, sessions, visibility
from chalicelib.objects.stored_object import Finder, load
from chalicelib.ocpi import modules, paging, routing, writing
from chalicelib.ocpi.surrogates import shortest
from chalicelib.ocpi.timestamps import wire_timestamp
from chalicelib.partners import parties
from chalicelib.store import feeds
from chalicelib.store.delivery_items import REFUSED, Delivery, Target
from chalicelib.store.object_items import place_name

if TYPE_CHECKING:
    from chalicelib.delivery.diff import Step
    from chalicelib.objects.stored_object import StoredObject
    from chalicelib.ocpi.messages import Party
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

# The mark of an object that is to be deleted at the partner.
REMOVED = "removed"


def place(platform: Platform, partner: Partner, target: Target, obj: Mapping[str, Any]) -> str:
    """The URL at which a partner holds an object of ours, in its version; a CDR is where it said (CDR-14)."""
    due = Due(platform, partner, target)
    if target.key.module == "cdrs":
        base = partner.endpoint("cdrs", modules.RECEIVER) or ""
        told = platform.deliveries.read(target).remote_url
        return paging.absolute(base, told)
    return due.url(due.segments(obj), due.query(obj))


@dataclass
class Due:
    """An object for a partner, as it is now; a `thorough` look at a Location is one at its EVSEs, too.

    After `step`: `to` are the parties that the object is for, `sender` ours that forwards it where it is
    another's.
    """

    platform: Platform
    partner: Partner
    target: Target
    thorough: bool = False
    to: tuple[Party, ...] = ()
    sender: Party | None = None

    def step(self, found: Delivery, whole: bool) -> tuple[Step | None, str, str]:
        """The request that makes what the partner knows true, or why there can be none, and the mark of the
        state it is about; `whole`: it is sent all of it.
        """
        platform, partner, key = self.platform, self.partner, self.target.key
        present = load(platform, key, self.target.part or None)
        if present is not None:  # whoever asks may know it by the name that is compared
            self.target = replace(self.target, key=present.key)
        self.to = self._receivers(present)
        self.sender = sessions.forwarder(platform, partner, present) if present else None
        passed_on = present is not None and parties.passes_on(platform, key.module)
        if present is None or not (present.own or self.sender or passed_on):
            # What was not removed was only forgotten because of its age.
            removed = found.gone or found.refused == REMOVED
            if key.module == "tariffs" and found.known and removed:
                return diff.removal(self.segments({})), "", REMOVED
            return None, "", ""
        may = self.sender or visibility.may_be_sent(
            platform, partner, key.module, partner.version, present.feed
        )
        if not may:
            return self._parted(found, present)
        written = present.in_version(partner.version, Finder(platform))
        if written.object is None:
            why = "; ".join(f"{loss.pointer}: {loss.message}" for loss in written.losses[:3])
            mark = diff.digest(present.revision)
            return None, f"not expressible in {partner.version}: {why}"[:500], mark
        obj = written.object
        segments, query = self.segments(obj), self.query(obj)
        known: Mapping[str, str] = {} if (whole or found.whole) and present.kind != "cdr" else found.known
        step = diff.plan(present.kind, segments, obj, partner.version, known, query)
        if known and present.kind != "cdr" and present.revision - found.revision not in (0, 1):
            # States in between were never sent, but the partner may have read one of them: a difference from
            # what it was sent last would leave that standing where the object changed back.
            step = diff.whole(present.kind, segments, obj, query)
        elif self.thorough and known and present.kind == "location":
            step = self._thoroughly(step, segments, obj, known)
        if step is not None:
            evses = present.parts if present.kind == "location" else ()
            revisions = {part.uid: part.revision for part in evses if part.uid}
            step = replace(step, revision=present.revision, revisions=revisions)
        mark = diff.digest(obj)
        if step is None or (found.state == REFUSED and found.refused == mark):
            return step, "", mark
        # What is forwarded, or passed on by a hub, is in the words of its owner.
        findings = () if self.sender or not present.own else writing.check(present.kind, obj, partner.version)
        if findings:
            why = "; ".join(f"{each.pointer}: {each.message}" for each in findings[:3])
            return None, f"does not validate in {partner.version}: {why}"[:500], mark
        return step, "", mark

    def _parted(self, found: Delivery, present: StoredObject) -> tuple[Step | None, str, str]:
        """The last word on a party that a partner no longer has an agreement with: SUSPENDED (HCI-02)."""
        if self.target.key.module != parties.HUBCLIENTINFO or not found.known:
            return None, "", ""
        obj = {**present.canonical, "status": hub_client_info.SUSPENDED}
        known = dict(found.known)
        if known.get("status") == diff.digest(obj["status"]):
            return None, "", ""
        obj["last_updated"] = wire_timestamp(self.platform.clock())
        obj = dict(writing.write(present.kind, obj, self.partner.version).object)
        return diff.whole(present.kind, self.segments(obj), obj), "", diff.digest(obj["status"])

    def _thoroughly(
        self, step: Step | None, segments: tuple[str, ...], obj: dict[str, Any], known: Mapping[str, str]
    ) -> Step | None:
        """The whole Location where the partner lacks an EVSE; nothing where only EVSEs made it younger."""
        records = {place_name(each.target.part): each for each in self.platform.deliveries.parts(self.target)}
        for evse in obj.get("evses") or ():
            record = records.pop(place_name(str(evse.get("uid"))), None)
            if record is None or (not record.state and record.known != diff.knowledge("evse", evse)):
                return diff.whole("location", segments, obj)
        now = diff.knowledge("location", obj)
        younger = {name for name in now.keys() | known.keys() if now.get(name) != known.get(name)}
        return None if younger <= {"last_updated"} else step

    def segments(self, obj: Mapping[str, Any]) -> tuple[str, ...]:
        """Where an object of ours is below the partner's endpoint."""
        key = self.target.key
        if key.module == parties.HUBCLIENTINFO:
            return key.party  # the role is in the body (AMB-30)
        id, part = str(obj.get("uid")) if key.module == "tokens" else key.id, self.target.part
        if key.module == "locations" and self.partner.version != modules.V211:
            id, part = shortest(id), shortest(part)  # CNV-10
        found = (key.country_code, key.party_id, id)
        return (*found, part) if part else found

    def query(self, obj: Mapping[str, Any]) -> str:
        """2.2.1 and later tell Tokens of one uid apart by type; RFID is what is meant without (TOK-04)."""
        if self.target.key.module != "tokens" or self.partner.version == modules.V211:
            return ""
        type_ = str(obj.get("type", "RFID"))
        return "" if type_ == "RFID" else f"type={quote(type_, safe='')}"

    @property
    def speaker(self) -> Party:
        """Who speaks: the owner, who forwards it, or the hub that passes it on (HUB-17)."""
        hub, owner = self.platform.settings.hub, self.target.key.party
        return self.sender or (hub if hub and not self.platform.settings.hosts(owner) else owner)

    def away(self) -> str:
        """Why nothing is sent to those it is for, if one of them is away: gone only if all of them are."""
        told = [hub_client_info.away(self.platform, self.partner, each) for each in self.to]
        gone = [each for each in told if hub_client_info.SUSPENDED in each]
        return next((each for each in (gone if len(gone) == len(told) else told) if each), "")

    def url(self, segments: tuple[str, ...], query: str = "") -> str:
        """A place below the partner's endpoint."""
        base = self.partner.endpoint(self.target.key.module, modules.RECEIVER) or ""
        url = routing.join(base, *segments) if segments else base
        return url + ("&" if "?" in url else "?") + query if query else url

    def _receivers(self, present: StoredObject | None) -> tuple[Party, ...]:
        """The eMSP of a Session or CDR, and who it is delegated to; those who may see a private Location
        behind a hub; a hub itself for what it tells all (HUB-04, HUB-15, HUB-21).
        """
        platform, partner, module = self.platform, self.partner, self.target.key.module
        theirs = parties.may_have(platform, partner, module, self.target.key.party)
        readers = theirs & ((present and feeds.readers(present.feed)) or frozenset())
        if module == sessions.SESSIONS:
            readers |= parties.providers(platform, partner)
        found = sorted(readers)[: None if partner.is_hub else 1]
        if not found and platform.settings.hub:
            found = self._agreeing(theirs)
        own = partner.party_for(modules.serving_roles(module, modules.RECEIVER))
        return tuple(found) or ((own,) if own else ())

    def _agreeing(self, theirs: frozenset[Party]) -> list[Party]:
        """Of a connection the first party that has an agreement with the owner; behind another hub each of
        them, unless it be all that are there."""
        roles = parties.readers(self.target.key.module)
        if not self.partner.is_hub:
            return sorted(theirs)[:1]
        return [] if theirs == parties.spoken_for(self.platform, self.partner, roles) else sorted(theirs)
