"""One CDR read, its Tariffs chosen, priced and held against its claims: what all doors have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.pricing.choice import Choice, choose, gather
from chalicelib.pricing.claims import BEFORE, COSTS, TOTAL_COST, Claim, Judge
from chalicelib.pricing.codes import Finding, finding
from chalicelib.pricing.compiling import element_count
from chalicelib.pricing.countries import ZONES
from chalicelib.pricing.engine import Outcome, Reading, compute
from chalicelib.pricing.exact import unit
from chalicelib.pricing.moments import Localize, in_utc, in_zone, zone
from chalicelib.pricing.normalize import read_session
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.remarks import needs_local, remarks, straddled
from chalicelib.pricing.session import Session
from chalicelib.pricing.spans import Spans, find_spans
from chalicelib.pricing.splitting import split_session
from chalicelib.pricing.tariff import V211, V221, V230
from chalicelib.pricing.volumes import self_findings, volume_claims

# Beyond these nothing is priced: no car charges so, and nobody may spend our time with it.
MOST_PERIODS, MOST_ELEMENTS, MOST_WORK = 10_000, 2_000, 1_000_000
MOST_TARIFFS = 200

COUNTRY, LOCATION, CALLER, NOT_NEEDED = "country", "location", "caller", "not_needed"


@dataclass(frozen=True, eq=False, repr=False)
class Asked:
    """What a caller gives beside the CDR."""

    version: str
    policy: Policy
    tariffs: tuple[Any, ...] = ()
    stored: tuple[Any, ...] = ()
    tariff_version: str | None = None
    time_zone: str | tuple[str, str] | None = None
    reservation: str | None = None
    preference: str | None = None


@dataclass(slots=True, eq=False, repr=False)
class Zone:
    """The time zone of a session, from whom we have it, and whether local times matter."""

    name: str | None
    origin: str | None
    localize: Localize = in_utc
    known: bool = False
    needed: bool = False


@dataclass(slots=True, eq=False, repr=False)
class Priced:
    """Everything that is known about one CDR."""

    cdr: Mapping[str, Any]
    asked: Asked
    session: Session
    choice: Choice
    zone: Zone
    reading: Reading
    outcome: Outcome | None = None
    spans: Spans = field(default_factory=Spans)
    claims: list[Claim] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    work: int = 0

    @property
    def sign(self) -> int:
        """A Credit CDR gives back."""
        return -1 if self.session.credit else 1

    def judge(self, outcome: Outcome | None) -> Judge:
        """Who judges the claims on costs by an outcome."""
        limits = (self.choice.first, self.session.only_reserved)
        return Judge(outcome, self.asked.policy, self.session.currency, limits, self.unsure)

    @property
    def unsure(self) -> frozenset[str]:
        """The costs that hang on what nobody stated."""
        from_power = straddled(self.outcome) if self.outcome is not None else frozenset()
        if self.zone.needed and not self.zone.known and self.asked.policy.missing_time_zone != "utc":
            parts = {each.part for each in self.outcome.segments} if self.outcome is not None else set()
            return frozenset({TOTAL_COST, *parts})
        return frozenset({TOTAL_COST, *from_power}) if from_power else frozenset()


def sense(version: str) -> str:
    """In which version's sense prices are meant: 2.2 is as 2.2.1, whatever is newer as 2.3.0."""
    return next((known for known in (V211, V221) if version.startswith(known[:3])), V230)


def run(cdr: Any, asked: Asked) -> Priced:
    """Read, choose, price and judge. Never raises on what the objects hold."""
    cdr = cdr if isinstance(cdr, dict) else {}
    too_large, work = _size(cdr, asked)
    policy = asked.policy
    if too_large is not None:
        return _refused(cdr, asked, too_large)
    session = read_session(cdr, asked.version, policy, asked.reservation)
    versions = (asked.version, asked.tariff_version or asked.version)
    tariffs = gather(cdr, asked.tariffs, asked.stored, versions, policy)
    return priced(cdr, asked, session, choose(session, tariffs, policy, asked.preference, _owner(cdr)), work)


def priced(cdr: Mapping[str, Any], asked: Asked, session: Session, choice: Choice, work: int) -> Priced:
    """A session with its Tariffs chosen, priced and judged."""
    zone_ = zone_of(cdr, asked, needs_local(choice.used))
    reading = Reading(localize=zone_.localize)
    if asked.policy.spanning == "pro_rata":
        session, choice = split_session(session, choice, asked.policy, reading.localize)
    found = Priced(cdr, asked, session, choice, zone_, reading, work=work)
    found.findings += session.findings
    found.findings += choice.findings
    found.findings += _about_zone(zone_)
    if not session.wrong and not choice.wrong:
        found.outcome = compute(session, choice, asked.policy, reading)
        found.spans = find_spans(session, choice, asked.policy, reading, found.outcome)
        found.findings += found.spans.findings
        found.findings += remarks(session, choice, found.outcome, asked.policy, asked.version)
    judge_claims(found)
    return found


