"""A hub remembers of what it passed on the two ends of a Session or reservation, and where a CDR is.

Ids and parties alone, until they expire; never the object (AMB-28). Of one id several pairs of
parties may be remembered, since ids are unique to their owner only; beside them the smart charging
provider that a Session was shared with, and by whom.

Contract: design section 12, "Routed objects are not stored"
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.ocpi import jsontext
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.timestamps import later
from chalicelib.store.object_items import folded
from chalicelib.store.requests import Group

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

SESSION, RESERVATION = "session", "reservation"
# Marks who is no end of a Session, but was shown it by one.
SHARED = "shared"
# Seconds that an id is remembered after it was last seen, a CDR's place after it was sent.
REMEMBERED = 7 * 24 * 3600
CDR_REMEMBERED = 90 * 24 * 3600


@dataclass(frozen=True)
class Remembered:
    """What is remembered of the things of one id."""

    group: Group

    @cached_property
    def ends(self) -> tuple[tuple[Party, Party], ...]:
        """The CPO and the eMSP of each thing that was passed on."""
        return self._pairs()

    @cached_property
    def shared(self) -> tuple[tuple[Party, Party], ...]:
        """Who shared each with which smart charging provider."""
        return self._pairs(SHARED)

    def _pairs(self, *mark: str) -> tuple[tuple[Party, Party], ...]:
        """The members that have this mark and no other."""
        members = (each.split(" ") for each in self.group.members)
        return tuple((_party(one), _party(other)) for one, other, *more in members if more == [*mark])

    def other_end(self, one: Party) -> Party | None:
        """Who is at the other end of what this party asks about; None where it is none of its own."""
        found = {emsp if cpo == one else cpo for cpo, emsp in self.ends if one in (cpo, emsp)}
        found = found or {by for by, provider in self.shared if provider == one}
        return found.pop() if len(found) == 1 else None

    def emsp_of(self, owner: Party) -> Party | None:
        """Who has a thing of this CPO, whatever others call by the same id."""
        found = {emsp for cpo, emsp in self.ends if cpo == owner}
        return found.pop() if len(found) == 1 else None


def recall(platform: Platform, kind: str, id: str) -> Remembered:
    """What is remembered under an id: one read."""
    return Remembered(platform.requests.group(f"routed-{kind}#{folded(id)}"))


def remember(
    platform: Platform, before: Remembered, one: Party, other: Party, until: str = "", mark: str = ""
) -> None:
    """Remember both ends of a thing; writes only what is news, or nearly forgotten."""
    now = platform.clock()
    member = " ".join(filter(None, ["/".join(one), "/".join(other), mark]))
    platform.requests.join_again(
        before.group, member, until or later(now, REMEMBERED), later(now, REMEMBERED - 24 * 3600)
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


def _cdr(owner: Party, id: str) -> str:
    return f"routed-cdr#{'/'.join(owner)}/{folded(id)}"


def _party(text: str) -> Party:
    country, _, party = text.partition("/")
    return country, party
