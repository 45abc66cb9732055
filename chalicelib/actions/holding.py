"""A partner is asked what it holds of an object of ours, and that is held against what it should be.

For a CPO, or an eMSP with its Tokens, that is unsure of the other side. What
differs is put right by `push` and `redeliver`.

Spec: 2.2.1 mod_locations_get_method_eMSP, mod_cdrs_response_url; LOC-06, SES-03, CDR-14
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from chalicelib import logs
from chalicelib.actions import named
from chalicelib.actions.action import Action, Fields
from chalicelib.delivery import due, outcomes
from chalicelib.errors import ActionError, PartnerRefused, PartnerUnreachable
from chalicelib.objects import hosted
from chalicelib.objects.stored_object import Finder, load
from chalicelib.ocpi import modules
from chalicelib.partner import REGISTERED
from chalicelib.store.delivery_items import Target

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# Seconds that the operator waits for the partner.
PATIENCE = 10
# Differences that are told one by one.
MOST = 50


class HeldFields(Fields):
    """One object of ours, or one EVSE of it, at one partner; `type` is a Token's."""

    partner: str
    module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens"]
    id: str
    evse_uid: str = ""
    party: str | None = None
    type: str | None = None


def held(platform: Platform, fields: HeldFields) -> dict[str, Any]:
    """What the partner answers to GET, or null, and the fields in which that is not what we have."""
    partner = platform.partners.get(fields.partner)
    if partner is None or partner.state != REGISTERED:
        raise ActionError("unknown_partner", "no registered partner of this id; see partners", "/partner")
    if partner.endpoint(fields.module, modules.RECEIVER) is None:
        raise ActionError("not_offered", f"{partner.id} receives no {fields.module}", "/module")
    key = hosted.known(platform, fields.module, fields.id, named.party(fields.party), fields.type)
    present = load(platform, key, fields.evse_uid or None)
    ours = present.in_version(partner.version, Finder(platform)).object if present else None
    if present is None or ours is None:
        raise ActionError("unknown_object", f"nothing of ours to say in {partner.version}", "/id")
    target = Target(partner.id, present.key, fields.evse_uid)
    url = due.place(platform, partner, target, ours)
    if not url:
        raise ActionError("not_delivered", "the partner never said where it keeps this CDR", "/id")
    theirs = None
    try:
        with logs.about(target.subject):
            theirs = platform.partner_client.call(
                partner,
                "GET",
                url,
                module=fields.module,
                from_party=key.party,
                to_party=partner.party_for(modules.serving_roles(fields.module, modules.RECEIVER)),
                timeout=PATIENCE,
            ).data
    except PartnerRefused as refusal:
        if not outcomes.unknown(refusal):
            raise ActionError("refused", outcomes.words(refusal)) from None
    except PartnerUnreachable as problem:
        raise ActionError("unreachable", problem.reason) from None
    known = theirs if isinstance(theirs, dict) else {}
    differs = sorted(name for name, value in ours.items() if known.get(name) != value)
    apart = list(islice(differences(ours, known), MOST)) if theirs is not None else []
    return {"url": url, "object": theirs, "differs": differs, "differences": apart}


def differences(ours: Any, theirs: Any, at: str = "") -> Iterator[dict[str, Any]]:
    """Where a partner holds something else than we have, each with its JSON Pointer in ours.

    EVSEs and Connectors are held against those of the same name. What only they have is not told.
    """
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name, value in ours.items():
            yield from differences(value, theirs.get(name), f"{at}/{name}")
    elif _named(ours) and isinstance(theirs, list):
        by_name = {_name(each): each for each in theirs}
        for index, each in enumerate(ours):
            yield from differences(each, by_name.get(_name(each)), f"{at}/{index}")
    elif ours != theirs:
        yield {"pointer": at, "ours": ours, "theirs": theirs}


def _named(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_name(each) for each in value)


def _name(value: Any) -> str:
    return str(value.get("uid") or value.get("id") or "").lower() if isinstance(value, dict) else ""


ACTIONS = {"held": Action(held, HeldFields, "ask a partner what it holds of an object of ours")}
