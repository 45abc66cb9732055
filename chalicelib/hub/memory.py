"""A hub remembers of what it passed on the two ends of a Session or reservation, and where a CDR is.

Ids and parties alone, until they expire; never the object (AMB-28). Of one id several pairs of
parties may be remembered, since ids are unique to their owner only.

Contract: design section 12, "Routed objects are not stored"
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.ocpi import jsontext
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.timestamps import later
from chalicelib.store.object_items import folded

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

SESSION, RESERVATION = "session", "reservation"
# Seconds that an id is remembered after it was last seen, a CDR's place after it was sent.
REMEMBERED = 7 * 24 * 3600
CDR_REMEMBERED = 90 * 24 * 3600


def ends(platform: Platform, kind: str, id: str) -> list[tuple[Party, Party]]:
    """The CPO and the eMSP of each thing of this id that was passed on."""
    found = []
    for member in platform.requests.members(_key(kind, id)):
        cpo, _, emsp = member.partition(" ")
        found.append((_party(cpo), _party(emsp)))
    return found


def other_end(platform: Platform, kind: str, id: str, one: Party) -> Party | None:
    """Who is at the other end of what this party asks about; None where it is none of its own."""
    found = {emsp if cpo == one else cpo for cpo, emsp in ends(platform, kind, id) if one in (cpo, emsp)}
    return found.pop() if len(found) == 1 else None


def emsp_of(platform: Platform, kind: str, id: str, owner: Party) -> Party | None:
    """Who has a thing of this CPO, whatever others call by the same id."""
    found = {emsp for cpo, emsp in ends(platform, kind, id) if cpo == owner}
    return found.pop() if len(found) == 1 else None


def remember(platform: Platform, kind: str, id: str, cpo: Party, emsp: Party, until: str = "") -> None:
    """Remember both ends of a thing; writes only what is news, or nearly forgotten."""
    now = platform.clock()
    member = f"{'/'.join(cpo)} {'/'.join(emsp)}"
    platform.requests.join_again(
        _key(kind, id), member, until or later(now, REMEMBERED), later(now, REMEMBERED - 24 * 3600)
    )


@dataclass(frozen=True)
class CdrPlace:
    """Where a CDR that was passed on can be read again: at whom, and the URL that was told, if any."""

    party: Party
    url: str


def remember_cdr(platform: Platform, owner: Party, id: str, place: CdrPlace) -> None:
    """Remember where a CDR of this CPO is."""
    text = jsontext.dumps({"party": "/".join(place.party), "url": place.url})
    platform.requests.note(_cdr(owner, id), text, later(platform.clock(), CDR_REMEMBERED))


def cdr_place(platform: Platform, owner: Party, id: str) -> CdrPlace | None:
    """Where a CDR of this CPO is."""
    text = platform.requests.noted(_cdr(owner, id))
    if text is None:
        return None
    found = jsontext.loads(text)
    return CdrPlace(_party(found["party"]), found["url"])


def _key(kind: str, id: str) -> str:
    return f"routed-{kind}#{folded(id)}"


def _cdr(owner: Party, id: str) -> str:
    return f"routed-cdr#{'/'.join(owner)}/{folded(id)}"


def _party(text: str) -> Party:
    country, _, party = text.partition("/")
    return country, party
