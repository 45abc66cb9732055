"""A scorecard: how one partner does, from what was said, refused, pulled and left undelivered.

What is counted is what is kept: by default neither pages nor statuses that
went well are (`OCPI_MESSAGES`), so the card says whether its numbers are all.

Contract: design section 14
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalicelib.ocpi import quirks
from chalicelib.ocpi.timestamps import later
from chalicelib.partner_client.transcript import RULES
from chalicelib.partners import parties
from chalicelib.store import feeds
from chalicelib.store.audits import TARIFF, Audits
from chalicelib.store.messages import ALL, NONE, OK, OUTCOMES, RECEIVED, REFUSED, SENT, Message, Wanted
from chalicelib.store.object_items import folded
from chalicelib.store.pulls import COMPLETED, Pull, Pulls

if TYPE_CHECKING:
    from chalicelib.ocpi.findings import Finding
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

# Messages and refusals that are looked at: a card of more says that there were more.
MOST_MESSAGES = 10_000
MOST_REFUSALS = 2_000
MOST_TARIFFS = 50
TOP = 5


@dataclass
class _Tally:
    """What was said of a module in one direction."""

    outcomes: Counter[str] = field(default_factory=Counter)
    durations: list[int] = field(default_factory=list)
    lags: list[int] = field(default_factory=list)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
    last_at: str = ""

    def add(self, said: Message) -> None:
        self.outcomes[said.outcome] += 1
        self.durations.append(said.duration_ms)
        if said.lag_s >= 0:
            self.lags.append(said.lag_s)
        self.last_at = max(self.last_at, said.moment)
        if said.outcome != OK:
            why = (said.outcome, said.reason)
            self.reasons[why] += 1
            self.examples.setdefault(why, said.id)


def make(platform: Platform, partner: Partner, days: int) -> dict[str, Any]:
    """The card of the last so many days."""
    since = later(platform.clock(), -days * 86400)
    newest = platform.messages.newest(Wanted(partner=partner.id, date_from=since))
    said = list(islice(newest, MOST_MESSAGES + 1))
    more = len(said) > MOST_MESSAGES
    said = said[:MOST_MESSAGES]
    heard = [each for each in said if each.direction == RECEIVED]
    return {
        "partner": partner.id,
        "name": partner.name,
        "version": partner.version or None,
        "since": since,
        "until": platform.clock(),
        "complete": platform.settings.messages == ALL and not more,
        "counted": _counted(platform, more),
        "health": partner.health.state,
        "last_heard": max((each.moment for each in heard), default=None),
        "traffic": _traffic(said),
        "refused_objects": _refused(platform, partner),
        "breaks": _breaks(said),
        "undelivered": _undelivered(platform, partner),
        "agreement": [
            _agreement(platform, partner, each, _came(heard, each), since if not more else platform.clock())
            for each in Pulls(platform).of(partner.id)
        ],
        "quirks": _quirks(platform, partner, since),
        "tariffs": _tariffs(platform, partner),
    }


def _quirks(platform: Platform, partner: Partner, since: str) -> list[dict[str, Any]]:
    """Those that are on, or were needed lately, and how often."""
    counts = platform.messages.repairs(partner.id, since)
    return [
        {
            "name": name,
            "told": quirks.QUIRKS[name].told if name in quirks.QUIRKS else "",
            "count": counts.get(name, 0),
        }
        for name in sorted({*partner.quirk_names, *counts})
    ]


def _tariffs(platform: Platform, partner: Partner) -> list[dict[str, Any]]:
    """What is wrong with the Tariffs it sent, as it was found when they came, those of late first."""
    owners = sorted("/".join(map(folded, each)) for each in _owners(platform, partner, "tariffs"))
    audits, kept = Audits(platform), []
    for owner, feeds_of in platform.objects.feeds.audiences("tariffs", owners).items():
        if feeds_of:
            kept += audits.page("state", f"{TARIFF} {owner}", limit=MOST_TARIFFS, newest_first=True).items
    kept.sort(key=lambda each: str(each["since"]), reverse=True)
    found = [{"tariff": each["object_id"], **said} for each in kept for said in each["findings"]]
    return found[: 10 * TOP]


def _counted(platform: Platform, more: bool) -> str:
    if more:
        return f"the newest {MOST_MESSAGES} messages"
    kept = platform.settings.messages
    if kept == ALL:
        return "every request and answer"
    return (
        "nothing (OCPI_MESSAGES=none)"
        if kept != REFUSED
        else "all but pages and EVSE statuses that went well"
    )


def _traffic(said: Sequence[Message]) -> list[dict[str, Any]]:
    """Per module and direction: how much, how it went, how fast, how late."""
    tallies: dict[tuple[str, str], _Tally] = {}
    for each in said:
        tallies.setdefault((each.module, each.direction), _Tally()).add(each)
    return [
        {
            "module": module,
            "direction": direction,
            "requests": sum(tally.outcomes.values()),
            **{outcome: tally.outcomes[outcome] for outcome in OUTCOMES},
            "p50_ms": _percentile(tally.durations, 50),
            "p95_ms": _percentile(tally.durations, 95),
            "lag_p50_s": _percentile(tally.lags, 50),
            "lag_p95_s": _percentile(tally.lags, 95),
            "last_at": tally.last_at or None,
            "reasons": [
                {"outcome": why[0], "reason": why[1], "count": count, "example": tally.examples[why]}
                for why, count in tally.reasons.most_common(TOP)
            ],
        }
        for (module, direction), tally in sorted(tallies.items())
    ]


def _refused(platform: Platform, partner: Partner) -> list[dict[str, Any]]:
    """What of its objects could not be used: equal faults together, with one example each."""
    counts: Counter[tuple[str, str, str]] = Counter()
    examples: dict[tuple[str, str, str], tuple[str, Finding]] = {}
    for id, each in islice(platform.refusals.newest(partner.id), MOST_REFUSALS):
        for finding in each.findings:
            key = (each.module, finding.code, _anywhere(finding.pointer))
            counts[key] += 1
            examples.setdefault(key, (id, finding))
    return [
        {
            "module": key[0],
            "code": key[1],
            "pointer": key[2],
            "message": examples[key][1].message,
            "count": count,
            "example": examples[key][0],
        }
        for key, count in counts.most_common(4 * TOP)
    ]


def _anywhere(pointer: str) -> str:
    """A pointer whatever the place in a list: /evses/*/status."""
    return "/".join("*" if each.isdigit() else each for each in pointer.split("/"))


def _breaks(said: Sequence[Message]) -> list[dict[str, Any]]:
    """The rules of the specification that its answers break."""
    answers = [each for each in said if each.direction == SENT and each.http_status]
    counts = Counter(code for each in answers for code in each.breaks.split())
    return [
        {
            "code": code,
            "message": RULES.get(code, code),
            "count": count,
            "of": len(answers),
            "example": next(each.id for each in answers if code in each.breaks.split()),
        }
        for code, count in counts.most_common()
    ]


def _undelivered(platform: Platform, partner: Partner) -> dict[str, Any]:
    """What it does not have yet: how many, and since when the oldest waits."""
    found: dict[str, Any] = {}
    for state in ("WAITING", "REFUSED", "GIVEN_UP"):
        some, more = platform.deliveries.undelivered(partner.id, state, limit=500)
        found[state.lower()] = len(some)
        found["more"] = bool(found.get("more") or more)
        since = min((each.since for each in some if each.since), default=None)
        if state == "WAITING":
            found["oldest_since"] = since
    return found


def _agreement(platform: Platform, partner: Partner, pull: Pull, came: int, since: str) -> dict[str, Any]:
    """Whether what it lists is what we hold: its total of the last list beside ours.

    What came since may be what they differ by, and before `since` nobody knows what came: then nothing is
    said of a difference.
    """
    ours = _held(platform, partner, pull.module)
    whole = pull.state == COMPLETED and not pull.date_from and pull.total >= 0
    agrees = pull.total == ours
    known = platform.settings.messages != NONE and pull.started_at >= since and not came
    return {
        "module": pull.module,
        "state": pull.state,
        "at": pull.ended_at or pull.started_at,
        "theirs": pull.total if whole else None,
        "ours": ours,
        "came_since": came,
        "agrees": agrees if whole and (agrees or known) else None,
        "set_aside": pull.set_aside,
        "stale": pull.stale,
    }


def _came(heard: Iterable[Message], pull: Pull) -> int:
    """Objects that came or went by requests of the partner's own since a list of it was begun."""
    return sum(
        each.module == pull.module
        and each.method in ("PUT", "POST", "DELETE")
        and each.outcome == OK
        and not each.part
        and each.moment >= pull.started_at
        for each in heard
    )


def _held(platform: Platform, partner: Partner, module: str) -> int | None:
    """How many objects of the partner's parties we hold; None where a hub tells of others'."""
    if module == parties.HUBCLIENTINFO:
        return None
    owners = sorted("/".join(map(folded, each)) for each in _owners(platform, partner, module))
    audiences = platform.objects.feeds.audiences(module, owners)
    names = [feeds.name(owner, each) for owner, found in audiences.items() for each in found]
    return sum(head.total for head in platform.objects.feeds.heads(module, names))


def _owners(platform: Platform, partner: Partner, module: str) -> Iterable[tuple[str, str]]:
    return parties.spoken_for(platform, partner, parties.owners(module))


def _percentile(values: list[int], percent: int) -> int | None:
    """The smallest value that so many per cent do not exceed."""
    if not values:
        return None
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]
