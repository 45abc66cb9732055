"""What the operator of a hub says of its parties, who may roam with whom, and asks: what was passed on.

Contract: design section 12 (`agree`, `agreements`, `routes`)
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints

from chalicelib.actions.action import Action, Fields
from chalicelib.errors import ActionError
from chalicelib.hub import client_info
from chalicelib.ocpi import modules
from chalicelib.ocpi.messages import Party
from chalicelib.partners import parties, roster
from chalicelib.store.agreements import Agreement
from chalicelib.store.delivery_items import Target
from chalicelib.store.routes import Routes, Wanted
from chalicelib.tasks import AnnounceAll, PushObject

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

PartyName = Annotated[str, StringConstraints(pattern="^[A-Za-z]{2}/[A-Za-z0-9]{3}$", to_upper=True)]
# Modules between a platform and the hub, which no agreement is about.
NOT_AGREED = ("versions", "credentials", parties.HUBCLIENTINFO)
ModuleName = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_.-]{1,64}$")]


class Agree(Fields):
    parties: Annotated[list[PartyName], Field(min_length=2, max_length=2)] = Field(
        description="two parties, as NL/CPO and DE/MSP; it holds in both directions"
    )
    allowed: bool = Field(description="whether they roam with each other, whatever the hub's policy is")
    modules: Annotated[list[ModuleName], Field(min_length=1)] | None = Field(
        None, description="allowed: in these modules alone; not allowed: not in these. Default: all"
    )


class OfParty(Fields):
    party: PartyName | None = Field(None, description="those of this party alone")


def agree(platform: Platform, fields: Agree) -> dict[str, Any]:
    """Enter it, and bring both parties up to date with each other."""
    _require_hub(platform)
    one, other = (_party(each) for each in fields.parties)
    if one == other:
        raise ActionError("invalid", "two different parties are required", "/parties/1")
    if (hub := platform.settings.hub) in (one, other):
        at = (one, other).index(hub)
        raise ActionError("invalid", "the hub itself is there for everybody", f"/parties/{at}")
    named = frozenset(_module(platform, at, each) for at, each in enumerate(fields.modules or ())) or None
    platform.partners.directories.agree(one, other, Agreement(fields.allowed, named))
    _bring_up_to_date(platform, one, other)
    _bring_up_to_date(platform, other, one)
    roster.changed(platform)
    return _shown(platform, one, other)


def _module(platform: Platform, at: int, name: str) -> str:
    """The module that is meant, which may be one of parties' own."""
    meant, known = name.lower(), [each.id for each in modules.MODULES if each.functional]
    if meant in known:
        return meant
    if meant in NOT_AGREED:
        raise ActionError("invalid", f"{meant} is between each party and the hub", f"/modules/{at}")
    offered = {each.module for one in platform.partners.directory().living() for each in one.endpoints}
    if name not in offered and (near := get_close_matches(meant, known, 1, 0.8)):
        raise ActionError("invalid", f"nobody has a module {name}; {near[0]} is one", f"/modules/{at}")
    return name


def agreements(platform: Platform, fields: OfParty) -> dict[str, Any]:
    """What was agreed, and the policy for all others."""
    _require_hub(platform)
    said = platform.partners.directory().agreements[1].said
    return {
        "policy": platform.settings.hub_policy,
        "agreements": [
            _shown(platform, _party(pair[0]), _party(pair[1]))
            for pair in sorted(said)
            if fields.party in (None, *pair)
        ],
    }


def _bring_up_to_date(platform: Platform, reader: Party, owner: Party) -> None:
    """Tell a party what it may have of another now; and where that is nothing, that the other is gone."""
    partner = parties.reached(platform, reader)
    if partner is None:
        return
    platform.queues.send([AnnounceAll(partner.id, owner="/".join(owner))])
    if not parties.agreed(platform, reader, owner):
        keys = client_info.keys_of(platform, owner)
        platform.queues.send([PushObject.to(Target(partner.id, key)) for key in keys])


def _shown(platform: Platform, one: Party, other: Party) -> dict[str, Any]:
    said = platform.partners.directory().agreements[1].between(one, other)
    assert said is not None
    return {
        "parties": ["/".join(one), "/".join(other)],
        "allowed": said.allowed,
        "modules": sorted(said.modules) if said.modules is not None else None,
    }


def _party(name: str) -> Party:
    country, _, party = name.upper().partition("/")
    return country, party


def _require_hub(platform: Platform) -> None:
    if not platform.settings.hub:
        raise ActionError("no_hub", "this platform is no hub: no party of role HUB is in OCPI_PARTIES")


class RoutesFields(Fields):
    """Which forwards to list: of the last days, newest first."""

    sender: PartyName | None = Field(None, alias="from", description="the party that asked")
    to: PartyName | None = Field(None, description="the party that was asked")
    parties: Annotated[list[PartyName], Field(min_length=2, max_length=2)] | None = Field(
        None, description="two parties, such as NL/CPO and DE/MSP: between them, either way"
    )
    module: str = ""
    limit: int = Field(50, ge=1, le=500)
    cursor: str = ""


def routes(platform: Platform, fields: RoutesFields) -> dict[str, Any]:
    """What was passed on lately, and how it ended."""
    wanted = Wanted(fields.sender or "", fields.to or "", frozenset(fields.parties or ()), fields.module)
    try:
        found, cursor = Routes(platform).recent(fields.limit, fields.cursor, wanted)
    except ValueError as problem:
        raise ActionError("invalid", str(problem), "/cursor") from None
    return {"routes": [each.shown for each in found], "cursor": cursor or None}


ACTIONS = {
    "routes": Action(routes, RoutesFields, "what a hub passed on between parties, newest first"),
    "agree": Action(agree, Agree, "at a hub: let two parties roam with each other, or not"),
    "agreements": Action(agreements, OfParty, "at a hub: what was agreed between parties"),
}
