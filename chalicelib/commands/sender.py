"""Our requests whose result comes later: written down first, sent once, their response noted.

A command is never sent again, whatever becomes of it: where its outcome is
unknown it stays pending, since the result may still come, until our deadline.

Spec: CMD-04 to CMD-07, CMD-12, CHP-13, CHP-19; design section 8
"""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.commands import lifecycle, results
from chalicelib.errors import ActionError, PartnerRefused, PartnerUnreachable
from chalicelib.objects import hub_client_info
from chalicelib.ocpi import jsontext, reading
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.timestamps import later
from chalicelib.partners import parties
from chalicelib.store.requests import PENDING, AsyncRequest

if TYPE_CHECKING:
    from chalicelib.ocpi.messages import Party
    from chalicelib.partner import Partner
    from chalicelib.partner_client.client import Answer
    from chalicelib.wiring import Platform

# Seconds that a partner may take to respond.
PATIENCE = 10


def receiver(platform: Platform, party: Party, module: str, *roles: str) -> tuple[Partner, str]:
    """The partner of a party and where it takes requests of this module. Raises ActionError."""
    partner = parties.reached(platform, party, *roles)
    if partner is None:
        raise ActionError("unknown_partner", f"no partner is {' or '.join(roles)} {'/'.join(party)}", "/to")
    if partner.state != "REGISTERED":
        raise ActionError("not_registered", f"the connection to {partner.name} is {partner.state}", "/to")
    away = hub_client_info.away(platform, partner, party)
    if away:
        raise ActionError("not_connected", away, "/to")
    url = partner.endpoint(module, "RECEIVER")
    if url is None:
        raise ActionError("not_offered", f"{partner.name} does not offer to receive {module}", "/to")
    return partner, url


def hosted(platform: Platform, party: Party | None, *roles: str) -> Party:
    """The hosted party of these roles that speaks: the one named, else the only or first one."""
    ours = platform.settings.hosted(*roles)
    if party is None and ours:
        return ours[0]
    if party not in ours:
        name = "/".join(party) if party else "nobody"
        raise ActionError("not_hosted", f"{name} is not a hosted party of role {' or '.join(roles)}", "/from")
    return party


def send(
    platform: Platform,
    partner: Partner,
    request: AsyncRequest,
    method: str,
    url: str,
    body: dict[str, Any] | None,
    response_kind: str,
) -> AsyncRequest:
    """Send a request and note its response; the request as it stands then."""
    allowed = PATIENCE + platform.settings.command_timeout + lifecycle.SLACK
    request = dataclasses.replace(request, todo="expire", due_at=later(request.created_at, allowed))
    platform.requests.add(request)
    answer: Answer | None = None
    problem: PartnerRefused | PartnerUnreachable | None = None
    started = time.monotonic()
    try:
        with logs.about(request.subject):
            answer = platform.partner_client.call(
                partner,
                method,
                url,
                body=None if body is None else jsontext.dumps(body),
                module=request.module,
                from_party=request.ours,
                to_party=request.theirs,
                correlation_id=request.correlation_id,
                timeout=PATIENCE,
            )
    except (PartnerRefused, PartnerUnreachable) as found:
        problem = found
    seconds = time.monotonic() - started
    if answer is None:
        noted = _unanswered(platform, request, problem)
    else:
        noted = _answered(platform, request, answer.data, partner.version, response_kind)
    results.note_health(platform, partner, problem, seconds)
    return noted


def _answered(platform: Platform, request: AsyncRequest, data: Any, version: str, kind: str) -> AsyncRequest:
    try:
        response = reading.read(kind, data, version).object
    except InvalidParameters as problem:
        logs.log("WARNING", "response not understood", request=request.id, reason=problem.status_message)
        return platform.requests.get(request.id) or request
    return _respond(platform, request, response)


def _unanswered(
    platform: Platform, request: AsyncRequest, problem: PartnerRefused | PartnerUnreachable | None
) -> AsyncRequest:
    """What a request that was refused, or not taken, becomes."""
    if isinstance(problem, PartnerUnreachable):
        if not problem.outcome_unknown:
            return _fail(platform, request, problem.reason)
        logs.log("WARNING", "request of unknown outcome", request=request.id, reason=problem.reason)
        return platform.requests.get(request.id) or request
    text = f"{problem.status_code} {problem.message}" if problem else ""
    return _respond(platform, request, {"result": "REJECTED", "timeout": 0, "message": lifecycle.said(text)})


def _respond(platform: Platform, request: AsyncRequest, response: dict[str, Any]) -> AsyncRequest:
    """Note the response; where it was the end the back end is told."""
    now = platform.clock()
    timeout = response.get("timeout")
    seconds = timeout if isinstance(timeout, int) and timeout > 0 else platform.settings.command_timeout
    seconds = min(seconds, 24 * 3600)
    noted = platform.requests.alter(
        request.id, lambda found: lifecycle.answered(found, response, seconds, now)
    )
    noted = noted or request
    if noted.state == PENDING:
        lifecycle.enqueue(platform, noted, seconds + lifecycle.SLACK + 1)
    else:
        tell(platform, noted)
    return noted


def _fail(platform: Platform, request: AsyncRequest, reason: str) -> AsyncRequest:
    now = platform.clock()
    result = {"result": "FAILED", "message": lifecycle.said(reason)}
    closed = platform.requests.alter(request.id, lambda found: lifecycle.concluded(found, result, now))
    if closed is None:
        return request
    tell(platform, closed)
    return closed


def tell(platform: Platform, concluded: AsyncRequest) -> None:
    """Tell the back end at once, as far as that goes."""
    try:
        results.advance(platform, concluded.id)
    except Exception as problem:
        logs.log_exception("event not told yet; the sweep will", problem, request=concluded.id)
