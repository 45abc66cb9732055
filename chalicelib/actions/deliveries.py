"""What the operator does with deliveries and pulls: look, send again, announce all, fetch.

Contract: design section 5.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from chalicelib.actions import named
from chalicelib.actions.action import Action, Fields
from chalicelib.delivery import announce, retell
from chalicelib.delivery import pull as pulling
from chalicelib.errors import ActionError
from chalicelib.ocpi import modules
from chalicelib.ocpi.timestamps import timestamp
from chalicelib.partner import REGISTERED, Partner
from chalicelib.partners import health
from chalicelib.store.delivery_items import UNDELIVERED, Delivery
from chalicelib.store.pulls import Pull, Pulls
from chalicelib.tasks import AnnounceAll, PushObject

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

ModuleName = Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"]

# Objects set aside that `pulls` shows of each pull; `refusals` lists all.
MOST_ASIDES = 20


class PullFields(Fields):
    """Fetch a partner's objects: all with `full`, else those changed since `date_from` or the last time."""

    partner: str
    module: ModuleName | None = None
    full: bool = False
    date_from: str | None = Field(None, description="RFC 3339; objects updated at or after it")


class PullsFields(Fields):
    """Which pulls to list."""

    partner: str | None = None
    module: ModuleName | None = None


class PushFields(Fields):
    """Send a partner everything it is entitled to, whatever it should know already."""

    partner: str
    module: ModuleName | None = None


class DeliveriesFields(Fields):
    """Which undelivered objects to list; `id` one alone, also after it was delivered."""

    id: str | None = None
    partner: str | None = None
    module: ModuleName | None = None
    state: Literal["WAITING", "REFUSED", "GIVEN_UP"] | None = None
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = None


class RedeliverFields(Fields):
    """One delivery by its id, or all undelivered ones of a partner; `cause`: those alone that tell this."""

    id: str | None = None
    partner: str | None = None
    module: ModuleName | None = None
    cause: str | None = Field(
        None, description="as deliveries tell it: the reason without what names an object"
    )


class TellAgainFields(Fields):
    """Which events: ObjectChanged of partners' objects of a module that came since a time."""

    module: ModuleName
    since: str = Field(description="RFC 3339; what came, or was hidden, at or after it")
    cursor: str = ""


def tell_again(platform: Platform, fields: TellAgainFields) -> dict[str, Any]:
    """The events of a module again, for a back end that lost some; pages follow by the inbox."""
    try:
        since = timestamp(fields.since)
    except ValueError:
        raise ActionError("invalid", "an RFC 3339 date-time is required", "/since") from None
    return retell.retell(platform, fields.module, since, fields.cursor)


def pull(platform: Platform, fields: PullFields) -> dict[str, Any]:
    """A pull job for the module, or one for each that the partner offers."""
    partner = _registered(platform, fields.partner)
    offered = pulling.offered(platform, partner)
    if fields.module and fields.module not in offered:
        raise ActionError("not_offered", f"{partner.id} offers us no {fields.module} to fetch", "/module")
    date_from = ""
    if fields.date_from:
        try:
            date_from = timestamp(fields.date_from)
        except ValueError:
            raise ActionError("invalid", "an RFC 3339 date-time is required", "/date_from") from None
    begun = [
        pulling.begin(platform, partner, each, full=fields.full, date_from=date_from, afresh=True)
        for each in ([fields.module] if fields.module else offered)
    ]
    shown = [_pull(each) for each in begun]
    return shown[0] if fields.module else {"pulls": shown}


def pulls(platform: Platform, fields: PullsFields) -> dict[str, Any]:
    """The last pull of each module and partner, how far it came, and what it set aside."""
    store = Pulls(platform)
    found = []
    for partner in [named.partner(platform, fields.partner)] if fields.partner else platform.partners.all():
        for each in store.of(partner.id):
            if fields.module in (None, each.module):
                asides = _asides(platform, each) if each.set_aside else []
                found.append(_pull(each) | ({"findings": asides} if asides else {}))
    return {"pulls": found}


def push(platform: Platform, fields: PushFields) -> dict[str, Any]:
    """A full announcement, page by page through the queue."""
    partner = _registered(platform, fields.partner)
    wanted = [fields.module] if fields.module else [row.id for row in modules.MODULES if row.kind]
    names = [each for each in wanted if announce.receives(platform, partner, each)]
    if fields.module and not names:
        raise ActionError("not_offered", f"{partner.id} receives no {fields.module} from us", "/module")
    platform.queues.send([AnnounceAll(partner.id, each, whole=True) for each in names])
    return {"partner": partner.id, "modules": names}


