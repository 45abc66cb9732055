"""Agreements: who may roam with whom at a hub, as the operator said it. Values only.

One entry per pair of parties overrides the hub's policy. It stands in one item per
party, an attribute per other party, so that all of them are read in a few requests.

Example: the item `agreements#DE/MSP` has `NL/CPO` = `+locations,tokens`: DE/MSP and
NL/CPO roam with each other in these two modules alone.

Contract: design section 12 (`OCPI_HUB_POLICY`, `agree`, `agreements`)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chalicelib.ocpi.messages import Party

OPEN, CLOSED = "open", "closed"
Pair = tuple[str, str]


@dataclass(frozen=True)
class Agreement:
    """What was said of two parties: allowed or not, in these modules or (None) at all."""

    allowed: bool
    modules: frozenset[str] | None = None

    @property
    def text(self) -> str:
        return ("+" if self.allowed else "-") + ",".join(sorted(self.modules or ()))


def agreement_of(text: str) -> Agreement:
    """The reverse of `Agreement.text`."""
    return Agreement(text[:1] == "+", frozenset(text[1:].split(",")) if text[1:] else None)


def pair_of(one: Party, other: Party) -> Pair:
    """Two parties as they are entered, whichever is named first."""
    first, second = sorted(("/".join(one).upper(), "/".join(other).upper()))
    return first, second


@dataclass(frozen=True)
class Agreements:
    """All that was said of pairs of parties."""

    said: Mapping[Pair, Agreement] = field(default_factory=dict)

    def between(self, one: Party, other: Party) -> Agreement | None:
        """What was said of these two."""
        return self.said.get(pair_of(one, other))

    def allow(self, one: Party, other: Party, module: str, policy: str) -> bool:
        """Whether two parties roam with each other, in this module or ("") in any.

        An agreement that names modules is for these alone; a refusal that names some leaves the
        rest to the policy.
        """
        said = self.between(one, other)
        if said is None:
            return policy == OPEN
        if said.allowed:
            return said.modules is None or not module or module in said.modules
        return said.modules is not None and policy == OPEN and module not in said.modules


def agreements_of(items: Iterable[tuple[str, Mapping[str, str]]]) -> Agreements:
    """What items say: a party, and the text of each agreement by the other party."""
    return Agreements(
        {(one, other): agreement_of(text) for one, others in items for other, text in others.items()}
    )
