"""The endpoint serves one request: who asks, what for, do it, and put it in an envelope, made here alone.

Nothing a partner sends ends in anything but an OCPI envelope: a problem that
was foreseen says what it is, one that was not is logged and answered 3000.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import time
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.deployment import asked_at
from chalicelib.ocpi import charset, envelope, messages, modules, routing
from chalicelib.ocpi.errors import (
    MethodNotAllowed,
    OcpiError,
    ServerError,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    UnknownObject,
    UnknownPath,
)
from chalicelib.ocpi.messages import Party, Reply, Request
from chalicelib.ocpi.modules import LIST, Operation
from chalicelib.partner_client import transcript
from chalicelib.partners.call import Call, require_receiver, serving
from chalicelib.store.messages import STRANGER
from chalicelib.store.rates import WINDOW
from chalicelib.threads import joined

if TYPE_CHECKING:
    from chalicelib.partner import Partner, Presented
    from chalicelib.wiring import Platform

# What Lambda takes in one invocation, in Base64; a Location of 1,000 EVSEs has about 1 MB.
LARGEST_BODY = 4_500 * 1024

VERSIONS = Operation("GET", "", "versions")
DETAILS = Operation("GET", "", "version_details")

# Requests of one partner in ten seconds; the API's own limit is twice as many for all together.
MOST_REQUESTS = 1000

# The word of an operation -> the function that does it.
WORK = {
    "versions": "partners.registration_receiver:versions",
    "version_details": "partners.registration_receiver:details",
    "show_credentials": "partners.registration_receiver:show",
    "register": "partners.registration_receiver:register",
    "update_registration": "partners.registration_receiver:update",
    "unregister": "partners.registration_receiver:unregister",
    "page": "objects.sender:page",
    "read_ours": "objects.sender:read",
    "read": "objects.receiver:read",
    "write": "objects.receiver:write",
    "merge": "objects.receiver:merge",
    "create": "objects.receiver:create",
    "remove": "objects.receiver:remove",
    "set_charging_preferences": "commands.preferences:receive",
    "authorize_token": "commands.authorization:answer",
    "accept_command": "commands.receiver:accept",
    "take_command_result": "commands.receiver:result",
    "accept_set_profile": "commands.profiles_receiver:accept_set",
    "accept_clear_profile": "commands.profiles_receiver:accept_clear",
    "accept_active_profile": "commands.profiles_receiver:accept_active",
    "take_profile_result": "commands.profiles_receiver:result",
    "page_client_info": "hub.client_info:page",
    "take_active_profile": "commands.profiles_receiver:active_profile_changed",
}
# Operations that bring an object, which is kept where it is refused.
BRINGING = ("write", "merge", "create")


# What decides about a request at a hub, and the word of a module that is not known here.
ROUTED = "hub.switch:answer"
CUSTOM = "custom"
FOUND = frozenset({"versions", "credentials", *modules.BY_ID})

_room = functools.cache(importlib.import_module)


class Suspended(OcpiError):
    """HTTP 403: the operator suspended this partner."""

    http_status = 403


def answer(request: Request, platform: Platform) -> tuple[int, dict[str, str], str]:
    """The HTTP status, headers and body for one request; what was said is kept when it is done."""
    about = logs.subject.set(None)
    try:
        with joined(), platform.messages.together():
            return _answer(request, platform)
    finally:
        logs.subject.reset(about)


def _answer(request: Request, platform: Platform) -> tuple[int, dict[str, str], str]:
    started, at = time.perf_counter(), platform.clock()
    began = asked_at.set(time.monotonic())
    ids = {
        messages.REQUEST_ID: request.request_id or str(uuid.uuid4()),
        messages.CORRELATION_ID: request.correlation_id or str(uuid.uuid4()),
    }
    scope = logs.context.set(
        {"request_id": ids[messages.REQUEST_ID], "correlation_id": ids[messages.CORRELATION_ID]}
    )
    partner: Partner | None = None
    operation: Operation | None = None
    presented: Presented | None = None
    call: Call | None = None
    try:
        try:
            if request.correlation_id != ids[messages.CORRELATION_ID]:
                headers = {**request.headers, "x-correlation-id": ids[messages.CORRELATION_ID]}
                request = dataclasses.replace(request, headers=headers)
            if (request.module not in FOUND and not platform.settings.hub) or not request.module:
                raise UnknownPath("no such path; everything OCPI is found from the versions URL")
            partner, presented = platform.partners.authenticate(request.headers.get("authorization", ""))
            operation, variables = _operation(request, platform)
            _admit(partner, request)
            _limit(partner, platform)
            call = Call(request, operation, variables, partner, presented, platform)
            logs.subject.set(call.subject)
            if platform.settings.hub and _is_routed(request):
                reply = _load(ROUTED)(call, _perform)
            else:
                reply = _perform(call)
        except OcpiError as problem:
            reply = _refusal(problem, request.version)
            _set_aside(call, problem)
        except Exception as problem:
            logs.log_exception("unforeseen", problem)
            told = ServerError("internal error; the operator finds it by X-Request-ID")
            reply = _refusal(told, request.version)
            _set_aside(call, told)
        headers = {
            "Content-Type": "application/json",
            **ids,
            **_routing(request, partner, call, platform, reply.status_code),
            **reply.headers,
        }
        duration = round((time.perf_counter() - started) * 1000)
        outcome = transcript.outcome(reply.status_code)
        logs.log(
            "INFO" if reply.status_code < 2000 else "WARNING",
            "request",
            partner=partner.id if partner else None,
            module=request.module,
            method=request.method,
            path_template=_template(request, operation),
            status=reply.http_status,
            ocpi_status=reply.status_code,
            reason=None if reply.status_code < 2000 else reply.message[:300],
            duration_ms=duration,
            outcome=outcome,
        )
        body = envelope.write(reply, messages.now(), request.version)
        if partner and partner.reads_ascii_only:
            body = charset.plain(body)
        who = (partner, presented.token) if partner and presented else None
        if _keeps(platform, request, reply, outcome, who is not None):
            id, token = (who[0].id, who[1]) if who else (STRANGER, "")
            said = (request, reply, body) if who else (dataclasses.replace(request, body=b""), reply, "")
            lag = _lag(call, at)
            kept = transcript.received(at, *said, id, token, ids, duration_ms=duration, lag_s=lag)
            if _is_for_others(request, platform):
                kept = transcript.passed_on(kept)
            platform.messages.note(kept)
        return reply.http_status, headers, body
    finally:
        logs.context.reset(scope)
        asked_at.reset(began)


def _keeps(platform: Platform, request: Request, reply: Reply, outcome: str, is_known: bool) -> bool:
    """Whether this request is kept: of strangers, and of floods, a few a minute."""
    if not is_known or reply.http_status == TooManyRequests.http_status:
        return platform.messages.keeps_one_more()
    return platform.messages.keeps(outcome, is_plain=transcript.plain(request.method, request.module))


def _set_aside(call: Call | None, problem: OcpiError) -> None:
    """Keep an object that is refused, unless the partner asked for something that is not there."""
    if call is None or isinstance(problem, UnknownObject) or problem.status_code >= 4000:
        return
    if call.request.module not in modules.PUBLIC and _is_for_others(call.request, call.platform):
        return
    if call.request.interface == modules.RECEIVER and call.operation.action in BRINGING:
        _load("evidence.quarantine:keep")(call, problem)


def _lag(call: Call | None, now: str) -> int:
    """How old an object was when its owner sent it."""
    if call is None or call.operation.action not in ("write", "merge", "create"):
        return -1
    return transcript.lag_seconds(now, call.said.get("last_updated"))


def _perform(call: Call) -> Reply:
    """Do what is asked, as the parties hosted here."""
    if call.operation.action == CUSTOM:
        raise UnknownPath(f"no module {call.request.module[:40]} is offered here")
    require_receiver(call.request, call.platform)
    reply: Reply = _load(WORK[call.operation.action])(call)
    return reply


def _load(place: str) -> Callable[..., Any]:
    room, _, function = place.partition(":")
    work: Callable[..., Any] = getattr(_room(f"chalicelib.{room}"), function)
    return work


def _is_for_others(request: Request, platform: Platform) -> bool:
    """Whether a hub passes this on, or would have: what is for its two ends alone is not kept (AMB-28)."""
    if not platform.settings.hub or not _is_routed(request):
        return False
    return request.to_party in (None, platform.settings.hub) or not platform.settings.hosts(request.to_party)


def _is_routed(request: Request) -> bool:
    """Whether a request is for a party, and not between two platforms (HUB-02)."""
    row = modules.BY_ID.get(request.module)
    return row.functional if row else request.module not in ("", *FOUND)


def _operation(request: Request, platform: Platform) -> tuple[Operation, dict[str, str]]:
    """What is asked for. Raises TooLarge, InvalidParameters, UnknownPath, MethodNotAllowed."""
    if len(request.body) > LARGEST_BODY:
        raise TooLarge(f"the body is larger than {LARGEST_BODY} bytes")
    routing.check_segments(request.segments)
    if request.module == "versions":
        operation = DETAILS if request.version else VERSIONS
        if request.version:
            _offered(request.version, platform)
        return routing.match((operation,), modules.V230, request.method, request.segments)
    _offered(request.version, platform)
    if request.module == "credentials":
        return routing.match(modules.CREDENTIALS, request.version, request.method, request.segments)
    row = modules.BY_ID.get(request.module)
    if row is None and platform.settings.hub:
        return Operation(request.method, LIST, CUSTOM), {}
    side = row.interface(request.interface) if row else None
    if side is None or not platform.settings.serves & set(side.offered_by):
        raise UnknownPath(
            f"no {request.interface.lower()} interface of {request.module[:40]} is offered here"
        )
    return routing.resolve(
        request.module, request.interface, request.version, request.method, request.segments
    )


def _offered(version: str, platform: Platform) -> None:
    if version not in platform.settings.versions:
        raise UnknownPath(f"version {version[:20]!r} is not offered")


def _admit(partner: Partner, request: Request) -> None:
    """Token A opens versions and credentials only (TRA-09); a suspended partner nothing."""
    if partner.state == "SUSPENDED":
        raise Suspended("this connection is suspended by the operator")
    if partner.state != "REGISTERED" and request.module not in ("versions", "credentials"):
        raise Unauthorized("this token is for versions and credentials only; register first")


def _limit(partner: Partner, platform: Platform) -> None:
    """One partner's flood is not everybody's 429."""
    requests, left = platform.rates.count(partner.id)
    if requests > MOST_REQUESTS:
        raise TooManyRequests(f"more than {MOST_REQUESTS} requests in {WINDOW} seconds", left)


def _refusal(problem: OcpiError, version: str) -> Reply:
    code = problem.status_code
    if version == modules.V211:
        code = envelope.IN_2_1_1.get(code, code)
    headers = messages.said_by(problem.said_by, version)
    if isinstance(problem, MethodNotAllowed):
        headers["Allow"] = ", ".join(problem.allow)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if isinstance(problem, Unauthorized):
        headers["WWW-Authenticate"] = "Token"
    return Reply(
        data=problem.data,
        status_code=code,
        message=problem.status_message,
        http_status=problem.http_status,
        headers=headers,
    )


def _routing(
    request: Request, partner: Partner | None, call: Call | None, platform: Platform, code: int
) -> dict[str, str]:
    """Routing headers of the response: swapped, filled in where the request lacked them (HUB-05, AMB-21).

    What a hub says itself is from the hub; what it hands on names its sender already.
    """
    hub = platform.settings.hub
    known_here = hub or request.module in modules.BY_ID
    if not known_here or not _is_routed(request) or request.version == modules.V211:
        return {}
    known = (partner.hub_party or _first(role.party for role in partner.roles)) if partner else None
    asked_by = request.from_party or (call.asker if call else None) or known
    asked_of = request.to_party or _first(party.party for party in serving(request, platform))
    if hub and (code >= 4000 or request.to_party is None or not platform.settings.hosts(request.to_party)):
        asked_of = hub
    headers: dict[str, str] = {}
    if asked_by:
        headers |= {messages.TO_COUNTRY: asked_by[0], messages.TO_PARTY: asked_by[1]}
    if asked_of:
        headers |= {messages.FROM_COUNTRY: asked_of[0], messages.FROM_PARTY: asked_of[1]}
    return headers


def _first(parties: Iterable[Party]) -> Party | None:
    return next(iter(parties), None)


def _template(request: Request, operation: Operation | None) -> str:
    parts = [
        request.version,
        request.interface.lower(),
        request.module,
        operation.shape if operation else "?",
    ]
    return "/" + "/".join(part for part in parts if part)
