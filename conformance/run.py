"""Runs the checks one after the other and turns each into a result with its evidence."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from conformance import entrance
from conformance.causes import causes
from conformance.check import MUST, Check
from conformance.checks import CHECKS
from conformance.checks.charging import end_charges
from conformance.own_side import equip, leave_second
from conformance.partner import Partner
from conformance.peer import Exchange, Peer
from conformance.trial import Options, Trial
from conformance.verdict import FAIL, PASS, SKIPPED, WARN, Failed, Skipped, Verdict

MOST_PROOFS = 6
# What can be judged where the versions or their details are not as they must be.
ENTRANCE = ("VER-02", "VER-03", "VER-05", "TRA-65/a", "TRA-66/a", "TYP-05", "STA-03/d")


class CannotBeTried(Exception):
    """The other side gave nothing to check: no versions, no version in common."""


@dataclass(frozen=True)
class Result:
    """A check, its verdict, the reason where there is one, and the exchanges that prove it."""

    check: Check
    verdict: str
    reason: str = ""
    evidence: tuple[Exchange, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """A whole run, ready to be reported; `secrets` must not be shown."""

    options: Options
    version: str
    started_at: str
    finished_at: str
    their_roles: tuple[str, ...]
    offered: tuple[str, ...]
    results: tuple[Result, ...]
    connected: bool = True
    stopped: str = ""
    secrets: frozenset[str] = field(repr=False, default=frozenset())

    def count(self, verdict: str) -> int:
        return sum(each.verdict == verdict for each in self.results)


def run(options: Options, tell: Callable[[Result], None] = lambda result: None) -> Outcome:
    """Try everything that the options allow. Raises CannotBeTried."""
    peer = Peer(options.timeout, entrance.no_answer)
    partner = None
    if not options.token_in_use or options.public_url:
        partner = Partner(options.listen, options.public_url)
    trial = Trial(options, peer, partner)
    try:
        trial.stopped = trial.begin()
        if trial.stopped and not (trial.heard_of and _odd(trial)):
            raise CannotBeTried(trial.stopped)
        if partner:
            equip(trial, partner)
        results = _results(trial, tell)
        if options.keep and trial.registered:
            _keep(options.keep, trial.peer.token)
    finally:
        _leave(trial)
    return Outcome(
        options,
        trial.version,
        trial.started_at,
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        tuple(" ".join(each.values()) for each in trial.roles),
        tuple(
            f"{e.get('identifier')} {e.get('role') or ''}".strip() for e in trial.details.get("endpoints", [])
        ),
        results,
        trial.registered or options.token_in_use,
        trial.stopped or trial.unreachable,
        frozenset(trial.secrets),
    )


def _odd(trial: Trial) -> bool:
    """Whether what stopped us is a fault of theirs, and not a version or a role that we lack in common."""
    if "version in common" in trial.stopped or "knows no role" in trial.stopped:
        return False
    return not ("does not offer" in trial.stopped and trial.versions)


def _keep(path: str, token: str) -> None:
    """The token in use, for later runs with --token-in-use; readable by its owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(token)


def _leave(trial: Trial) -> None:
    """End what we began and is left over: charges, and the registration unless it is to be kept."""
    if trial.options.write and "start" in trial.known and not trial.ended:
        end_charges(trial)
    if trial.registered and not trial.ended and not trial.options.keep and trial.credentials_url:
        trial.config("DELETE", trial.credentials_url)
    leave_second(trial)
    if trial.partner:
        trial.partner.close()


def _results(trial: Trial, tell: Callable[[Result], None]) -> tuple[Result, ...]:
    """Every check in its order; each is told as soon as it is known that it is not the fault of another."""
    applying = [each for each in CHECKS if each.applies(trial.options.role, trial.version)]
    found: dict[str, Result] = {}
    late = []
    for each in applying:
        result = found[each.id] = _one(trial, each)
        if result.verdict in (FAIL, WARN) and any(c.id not in found for c in causes(each, applying)):
            late.append(each)
        else:
            tell(_attributed(result, applying, found))
    for each in late:
        tell(_attributed(found[each.id], applying, found))
    return tuple(_attributed(each, applying, found) for each in found.values())


def _attributed(result: Result, applying: Iterable[Check], found: Mapping[str, Result]) -> Result:
    """One fault, one finding: where the rule that a check rests on is broken, that is what is said."""
    if result.verdict not in (FAIL, WARN):
        return result
    root = _root(result, applying, found)
    if root is result:
        return result
    reason = f"rests on {root.check.id}, which is not kept; it said: {result.reason}"
    return replace(result, verdict=SKIPPED, reason=reason)


def _root(result: Result, applying: Iterable[Check], found: Mapping[str, Result]) -> Result:
    """The broken rule at the bottom of this one, which is at least as bad; itself where there is none."""
    enough = (FAIL,) if result.verdict == FAIL else (FAIL, WARN)
    for cause in causes(result.check, applying):
        if cause.id in found and found[cause.id].verdict in enough:
            return _root(found[cause.id], applying, found)
    return result


def _one(trial: Trial, check: Check) -> Result:
    begun = time.monotonic()
    trial.proofs.clear()
    try:
        _allow(trial, check)
        check.tried_by(trial)
        return Result(check, PASS, "", _evidence(trial, None), time.monotonic() - begun)
    except Verdict as verdict:
        name = verdict.name
        if isinstance(verdict, Failed) and check.force != MUST:
            name = WARN
        if name in (FAIL, WARN):
            trial.blamed += [*trial.proofs, *([verdict.exchange] if verdict.exchange else [])]
        evidence = _evidence(trial, verdict.exchange)
        return Result(check, name, verdict.reason, evidence, time.monotonic() - begun)
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        # What came is so odd that the check could not even read it; that is a finding, and says where.
        at = traceback.extract_tb(problem.__traceback__)[-1]
        reason = f"the answer could not be read: {type(problem).__name__} {problem} ({at.name})"
        return Result(check, FAIL, reason, _evidence(trial, None), time.monotonic() - begun)


def _allow(trial: Trial, check: Check) -> None:
    """Raises Skipped for what this run may not do, or cannot."""
    if trial.stopped and check.id not in ENTRANCE:
        raise Skipped(f"not reached: {trial.stopped}")
    if check.writes and not trial.options.write:
        raise Skipped("not allowed to write; run with --write")
    only = trial.options.only
    wanted = not only or any(
        check.id == each or check.id.startswith((f"{each}/", f"{each}-")) for each in only
    )
    if not wanted and not check.id.startswith(("CRE-09", "CRE-13")):
        raise Skipped("not asked for")
    if "dead" in trial.known and check.stage not in ("invited", "registering", "heard", "observed"):
        raise Skipped("the token that came back opens nothing; see CRE-10")
    early = check.stage in ("invited", "registering") or trial.options.token_in_use or trial.stopped
    if not early and not trial.registered:
        raise Skipped("the registration did not succeed")


def _evidence(trial: Trial, exchange: Exchange | None) -> tuple[Exchange, ...]:
    """The exchange that decided, first; then the newest of the others."""
    others = [each for each in trial.proofs if each is not exchange][-MOST_PROOFS + 1 :]
    return ((exchange,) if exchange else ()) + tuple(others)


def exit_status(outcome: Outcome) -> int:
    """1 where a rule is broken; 2 where there was no connection to judge anything on."""
    if outcome.count(FAIL):
        return 1
    return 0 if outcome.connected else 2


COUNTED = (PASS, FAIL, WARN, SKIPPED)