def deliveries(platform: Platform, fields: DeliveriesFields) -> dict[str, Any]:
    """What is not delivered, and why."""
    if fields.id:
        one = _delivery(platform, fields.id)
        return {"deliveries": [shown(one)], "cursor": None}
    chosen = [named.partner(platform, fields.partner)] if fields.partner else platform.partners.all()
    ids = [each.id for each in chosen]
    states = [fields.state] if fields.state else list(UNDELIVERED)
    places = [(partner, state) for partner in ids for state in states]
    at, after = (
        named.place(fields.cursor, lambda at: _is_place(at, len(places))) if fields.cursor else (0, None)
    )
    found: list[Delivery] = []
    while at < len(places) and len(found) < fields.limit:
        more, after = platform.deliveries.undelivered(
            *places[at], module=fields.module or "", limit=fields.limit - len(found), after=after
        )
        found += more
        at += 0 if after else 1
    cursor = None
    if at < len(places):
        cursor = named.cursor([at, after])
    return {"deliveries": [shown(each) for each in found], "cursor": cursor}


def redeliver(platform: Platform, fields: RedeliverFields) -> dict[str, Any]:
    """Send again what was refused, given up or waits."""
    if bool(fields.id) == bool(fields.partner):
        raise ActionError("invalid", "either id or partner is required", "/id")
    if fields.id:
        found = [_delivery(platform, fields.id)]
        partner = named.partner(platform, found[0].target.partner, "/id")
    else:
        partner = named.partner(platform, fields.partner or "")
        found = []
        for state in UNDELIVERED:
            after: Any = None
            while True:
                more, after = platform.deliveries.undelivered(
                    partner.id, state, module=fields.module or "", after=after
                )
                found += [each for each in more if fields.cause in (None, cause(each))]
                if not after:
                    break
    pushes = [PushObject.to(each.target, whole=True) for each in found]
    platform.queues.send(pushes, health.queue_for(partner))
    return {"sent": len(pushes)}


def shown(delivery: Delivery) -> dict[str, Any]:
    """A delivery as operators see it."""
    key = delivery.target.key
    return {
        "id": delivery.id,
        "partner": delivery.target.partner,
        "module": key.module,
        "owner": f"{key.country_code}/{key.party_id}",
        "object_id": key.id,
        "part": delivery.target.part,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "since": delivery.since or None,
        "next_attempt_at": delivery.next_attempt_at or None,
        "reason": delivery.reason,
        "cause": cause(delivery),
    }


def cause(delivery: Delivery) -> str:
    """The reason without what names this object, by which equal refusals are told together."""
    key, said = delivery.target.key, delivery.reason
    for name in sorted({key.id, delivery.target.part} - {""}, key=len, reverse=True):
        said = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "*", said, flags=re.IGNORECASE)
    return _PLACE.sub("*", said)


# A place in a list, in a pointer's or a path's spelling.
_PLACE = re.compile(r"(?<=[a-z_][/.\[])\d+(?=[/.\]: ]|$)")


def _delivery(platform: Platform, id: str) -> Delivery:
    partner_id, _, sort_key = id.partition("#")
    found = platform.deliveries.find(named.partner(platform, partner_id, "/id").id, sort_key)
    if found is None:
        raise ActionError("unknown_delivery", "no such delivery", "/id")
    return found


def _pull(pull: Pull) -> dict[str, Any]:
    return {
        "id": pull.id,
        **pull.progress,
        "total": pull.total if pull.total >= 0 else None,
        "date_from": pull.date_from or None,
        "started_at": pull.started_at,
        "ended_at": pull.ended_at or None,
        "reason": pull.reason,
    }


def _asides(platform: Platform, pull: Pull) -> list[dict[str, Any]]:
    """The objects that were set aside last, each with what was wrong first; `refusal` shows one whole."""
    found, _ = platform.refusals.find(pull.partner, pull.module, "", MOST_ASIDES)
    return [
        {
            "id": id,
            "object_id": each.object_id or None,
            "at": each.at,
            "finding": f"{each.findings[0].pointer}: {each.findings[0].message}".lstrip(": "),
        }
        for id, each in found
    ]


def _registered(platform: Platform, id: str) -> Partner:
    partner = named.partner(platform, id)
    if partner.state != REGISTERED:
        raise ActionError("not_registered", f"{partner.id} is {partner.state}", "/partner")
    return partner


def _is_place(found: Any, many: int) -> bool:
    """Whether this is the number of one of so many lists, and where in it to go on."""
    if not isinstance(found, list) or len(found) != 2:
        return False
    at, after = found
    return isinstance(at, int) and 0 <= at < many and (after is None or isinstance(after, dict))


ACTIONS = {
    "pull": Action(pull, PullFields, "fetch a partner's objects"),
    "pulls": Action(pulls, PullsFields, "how far pulls came"),
    "push": Action(push, PushFields, "announce everything a partner is entitled to"),
    "deliveries": Action(deliveries, DeliveriesFields, "what is not delivered, with reasons"),
    "tell_again": Action(
        tell_again, TellAgainFields, "tell the back end again what partners changed", pages=False
    ),
    "redeliver": Action(redeliver, RedeliverFields, "send undelivered objects again"),
}
