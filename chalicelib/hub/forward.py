"""A hub forwards a request to a party on behalf of another, now, and hands its answer back.

Each leg has an X-Request-ID of its own and the X-Correlation-ID of the whole. What the far side
answers is the requester's; what it fails to answer becomes a code of ours. Each forward is noted
for the operator, and counts for the far side's health.

Spec: HUB-06 to HUB-11, STA-22 to STA-26, AMB-24, ARC-07, ARC-21
"""

from __future__ import annotations

import hashlib
import time

from chalicelib import logs
from chalicelib.errors import PartnerUnreachable
from chalicelib.hub import ends, introduce, legs, rewrite
from chalicelib.hub.asked import Asked
from chalicelib.hub.legs import Leg
from chalicelib.hub.rewrite import Needs, Outgoing
from chalicelib.ocpi import envelope, messages, modules, timestamps
from chalicelib.ocpi.errors import HubError, NotConnected, OcpiError, ReceiverTimeout
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.ocpi.timestamps import later
from chalicelib.partner_client.answer import Relayed
from chalicelib.partners import health
from chalicelib.store.routes import Route, Routes

# Seconds: below the 29 of the gateway, so that 4002 can still be told (ARC-07).
FORWARD_TIME = 20.0
# Seconds: for how long a hub that was asked may not send the very same back, as one does that queues.
LOOP_TIME = 60.0
# What one answer of Lambda may hold, its envelope in JSON once more.
LARGEST_ANSWER = 5_000_000
# Of these the far side itself said that it did not do it.
HANDED_ON = (404, 405, 429)


def to(asked: Asked, party: Party) -> Reply:
    """The answer of a party. Raises OcpiError: what the hub has to say instead."""
    leg = legs.find(asked, party)
    ends.check(asked, leg)
    return through(asked, leg, rewrite.outgoing(asked, leg))


def through(asked: Asked, leg: Leg, out: Outgoing | Needs) -> Reply:
    """The answer to a request as it was made ready for this leg, noted."""
    started = time.monotonic()
    losses = list(out.losses)
    relayed = Relayed()
    status, code = 200, 4000
    try:
        if isinstance(out, Needs):
            found = fetched(asked, leg, started)
            if isinstance(found, Reply):
                status, code = found.http_status, found.status_code
                return found
            out = rewrite.whole(asked, leg, out, found)
            losses = list(out.losses)
        relayed = _asked_of(asked, leg, out.method, out.url, out.body, started)
        reply = judged(asked, leg, relayed, losses)
        status, code = reply.http_status, reply.status_code
        if code < 2000 and status < 300:
            ends.remember(asked, leg)
        return reply
    except OcpiError as problem:
        status, code = problem.http_status, problem.status_code
        raise
    finally:
        _note(asked, leg, relayed, status, code, losses, started)


def _left(started: float) -> float:
    """The seconds that are left of the forward time."""
    return FORWARD_TIME - (time.monotonic() - started)


def _asked_of(asked: Asked, leg: Leg, method: str, url: str, body: bytes | None, started: float) -> Relayed:
    """What came back from a far side, which was told who asks where it may not have heard of it."""
    relayed = send(asked, leg, method, url, body, _left(started))
    if introduce.introduced(asked, leg, method, relayed, _left(started)):
        relayed = send(asked, leg, method, url, body, _left(started))
    return relayed


def fetched(asked: Asked, leg: Leg, started: float) -> str | Reply:
    """The object that a PATCH is about as the far side has it, or its answer where it has none."""
    relayed = _asked_of(asked, leg, "GET", rewrite.target(asked, leg, ""), None, started)
    reply = judged(asked, leg, relayed, [], as_it_is=True)
    good = reply.status_code < 2000 and reply.http_status < 300 and reply.data is not None
    return reply.data or "" if good else reply


def send(asked: Asked, leg: Leg, method: str, url: str, body: bytes | None, seconds: float) -> Relayed:
    """One leg: what came back, its health noted."""
    with _on_its_way(asked, leg):
        relayed = asked.platform.partner_client.relay(
            leg.partner,
            method,
            url,
            body=body,
            module=asked.module,
            headers=_headers(asked, leg),
            timeout=max(0.1, seconds),
        )
    problem = relayed.problem
    if problem is None and relayed.status >= 500:
        problem = PartnerUnreachable(f"HTTP {relayed.status}", http_status=relayed.status)
    place = legs.place(asked.module)
    health.note_outcome(asked.platform, leg.partner.id, problem, relayed.seconds, place, ask=False)
    return relayed


