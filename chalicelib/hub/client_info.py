"""The hub is the Sender of hubclientinfo: who is at this hub, and whether anything can be sent to them.

A ClientInfo is an object of ours: stored, listed and pushed like any other. What it
says is worked out here from the directory, written where it differs from what is
stored, and looked at again by every sweep. Who is told of whom is asked in
`partners.parties`; nobody is told of itself.

Example: CPO NL/CPO stops answering. `partners.health` asks for `refresh`, which writes
`OFFLINE` into the ClientInfo of NL/CPO; the change stream announces it to every partner.

Spec: HCI-01, HCI-02, HCI-04 to HCI-07, HCI-14, AMB-29, AMB-30
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from chalicelib.objects import checks, hub_client_info, sender
from chalicelib.objects.stored_object import StoredObject
from chalicelib.objects.writer import ObjectWriter
from chalicelib.ocpi import modules
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.ocpi.timestamps import wire_timestamp
from chalicelib.partner import INVITED, SUSPENDED, UNREACHABLE
from chalicelib.partners import parties, roster
from chalicelib.partners.call import Call
from chalicelib.settings import HUB
from chalicelib.store.object_items import Key
from chalicelib.tasks import TellWhoIsThere

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.store.directory import Directory
    from chalicelib.wiring import Platform

CONNECTED, OFFLINE, PLANNED, GONE = "CONNECTED", "OFFLINE", "PLANNED", "SUSPENDED"
# Objects that one request of DynamoDB's reads.
AT_ONCE = 100
# How often what is told is written before others get their turn; every writer looks again after writing.
MOST_ROUNDS = 5
# Seconds after which the sweep has what is stored compared though no partner differs.
TRUSTED = 300

_found: dict[int, tuple[float, Mapping[str, str]]] = {}


def page(call: Call) -> Reply:
    """The parties that this partner may roam with, never its own (HCI-04)."""
    return sender.page(call)


def refresh(platform: Platform, task: TellWhoIsThere | None = None) -> None:
    """Write down who is there, until nobody changes it meanwhile."""
    for _ in range(MOST_ROUNDS):
        if not _write(platform, statuses(platform)):
            return


def sweep(platform: Platform) -> None:
    """Have that done where the partners say something else than a while ago, and now and then in any case."""
    if not platform.settings.hub:
        return
    moment, before = _found.get(id(platform), (0.0, {}))
    told = statuses(platform)
    if time.monotonic() - moment > TRUSTED or before != told:
        roster.changed(platform)
        _found[id(platform)] = time.monotonic(), told


def statuses(platform: Platform) -> dict[str, str]:
    """The status of every party that this hub tells of, or told of, by role: `CPO/NL/CPO`."""
    directory = platform.partners.directory(fresh=True)
    told = dict.fromkeys(directory.told(parties.OURSELVES).parties, GONE)
    planned = {
        role.claim: PLANNED
        for each in directory.partners.values()
        if each.state == INVITED
        for role in each.invited_roles
    }
    hosted = {"/".join((each.role, *each.party)): CONNECTED for each in platform.settings.parties}
    found = told | planned | _connected(platform, directory) | hosted
    return {claim: status for claim, status in found.items() if not claim.startswith(f"{HUB}/")}


def _connected(platform: Platform, directory: Directory) -> dict[str, str]:
    """The parties of all connections; who is behind a hub, as that hub tells it, unless it is away itself.

    Of what several connections say of a party the best counts (AMB-30): through that one it is reached.
    """
    found: dict[str, str] = {}
    for each in directory.living():
        status = _status(each)
        said = {role.claim: status for role in each.roles}
        if each.is_hub:
            told = _told_by(platform, each) if status == CONNECTED else {}
            claims = ("/".join((role, *party)) for role, party in parties.behind(platform, each))
            said = {claim: told.get(claim, status) for claim in claims}
        for claim, status in said.items():
            found[claim] = min(status, found.get(claim, GONE), key=hub_client_info.rank)
    return found


def _status(partner: Partner) -> str:
    if partner.state == SUSPENDED:
        return GONE
    return OFFLINE if partner.health.state == UNREACHABLE else CONNECTED


def _told_by(platform: Platform, hub: Partner) -> dict[str, str]:
    """What another hub tells of the parties behind it."""
    members = sorted(parties.behind(platform, hub))
    keys = [Key(parties.HUBCLIENTINFO, *party, f"{role}|{hub.id}") for role, party in members]
    found = _stored(platform, keys)
    return {
        f"{key.id.partition('|')[0]}/{key.owner}": str(obj.canonical.get("status"))
        for key, obj in found.items()
    }


def _write(platform: Platform, told: Mapping[str, str]) -> bool:
    """Bring what is stored up to what is to be told; whether anything differed."""
    keys = {_key(claim): status for claim, status in told.items()}
    stored = _stored(platform, keys)
    news = {
        key: status
        for key, status in keys.items()
        if key not in stored or stored[key].canonical.get("status") != status
    }
    if not news:
        return False
    # First for whom it is: what is announced before is in nobody's list yet.
    platform.partners.directories.tell(parties.OURSELVES, dict.fromkeys(told, True))
    for key, status in news.items():
        _tell(platform, key, status)
    return True


def _tell(platform: Platform, key: Key, status: str) -> None:
    obj = {
        "country_code": key.country_code,
        "party_id": key.party_id,
        "role": key.id.partition("|")[0],
        "status": status,
        "last_updated": wire_timestamp(platform.clock()),
    }
    writer = ObjectWriter(platform, checks.as_theirs(platform, key.party), own=True)
    writer.replace(key, obj, modules.V230, obj)


def _key(claim: str) -> Key:
    """A ClientInfo of ours: one per party and role; those of other hubs name the hub behind the role."""
    role, country, party = claim.split("/")
    return Key(parties.HUBCLIENTINFO, country, party, f"{role}|")


def _stored(platform: Platform, keys: Iterable[Key]) -> dict[Key, StoredObject]:
    wanted = list(keys)
    found: dict[Key, StoredObject] = {}
    for at in range(0, len(wanted), AT_ONCE):
        some = wanted[at : at + AT_ONCE]
        parts = platform.objects.parts([(key, "") for key in some])
        found |= {key: StoredObject(key, [part]) for key, part in zip(some, parts, strict=True) if part}
    return found


def keys_of(platform: Platform, party: Party) -> list[Key]:
    """The ClientInfos of a party, one for each of its roles."""
    keys = [Key(parties.HUBCLIENTINFO, *party, f"{role}|") for role in hub_client_info.ROLES if role != HUB]
    return list(_stored(platform, keys))
