"""A hub passes on commands and profile requests; their result comes to a URL of ours, and goes back.

Such a request is kept as any whose result is awaited (`store.requests`), without its body. The
result is taken by the doors of commands and profiles, and sent by the results queue, which also tells the
requester TIMEOUT where none came. A result URL is known for an hour beyond the timeout, that of a
reservation for a day beyond its end.

Spec: AMB-25, AMB-26, ARC-21, CMD-20, CNV-111, CNV-119
"""

from __future__ import annotations

from typing import Any

from chalicelib.hub import ends, forward, legs, memory, rewrite
from chalicelib.hub.asked import Asked
from chalicelib.hub.legs import Leg
from chalicelib.ocpi import jsontext, messages, modules, routing, timestamps
from chalicelib.ocpi.errors import HubError, InvalidParameters, OcpiError, ReceiverTimeout
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.ocpi.timestamps import later
from chalicelib.partners import idempotency, lifecycle
from chalicelib.store.requests import COMMANDS, PENDING, ROUTED, AsyncRequest

# Seconds for which a result URL is known beyond its time, and the longest timeout of a far side.
HOUR, DAY = 3600, 86400
LONGEST_TIMEOUT = 24 * HOUR
PROFILES = {"PUT": "SET_PROFILE", "DELETE": "CLEAR_PROFILE", "GET": "ACTIVE_PROFILE"}
MODULES = ("commands", "chargingprofiles")


def is_awaited(asked: Asked) -> bool:
    """Whether a result follows the answer to this request."""
    return asked.module in MODULES and asked.interface == modules.RECEIVER


def to(asked: Asked, party: Party) -> Reply:
    """The far side's response; its result is passed on when it comes."""
    url = _response_url(asked)
    id, before = idempotency.look(asked.call)
    if before is not None:
        return _again(before, party, asked)
    leg = legs.find(asked, party)
    ends.check(asked, leg)
    command = _command(asked)
    if command == "CANCEL_RESERVATION" and leg.version == modules.V211:
        return Reply(_said("NOT_SUPPORTED", asked))  # CNV-111
    request = _kept(asked, leg, party, id, command, url)
    if not asked.platform.requests.begin(request):
        raise HubError("the same request is on its way already")
    back = routing.join(
        asked.platform.endpoint_url(leg.version, modules.SENDER, asked.module),
        command if asked.module == COMMANDS else "results",
        id,
    )
    try:
        reply = forward.through(asked, leg, rewrite.outgoing(asked, leg, back))
    except OcpiError as problem:
        if not isinstance(problem, ReceiverTimeout):  # then its result may still come
            _close(asked, request, None)
        raise
    _note_response(asked, leg, request, reply)
    return reply


def _kept(asked: Asked, leg: Leg, party: Party, id: str, command: str, url: str) -> AsyncRequest:
    now, timeout = asked.platform.clock(), asked.platform.settings.command_timeout
    seconds = forward.FORWARD_TIME + timeout + lifecycle.SLACK
    return AsyncRequest(
        id=id,
        direction=ROUTED,
        module=asked.module,
        command=command,
        partner=asked.call.partner.id,
        version=asked.version,
        our_party="/".join(party),
        their_party="/".join(asked.requester),
        created_at=now,
        response_url=url,
        correlation_id=asked.call.request.correlation_id,
        timeout=timeout,
        todo="expire",
        due_at=later(now, seconds),
        asked=leg.partner.id,
        until=_until(asked, now, seconds),
    )


def _note_response(asked: Asked, leg: Leg, request: AsyncRequest, reply: Reply) -> None:
    """Await the result where the far side took the request; else this was the end of it."""
    response = _response(reply)
    if response is None or response.get("result") != "ACCEPTED":
        _close(asked, request, response)
        return
    platform, now = asked.platform, asked.platform.clock()
    timeout = response.get("timeout")
    seconds = timeout if isinstance(timeout, int) and timeout > 0 else platform.settings.command_timeout
    seconds = min(seconds, LONGEST_TIMEOUT)
    until = _until(asked, now, seconds)
    noted = platform.requests.alter(
        request.id,
        lambda found: lifecycle.forwarded(found, response, seconds, until, now),
        request,
    )
    if noted and noted.state == PENDING:
        lifecycle.enqueue(platform, noted, seconds + lifecycle.SLACK + 1)
    if request.command == "RESERVE_NOW" and isinstance(asked.said.reservation_id, str | int):
        cpo = leg.party or request.ours
        id = str(asked.said.reservation_id)
        before = memory.recall(platform, memory.RESERVATION, id)
        memory.remember(platform, before, cpo, asked.requester, until)


def _close(asked: Asked, request: AsyncRequest, response: dict[str, Any] | None) -> None:
    asked.platform.requests.alter(request.id, lambda found: lifecycle.not_forwarded(found, response), request)


def _until(asked: Asked, now: str, seconds: float) -> str:
    """Until when its result URL is known."""
    soon = later(now, seconds + HOUR)
    try:
        end = timestamps.timestamp(str(asked.said.expiry_date)) if asked.said.expiry_date else now
    except ValueError:
        return soon
    return max(soon, later(end, DAY)) if asked.said.expiry_date else soon


def _again(before: AsyncRequest, party: Party, asked: Asked) -> Reply:
    """The first response once more, to a request that was repeated (ARC-17)."""
    if before.response is None or before.direction != ROUTED:
        raise HubError("the same request is on its way already, or was refused")
    headers: dict[str, str] = {}
    if asked.version != modules.V211:
        headers = {messages.TO_COUNTRY: asked.requester[0], messages.TO_PARTY: asked.requester[1]}
        headers |= {messages.FROM_COUNTRY: party[0], messages.FROM_PARTY: party[1]}
    return Reply(jsontext.dumps(before.response), headers=headers)


def _response(reply: Reply) -> dict[str, Any] | None:
    """What the far side responded, in the requester's words."""
    if reply.status_code >= 2000 or reply.http_status >= 300 or reply.data is None:
        return None
    try:
        found = jsontext.loads(reply.data)
    except jsontext.MalformedJson:
        return None
    return found if isinstance(found, dict) else None


def _command(asked: Asked) -> str:
    return asked.call.params["command"].upper() if asked.module == COMMANDS else PROFILES[asked.method]


def _said(result: str, asked: Asked) -> str:
    timeout = {} if asked.version == modules.V211 else {"timeout": 0}
    return jsontext.dumps({"result": result, **timeout})


def _response_url(asked: Asked) -> str:
    """Where the requester wants the result. Raises InvalidParameters for a host it did not announce."""
    said = asked.said.response_url or asked.call.request.query.get("response_url")
    if not isinstance(said, str) or not said:
        raise InvalidParameters("missing", "/response_url")
    try:
        asked.platform.partner_client.guard(said, asked.call.partner)
    except InvalidParameters as problem:
        raise InvalidParameters(problem.message, "/response_url") from None
    return said
