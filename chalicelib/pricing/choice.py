"""Which Tariff prices a period: the one it names, or one chosen for the whole session.

A Tariff is never left because its validity ends within the session; only `tariff_id` changes it.

Spec: 2.3.0 mod_cdrs_chargingperiod_class (tariff_id), mod_tariffs_tariff_object (type, validity)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.pricing.codes import Finding, finding
from chalicelib.pricing.compiling import compile_tariff
from chalicelib.pricing.moments import shown
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.session import Session
from chalicelib.pricing.tariff import Compiled

EMBEDDED, GIVEN, STORED = "embedded", "given", "stored"


@dataclass(slots=True, eq=False, repr=False)
class Choice:
    """The Tariff of each period (None: it has none), why, and what stands against pricing at all."""

    tariffs: list[Compiled | None] = field(default_factory=list)
    used: list[Compiled] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    wrong: list[Finding] = field(default_factory=list)
    others: list[Compiled] = field(default_factory=list)
    unknown: set[int] = field(default_factory=set)

    @property
    def first(self) -> Compiled | None:
        """The one that prices the first period, whose limits count."""
        return next((each for each in self.tariffs if each is not None), None)


def gather(
    cdr: Mapping[str, Any],
    given: Iterable[Any],
    stored: Iterable[Any],
    versions: tuple[str, str],
    policy: Policy,
) -> list[Compiled]:
    """The Tariffs that may price: the CDR's own, those given, and of the stored those that are needed."""
    embedded = cdr.get("tariffs")
    own = embedded if isinstance(embedded, list) else []
    found = [
        compile_tariff(tariff, versions[0], policy, origin=EMBEDDED, pointer=f"/tariffs/{index}")
        for index, tariff in enumerate(own)
    ]
    found += [compile_tariff(tariff, versions[1], policy, origin=GIVEN) for tariff in given]
    known = [each for each in found if each is not None]
    wanted = _ids(cdr) | {each.key for each in known}
    for tariff in stored:
        if not known or _id(tariff) in wanted:
            made = compile_tariff(tariff, versions[1], policy, origin=STORED)
            if made is not None:
                found.append(made)
    return [each for each in found if each is not None]


def _ids(cdr: Mapping[str, Any]) -> set[str]:
    """The Tariffs that periods name."""
    periods = cdr.get("charging_periods")
    return {
        str(each.get("tariff_id")).lower()
        for each in (periods if isinstance(periods, list) else [])
        if isinstance(each, dict)
    }


def _id(tariff: Any) -> str:
    return str(tariff.get("id")).lower() if isinstance(tariff, dict) else ""


def choose(
    session: Session, tariffs: list[Compiled], policy: Policy, preference: str | None, owner: Any = None
) -> Choice:
    """The Tariff of every period of a session."""
    found = Choice()
    named = [each.tariff_id for each in session.periods]
    if policy.period_tariff_id == "ignored":
        named = [None] * len(named)
    by_choice = policy.missing_tariff_id == "choose" or (
        policy.missing_tariff_id == "choose_if_none" and not any(named)
    )
    chosen = _chosen(session, tariffs, policy, preference, found) if by_choice and not all(named) else None
    known: dict[str, Compiled | None] = {}
    for at, tariff_id in enumerate(named):
        if tariff_id is not None and tariff_id not in known:
            known[tariff_id] = _named(session, tariffs, tariff_id, at, found, owner)
        found.tariffs.append(chosen if tariff_id is None else known[tariff_id])
    if any(named) and not all(named) and not by_choice:
        found.findings.append(
            finding(
                "tariff_id_partly_missing", "/charging_periods", "periods without tariff_id are not priced"
            )
        )
    for tariff in found.tariffs:
        if tariff is not None and not any(tariff is each for each in found.used):
            found.used.append(tariff)
    _check(session, found, policy)
    found.others = [each for each in tariffs if not any(each is used for used in found.used)]
    return found


def _named(
    session: Session, tariffs: list[Compiled], tariff_id: str, at: int, found: Choice, owner: Any
) -> Compiled | None:
    same = [each for each in tariffs if each.key == tariff_id]
    same = [each for each in same if each.owner is None or owner is None or each.owner == owner] or same
    if not same:
        problem = finding(
            "tariff_id_unknown", f"{session.periods[at].pointer}/tariff_id", f"there is no Tariff {tariff_id}"
        )
        found.wrong.append(problem)
        found.findings.append(problem)
        found.unknown.add(at)
        return None
    best = next((each for each in same if each.is_valid(session.start)), same[0])
    found.reasons.setdefault(id(best), "named by tariff_id")
    return best


def _chosen(
    session: Session, tariffs: list[Compiled], policy: Policy, preference: str | None, found: Choice
) -> Compiled | None:
    group = next(
        (
            [each for each in tariffs if each.origin == origin]
            for origin in (EMBEDDED, GIVEN, STORED)
            if any(each.origin == origin for each in tariffs)
        ),
        [],
    )
    if not group:
        problem = finding("no_tariff", "/tariffs", "there is no Tariff in the CDR nor beside it")
        found.wrong.append(problem)
        found.findings.append(problem)
        return None
    valid = [each for each in group if each.is_valid(session.start)]
    candidates = valid or group
    wanted = _wanted(session, preference)
    fitting = [each for each in candidates if each.type in (None, wanted)]
    reason = "the only one" if len(group) == 1 else "the first that is valid at the start and of the type"
    if not fitting:
        fitting = [each for each in candidates if each.type == "REGULAR"] or candidates
        found.findings.append(
            finding("tariff_type_fallback", "/tariffs", f"none is {wanted}; {fitting[0].id} prices it")
        )
        reason = f"none is of the type {wanted}"
    found.reasons[id(fitting[0])] = reason
    return fitting[0]


def _wanted(session: Session, preference: str | None) -> str:
    if preference and preference.upper() not in ("REGULAR", "PROFILE_REGULAR"):
        return f"PROFILE_{preference.upper().removeprefix('PROFILE_')}"
    return "AD_HOC_PAYMENT" if session.is_ad_hoc else "REGULAR"


def _check(session: Session, found: Choice, policy: Policy) -> None:
    for tariff in found.used:
        found.findings += tariff.findings
        found.wrong += tariff.wrong
        found.findings += tariff.wrong
        if not tariff.is_valid(session.start):
            problem = finding(
                "tariff_not_valid_at_start", tariff.pointer, f"{tariff.id} at {shown(session.start)}"
            )
            found.findings.append(problem)
            if policy.outside_validity == "refused":
                found.wrong.append(problem)
        if tariff.currency != session.currency:
            problem = finding(
                "currency_mismatch",
                f"{tariff.pointer}/currency",
                f"the CDR is in {session.currency or 'no currency'}, Tariff {tariff.id} in {tariff.currency}",
            )
            found.findings.append(problem)
            found.wrong.append(problem)
    if len(found.used) > 1:
        found.findings.append(
            finding("several_tariffs", "/tariffs", ", ".join(each.id for each in found.used))
        )