def judge_claims(found: Priced) -> None:
    """Hold the CDR's claims against the outcome."""
    session, cdr = found.session, found.cdr
    judge = found.judge(found.outcome)
    if session.home:
        found.findings.append(finding("home_charging", "/home_charging_compensation", "costs are not judged"))
    else:
        found.claims = judge.costs(cdr, session.credit)
        limited = found.outcome is not None and bool(found.outcome.totals.moved)
        given_back = frozenset(name for name in COSTS if (judge.exact(name, 0) or 0) < 0)
        found.findings += self_findings(cdr, session.credit, unit(judge.minor), limited, given_back)
    for claim in found.claims:
        if claim.coarse:
            found.findings.append(
                finding("coarse_claim", f"/{claim.part}", f"{claim.claimed} has few decimals")
            )
        if claim.verdict == "ATTRIBUTION_ONLY" and claim.name.endswith(BEFORE):
            found.findings.append(
                finding("flat_attribution_unclear", f"/{claim.part}", "a FLAT is in the other part")
            )
    found.claims += volume_claims(cdr, session, found.findings)


def _size(cdr: Mapping[str, Any], asked: Asked) -> tuple[Finding | None, int]:
    periods, embedded = cdr.get("charging_periods"), cdr.get("tariffs")
    count = len(periods) if isinstance(periods, list) else 0
    own = embedded if isinstance(embedded, list) else []
    tariffs = (*own, *asked.tariffs)
    counts = [element_count(each) for each in (*tariffs, *asked.stored)]
    elements = max(counts, default=0)
    dimensions = sum(_length(each, "dimensions") for each in periods) if isinstance(periods, list) else 0
    components = sum(_components(each) for each in tariffs[:MOST_TARIFFS])
    work = count * elements
    if (
        count > MOST_PERIODS
        or elements > MOST_ELEMENTS
        or work > MOST_WORK
        or len(tariffs) > MOST_TARIFFS
        or dimensions > 10 * MOST_PERIODS
        or sum(counts[: len(tariffs)]) > 10 * MOST_ELEMENTS
        or components > 10 * MOST_ELEMENTS
    ):
        words = f"{count} periods, {elements} elements, {len(tariffs)} Tariffs"
        return finding("too_large", "/charging_periods", words), work
    return None, work


def _length(value: Any, name: str) -> int:
    inner = value.get(name) if isinstance(value, dict) else None
    return len(inner) if isinstance(inner, list) else 0


def _components(tariff: Any) -> int:
    elements = tariff.get("elements") if isinstance(tariff, dict) else None
    if not isinstance(elements, list):
        return 0
    return sum(_length(each, "price_components") for each in elements)


def _refused(cdr: Mapping[str, Any], asked: Asked, why: Finding) -> Priced:
    small = {name: value for name, value in cdr.items() if name not in ("charging_periods", "tariffs")}
    session = read_session({**small, "charging_periods": []}, asked.version, asked.policy, asked.reservation)
    session.findings = [why]
    found = Priced(cdr, asked, session, Choice(), Zone(None, NOT_NEEDED), Reading())
    found.findings.append(why)
    judge_claims(found)
    return found


def _owner(cdr: Mapping[str, Any]) -> tuple[str, str] | None:
    country, party = cdr.get("country_code"), cdr.get("party_id")
    return (str(country).upper(), str(party).upper()) if country and party else None


def zone_of(cdr: Mapping[str, Any], asked: Asked, needed: bool) -> Zone:
    """The time zone: of the CDR's own Location, or as the caller says."""
    name, origin = _named_zone(cdr, asked)
    place = zone(name)
    localize = in_utc if place is None else in_zone(place)
    if not needed:
        return Zone(name, NOT_NEEDED, localize, place is not None, False)
    if place is None:
        return Zone(None, None, in_utc, False, True)
    return Zone(name, origin, localize, True, True)


def _named_zone(cdr: Mapping[str, Any], asked: Asked) -> tuple[str | None, str]:
    places = [cdr[name] for name in ("location", "cdr_location") if isinstance(cdr.get(name), dict)]
    for place in places:
        if isinstance(place.get("time_zone"), str):
            return place["time_zone"], LOCATION
    given = asked.time_zone
    if isinstance(given, str):
        return given, CALLER
    if isinstance(given, tuple | list) and given:
        return given[0], str(given[1]) if len(given) > 1 else CALLER
    guessed = next((ZONES[place["country"]] for place in places if str(place.get("country")) in ZONES), None)
    return guessed, COUNTRY if guessed else CALLER


def _about_zone(found: Zone) -> list[Finding]:
    if found.needed and not found.known:
        return [
            finding("timezone_missing", "/cdr_location", "the Tariff has local times: UTC stands for them")
        ]
    if found.origin == COUNTRY:
        return [finding("timezone_guessed", "/cdr_location", f"{found.name} by the country")]
    return []