def judged(asked: Asked, leg: Leg, relayed: Relayed, losses: list[str], as_it_is: bool = False) -> Reply:
    """What the requester is told of an answer. Raises HubError, NotConnected, ReceiverTimeout."""
    problem, status, name = relayed.problem, relayed.status, leg.name
    if problem is not None:
        if problem.timed_out:
            raise ReceiverTimeout(f"{name} did not answer in time")
        if not problem.outcome_unknown:
            raise NotConnected(f"{name} cannot be reached: {problem.reason}"[:300])
        raise HubError(f"{name} gave no whole answer: {problem.reason}"[:300])
    if status == 401:
        raise NotConnected(f"{name} does not accept this hub's token")
    if len(relayed.text) > LARGEST_ANSWER:
        raise HubError(f"{name} answered with more than {LARGEST_ANSWER} bytes")
    said = envelope.opened(relayed.text)
    if said is None and status in HANDED_ON:
        return rewrite.bare(asked, leg, relayed.headers, status, f"{name} answered HTTP {status}")
    if said is None:
        raise _no_answer(relayed, f"{name} answered HTTP {status} without an OCPI envelope")
    if 300 <= status < 400 or status >= 500:
        if not 3000 <= said.status_code < 4000:
            raise _no_answer(relayed, f"{name} answered HTTP {status}")
        status = 200
    if as_it_is and status < 300:
        return Reply(said.data, said.status_code, said.message, status)
    return rewrite.incoming(asked, leg, status, relayed.headers, relayed.text, said, losses)


def _no_answer(relayed: Relayed, message: str) -> HubError:
    """What the hub has to say instead, with the far side's word of when to ask again."""
    problem = HubError(message)
    problem.retry_after = envelope.retry_after(relayed.headers.get("retry-after", ""))
    return problem


def _headers(asked: Asked, leg: Leg) -> dict[str, str]:
    """Request headers of this leg: the two end parties, as they came (HUB-06, HUB-07)."""
    headers = {messages.CORRELATION_ID: asked.call.request.correlation_id}
    if leg.version == modules.V211:
        return headers
    sender = asked.requester
    headers |= {messages.FROM_COUNTRY: sender[0], messages.FROM_PARTY: sender[1]}
    if leg.party is not None:
        headers |= {messages.TO_COUNTRY: leg.party[0], messages.TO_PARTY: leg.party[1]}
    return headers


def _note(
    asked: Asked, leg: Leg, relayed: Relayed, status: int, code: int, losses: list[str], started: float
) -> None:
    """Note a forward for the operator; a note that fails changes nothing of the answer."""
    answerer = rewrite.sender(leg, relayed.headers) or ("", "")
    duration = round((time.monotonic() - started) * 1000)
    logs.log(
        "INFO" if code < 4000 else "WARNING",
        "forwarded",
        partner=asked.call.partner.id,
        to_partner=leg.partner.id,
        module=asked.module[:64],
        method=asked.method,
        status=status,
        ocpi_status=code,
        outcome="ok" if code < 2000 else "refused" if code < 3000 else "failed",
        duration_ms=duration,
        outbound_request_id=relayed.request_id or None,
        versions=f"{asked.version}>{leg.version}",
        losses=losses[:50] or None,
        lost=len(losses),
    )
    route = Route(
        at=timestamps.wire_timestamp(asked.platform.clock()),
        sender="/".join(asked.requester),
        to="/".join(answerer),
        module=asked.module[:64],
        method=asked.method,
        path=asked.path[:300],
        request_ids={"in": asked.request_id, "out": relayed.request_id},
        correlation_id=asked.call.request.correlation_id,
        http_status=status,
        status_code=code,
        duration_ms=duration,
        versions={"from": asked.version, "to": leg.version},
        losses=losses[:20],
    )
    try:
        Routes(asked.platform).note(route)
    except Exception as problem:
        logs.log_exception("forward not noted", problem, partner=leg.partner.id)


# loops of hubs


class _on_its_way:
    """While a request is at another hub, its coming back is known for what it is; from there also later."""

    def __init__(self, asked: Asked, leg: Leg) -> None:
        self._asked, self._hub = asked, leg.partner.id if leg.partner.is_hub else ""

    def __enter__(self) -> None:
        self._note(FORWARD_TIME + 5)

    def __exit__(self, *_: object) -> None:
        self._note(0)

    def _note(self, seconds: float) -> None:
        """Until when it is on its way, and until when the hub it went to may not send it back."""
        if not self._hub:
            return
        platform, now = self._asked.platform, self._asked.platform.clock()
        kept = later(now, LOOP_TIME)
        text = f"{later(now, seconds)} {kept} {self._hub}"
        platform.requests.note(_mark(self._asked, self._asked.requester), text, kept)


def check_no_loop(asked: Asked) -> None:
    """Refuse what comes back from another hub while it is on its way. Raises HubError."""
    if not asked.call.partner.is_hub:
        return
    sender = asked.call.request.from_party
    noted = asked.platform.requests.noted(_mark(asked, sender)) if sender else None
    if noted is None:
        return
    now = asked.platform.clock()
    on_its_way, kept, hub = noted.split(" ")
    if on_its_way > now or (kept > now and hub == asked.call.partner.id):
        raise HubError("this request has come here before: hubs pass it round in a circle")


def _mark(asked: Asked, sender: Party) -> str:
    request = asked.call.request
    what = (request.correlation_id, request.method, request.interface, request.module, request.segments)
    return "loop#" + hashlib.sha256(repr((what, sender)).encode()).hexdigest()[:40]
