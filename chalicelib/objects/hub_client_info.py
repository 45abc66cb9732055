"""hubclientinfo: what a hub says of the parties behind it.

A party has an item per role and hub; who asks for the party is told its best status.
It also says whether anything may be sent to the party through that hub.

Spec: HCI-03, HCI-10 to HCI-13, AMB-29, AMB-30
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from chalicelib.objects.ingest import Outcome, receive
from chalicelib.objects.stored_object import StoredObject
from chalicelib.ocpi.errors import InvalidParameters, UnknownObject
from chalicelib.ocpi.messages import Party
from chalicelib.partners import parties
from chalicelib.partners.call import Call
from chalicelib.store.object_items import Key, folded
from chalicelib.tasks import AnnounceAll, Recover, StartPull

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

# The best status first: what a party is to be told that has several roles (AMB-30).
CONNECTED, SUSPENDED = "CONNECTED", "SUSPENDED"
STATUSES = (CONNECTED, "OFFLINE", "PLANNED", SUSPENDED)
# Modules of which a party is told what is meant for nobody else.
FOR_ONE = ("locations", "sessions", "cdrs")
# In the place of a hub's id, where we are the hub.
OURS = ""
ROLES = ("CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "PTP", "SCSP")


def write(call: Call, party: Party, data: dict[str, Any]) -> str:
    """Store what a hub says of a party behind it: "created" or "stored"."""
    for name, wanted in zip(("country_code", "party_id"), party, strict=True):
        if data.get(name) is not None and folded(str(data[name])) != wanted:
            raise InvalidParameters(f"differs from the path, which says {wanted!r}", f"/{name}")
    before = status(call.platform, call.partner, party)
    outcome = receive(
        call.platform,
        "hubclientinfo",
        data,
        call.request.version,
        [party],
        only_newer=False,
        via=call.partner.id,
    )
    heard(call.platform, call.partner, [outcome])
    if outcome.object.get("status") == CONNECTED != before:
        # What waited for it is sent (HCI-10).
        call.platform.queues.send([Recover(call.partner.id, again=True, early=True)])
    return "created" if outcome.created else "stored"


def heard(platform: Platform, hub: Partner, outcomes: Iterable[Outcome]) -> None:
    """Let a hub speak for the parties it told of, and no longer for those it says have gone (HCI-07)."""
    there = {
        "/".join((each.key.id.partition("|")[0], *each.key.party)): each.object.get("status") != SUSPENDED
        for each in outcomes
        if each.state != "stale"
    }
    came = there and platform.partners.directories.tell(hub.id, there)
    if came and parties.has_told(platform, hub):
        # What is for who came alone was never meant for this hub before (HCI-10).
        platform.queues.send([AnnounceAll(hub.id, each) for each in FOR_ONE])


def heard_all(platform: Platform, hub: str) -> None:
    """A hub's list of parties is complete; the first time everything else is exchanged then."""
    if platform.partners.directories.complete(hub):
        platform.queues.send([AnnounceAll(hub), StartPull(hub, without=parties.HUBCLIENTINFO)])


def read(call: Call, party: Party) -> StoredObject:
    """What this hub says of a party. Raises UnknownObject."""
    found = told_of(call.platform, party, [call.partner.id])
    if not found:
        raise UnknownObject("unknown")

    return min(found, key=_rank)


def status(platform: Platform, partner: Partner, party: Party | None) -> str:
    """The best status a hub tells of a party behind it; "" of any other party, or where it tells nothing."""
    if party is None or party == partner.hub_party or not partner.is_hub:
        return ""
    found = told_of(platform, party, [partner.id])
    return str(min(found, key=_rank).canonical.get("status")) if found else ""


def away(platform: Platform, partner: Partner, party: Party | None) -> str:
    """Why nothing is sent to this party through its hub now, or nothing (HCI-11 to HCI-13)."""
    told = status(platform, partner, party)
    return f"{'/'.join(party)} is {told}, says its hub" if party and told not in ("", CONNECTED) else ""


def way(
    platform: Platform, party: Party, module: str, interface: str, *roles: str
) -> tuple[Partner | None, str]:
    """The connection through which a party is asked on an interface, and why it is not asked now, or nothing.

    A party behind several hubs is asked through the first of them that leads to it now (AMB-30).
    """
    first: tuple[Partner | None, str] = None, ""
    for partner in parties.ways(platform, party, *roles):
        reason = away(platform, partner, party)
        if not reason and partner.endpoint(module, interface):
            return partner, ""
        if first[0] is None:
            first = partner, reason
    return first


def rank(status: Any) -> int:
    """The place of a status among all, the best first; one that is not known here is the last."""
    return STATUSES.index(status) if status in STATUSES else len(STATUSES)


def _rank(each: StoredObject) -> int:
    return rank(each.canonical.get("status"))


def told_of(platform: Platform, party: Party, hubs: Iterable[str]) -> list[StoredObject]:
    """What these hubs say of a party, an entry for each of its roles."""
    keys = [Key("hubclientinfo", *party, f"{role}|{hub}") for hub in hubs for role in ROLES]
    parts = platform.objects.parts([(key, "") for key in keys])
    return [StoredObject(key, [part]) for key, part in zip(keys, parts, strict=True) if part]
