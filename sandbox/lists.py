"""What we own, as others read it: pages of a list, and one Location or a part of it.

Spec: 2.2.1 transport_and_format_pagination
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sandbox import hub, routing
from sandbox.breaking import finer
from sandbox.conduct import Asked
from sandbox.messages import Answer, Refused, moment

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]


def get(partner: Partner, asked: Asked) -> Answer:
    """A page, or the Location that the path names."""
    if asked.rest:
        return Answer(_part(_location(partner, asked), asked.rest[1:]))
    return page(partner, asked, chosen(partner, asked))


def chosen(partner: Partner, asked: Asked) -> list[Object]:
    """Everything this peer may see of the module within the asked dates, oldest first, as we hold it."""
    breaks = partner.conduct.breaks
    things = (
        hub.client_infos(partner, asked.peer) if asked.module == "hubclientinfo" else partner.visible(asked)
    )
    things = [*things, *routing.of_everybody(partner, asked)]
    since, until = _date(partner, asked, "date_from"), _date(partner, asked, "date_to")
    if breaks("ignores_date_from", asked.module):
        since = None
    if breaks("ignores_date_to", asked.module):
        until = None
    exclusive = breaks("date_from_exclusive", asked.module)
    inclusive = breaks("date_to_inclusive", asked.module)
    found = []
    for thing in things:
        updated = moment(thing["last_updated"])
        early = since is not None and (updated < since or (exclusive and updated == since))
        late = until is not None and (updated > until or (not inclusive and updated == until))
        if not early and not late:
            found.append(thing)
    if breaks("order_drifts", asked.module) and finer.asked_amiss(partner, asked):
        found = [*found[1:], *found[:1]]
    return found


def page(partner: Partner, asked: Asked, things: list[Object]) -> Answer:
    """One page of these, with its headers."""
    breaks, module = partner.conduct.breaks, asked.module
    offset, wanted = _number(asked, "offset", 0), _number(asked, "limit", partner.page_limit)
    limit = max(1, min(wanted, partner.page_limit))
    if breaks("ignores_offset", module):
        offset = 0
    if breaks("ignores_limit", module):
        limit = len(things) or 1
    shown = things[offset : offset + limit + (1 if breaks("exceeds_limit", module) else 0)]
    others = [id(each) for each in routing.of_everybody(partner, asked)]
    data = [each if id(each) in others else partner.written(module, each, asked.version) for each in shown]
    headers = {"X-Total-Count": str(len(things)), "X-Limit": str(limit)}
    if offset + limit < len(things):
        asked_dates = asked.request.query.items()
        dates = {name: text for name, text in asked_dates if name in ("date_from", "date_to")}
        query = urlencode({**dates, "offset": str(offset + limit), "limit": str(limit)})
        headers["Link"] = f'<{partner.base_url}{asked.request.path}?{query}>; rel="next"'
    return Answer(data, headers=headers)


def _number(asked: Asked, name: str, default: int) -> int:
    text = asked.request.query.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or (name == "limit" and int(text) == 0):
        raise Refused(f"{name}: not a whole number that can be used: {text[:40]}")
    return int(text)


def _date(partner: Partner, asked: Asked, name: str) -> datetime | None:
    text = asked.request.query.get(name, "")
    try:
        return moment(text) if text else None
    except ValueError:
        if partner.conduct.breaks("ignores_bad_parameters", asked.module):
            return None
        raise Refused(f"{name}: no DateTime: {text[:40]}") from None


def _location(partner: Partner, asked: Asked) -> Object:
    found = partner.find_own("locations", asked.rest[0])
    if found is None or found not in partner.visible(asked):
        raise Refused("unknown Location", 2003, 404)
    return partner.written("locations", found, asked.version)


def _part(location: Object, rest: list[str]) -> Object:
    thing = location
    for name, key, wanted in zip(("evses", "connectors"), ("uid", "id"), rest, strict=False):
        thing = next((each for each in thing.get(name, ()) if each[key].upper() == wanted.upper()), {})
        if not thing:
            raise Refused(f"unknown {name[:-1]}", 2003, 404)
    return thing
