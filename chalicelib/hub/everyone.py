"""A hub asks all partners that might know at once: whose Token this is, who has this Location.

Spec: HUB-27, AMB-27, AMB-73
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.hub import content, forward, legs, rewrite
from chalicelib.hub.asked import Asked
from chalicelib.hub.legs import Leg
from chalicelib.ocpi import jsontext
from chalicelib.ocpi.errors import (
    HubError,
    NotConnected,
    NotEnoughInformation,
    OcpiError,
    ReceiverTimeout,
    UnknownObject,
    UnknownReceiver,
)
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.partners import parties
from chalicelib.store.object_items import party_of

if TYPE_CHECKING:
    from chalicelib.partner import Partner

# As many are asked at once.
THREADS = 32
# The best verdict first; any beats that the Token is unknown.
VERDICTS = ("ALLOWED", "NO_CREDIT", "EXPIRED", "BLOCKED", "NOT_ALLOWED")

Said = Reply | OcpiError


def authorize(asked: Asked) -> Reply:
    """Whether somebody's Token may charge: the first ALLOWED, else the best verdict. Raises OcpiError."""
    best: tuple[int, Reply] | None = None
    others: list[Said] = []
    for party, said in _answers(asked, "tokens"):
        verdict = _verdict(asked, party, said)
        if verdict == VERDICTS[0] and isinstance(said, Reply):
            return said
        if verdict and isinstance(said, Reply):
            rank = VERDICTS.index(verdict)
            best = (rank, said) if best is None or rank < best[0] else best
        else:
            others.append(said)
    if best is not None:
        return best[1]
    if len(others) == 1 and isinstance(others[0], Reply) and others[0].status_code >= 2000:
        return others[0]  # who alone was asked is as good as named (STA-26)
    raise _nobody(others)


def read(asked: Asked) -> Reply:
    """The object of the one party that has this id. Raises OcpiError."""
    found: list[Said] = []
    others: list[Said] = []
    for _, said in _answers(asked, asked.module):
        good = isinstance(said, Reply) and said.status_code < 2000 and said.http_status < 300
        (found if good else others).append(said)
    if len(found) == 1 and isinstance(found[0], Reply):
        return found[0]
    if found:
        raise UnknownReceiver("several parties have an object of this id; name one by OCPI-to")
    raise next(
        (each for each in others if isinstance(each, ReceiverTimeout)),
        UnknownReceiver("no party that is reached here has this id"),
    )


def _verdict(asked: Asked, party: Party | None, said: Said) -> str:
    """The verdict of an answer; "" where the Token is unknown there, or another's (TRA-56)."""
    if not isinstance(said, Reply) or said.status_code >= 2000 or said.data is None:
        return ""
    try:
        info = jsontext.loads(said.data)
    except jsontext.MalformedJson:
        return ""
    if not isinstance(info, dict) or info.get("allowed") not in VERDICTS:
        return ""
    owner = party_of(info.get("token"))
    if owner is not None and party is not None and owner != party:
        logs.log("WARNING", "authorization of a Token that is another's", party="/".join(party))
        return ""
    return str(info["allowed"])


def _nobody(others: list[Said]) -> OcpiError:
    """What is said where nobody gave a verdict: the code of whoever came closest to one."""
    codes = [each.status_code for each in others]
    if 2002 in codes:
        return NotEnoughInformation("the location is needed to decide about this token")
    if any(each.http_status == 404 or each.status_code == 2004 for each in others):
        return UnknownObject("unknown token", "tokens")
    for kind in (ReceiverTimeout, NotConnected):
        if any(isinstance(each, kind) for each in others):
            return kind("no eMSP that could be asked answered")
    if any(code != UnknownReceiver.status_code for code in codes):
        return HubError("no eMSP that could be asked gave a verdict")
    return UnknownReceiver("no eMSP that could be asked about this token is connected")


def _answers(asked: Asked, module: str) -> Iterator[tuple[Party | None, Said]]:
    """What each of those says that might know, the fastest first; hosted parties before all."""
    hosted, far = _askable(asked, module)
    for party in hosted:
        yield party, _or_problem(_ours, asked, party)
    if not far:
        return
    pool = ThreadPoolExecutor(min(THREADS, len(far)))
    try:
        asks = {pool.submit(copy_context().run, _or_problem, _theirs, asked, leg): leg for leg in far}
        started = time.monotonic()
        left = forward.FORWARD_TIME + 2 - (time.monotonic() - started)
        try:
            for done in as_completed(asks, left):
                yield asks[done].party, done.result()
        except TimeoutError:
            yield None, ReceiverTimeout("not all answered in time")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _askable(asked: Asked, module: str) -> tuple[list[Party], list[Leg]]:
    """Hosted parties that may know, and the legs to the others; a hub is asked once for all behind it."""
    platform, hosted, far = asked.platform, [], []
    hubs: dict[str, bool] = {asked.call.partner.id: False}  # whether each is asked
    for party in content.counterparts(asked, module):
        if platform.settings.hosts(party):
            hosted.append(party)
            continue
        for partner in parties.ways(platform, party, *parties.owners(module)):
            if partner.id not in hubs:
                leg = _leg(asked, partner, None if partner.is_hub else party)
                far += [leg] if leg else []
                if partner.is_hub:
                    hubs[partner.id] = leg is not None
            if hubs.get(partner.id, True):
                break
    return hosted, far


def _leg(asked: Asked, partner: Partner, party: Party | None) -> Leg | None:
    try:
        return legs.through(asked, partner, party)
    except OcpiError as problem:
        logs.log("INFO", "not asked", partner=partner.id, reason=problem.message[:200])
        return None


def _theirs(asked: Asked, leg: Leg) -> Reply:
    return forward.through(asked, leg, rewrite.outgoing(asked, leg))


def _ours(asked: Asked, party: Party) -> Reply:
    return asked.handled_here(party)


def _or_problem(ask: Callable[..., Reply], *question: Any) -> Said:
    try:
        return ask(*question)
    except OcpiError as problem:
        return problem
