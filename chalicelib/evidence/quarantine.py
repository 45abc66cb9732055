"""Quarantine: what a partner sent and we could not use is kept as it came, and tried again when asked.

An object that is tried again is read as it would be today, with the quirks that
are on for the partner now, and never replaces a newer state.

Contract: design sections 6 (rule 4) and 14
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.objects import checks, ingest, order, receiver
from chalicelib.ocpi import charset, jsontext, modules, routing
from chalicelib.ocpi.errors import InvalidParameters, OcpiError
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.messages import Request
from chalicelib.partner import Presented
from chalicelib.partner_client import secrets
from chalicelib.partners import parties
from chalicelib.partners.call import Call
from chalicelib.store.object_items import party_of
from chalicelib.store.refusals import PULLED, PUSHED, Refusal

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

READMITTED, STALE, REFUSED = "readmitted", "stale", "refused"
_ROUTING = ("ocpi-from-country-code", "ocpi-from-party-id", "ocpi-to-country-code", "ocpi-to-party-id")
_DO = {"write": receiver.write, "merge": receiver.merge, "create": receiver.create}


def keep(call: Call, problem: OcpiError) -> None:
    """Keep what a request brought that was refused. Never raises."""
    try:
        call.platform.refusals.keep([_pushed(call, problem)])
    except Exception as wrong:
        logs.log_exception("refused object not kept", wrong)


def _pushed(call: Call, problem: OcpiError) -> Refusal:
    request, subject = call.request, call.subject
    return Refusal(
        partner=call.partner.id,
        module=request.module,
        at=call.platform.clock(),
        origin=PUSHED,
        version=request.version,
        body=secrets.blanked(charset.shown(request.body), secrets.forms(call.presented.token)),
        findings=problem.faults,
        owner=subject.owner,
        object_id=subject.id,
        part=subject.part,
        method=request.method,
        segments=request.segments,
        query=request.query,
        headers={name: request.headers[name] for name in _ROUTING if name in request.headers},
    )


def pulled(platform: Platform, partner: Partner, module: str, data: Any, problem: Exception) -> Refusal:
    """What is to be kept of an object of a list that was set aside."""
    named: Mapping[str, Any] = data if isinstance(data, dict) else {}
    owner = party_of(named)
    id = named.get("uid" if module == "tokens" else "id")
    faults = (
        problem.faults
        if isinstance(problem, OcpiError)
        else (Finding("", "internal", f"internal: {type(problem).__name__}"),)
    )
    return Refusal(
        partner=partner.id,
        module=module,
        at=platform.clock(),
        origin=PULLED,
        version=partner.version,
        body=jsontext.dumps(data),
        findings=faults,
        owner="/".join(owner) if owner else "",
        object_id="" if id is None or isinstance(id, dict | list) else str(id)[:255],
    )


def readmit(platform: Platform, id: str, refusal: Refusal) -> tuple[str, tuple[Finding, ...]]:
    """Try again: "readmitted", "stale" (what is known is newer), or "refused" with the faults it has now."""
    partner = platform.partners.get(refusal.partner)
    if partner is None or not partner.is_connected:
        return REFUSED, (Finding("", REFUSED, "the partner is not registered"),)
    subject = logs.Subject(refusal.module, refusal.owner, refusal.object_id, refusal.part)
    with logs.about(subject):
        try:
            state = _again(platform, partner, refusal)
        except order.Older:
            state = STALE
        except OcpiError as problem:
            again = replace(refusal, findings=problem.faults, at=platform.clock())
            platform.refusals.keep([again])
            return REFUSED, problem.faults
    platform.refusals.forget(refusal, id)
    return state, ()


def _again(platform: Platform, partner: Partner, refusal: Refusal) -> str:
    if refusal.method == "PATCH" or refusal.part or refusal.module == "hubclientinfo":
        _through_the_door(platform, partner, refusal)
        return READMITTED
    try:
        data = jsontext.loads(refusal.body)
    except ValueError as problem:
        raise InvalidParameters(f"not valid JSON: {problem}") from None
    data, repaired = checks.mended(partner, data)
    theirs = parties.spoken_for(platform, partner, parties.owners(refusal.module))
    owner = tuple(refusal.owner.split("/")) if refusal.owner else ()
    if len(owner) == 2 and owner in theirs:
        theirs = frozenset({(owner[0], owner[1])})
        if isinstance(data, dict) and refusal.version != modules.V211:
            data = {"country_code": owner[0], "party_id": owner[1], **data}
    told = ingest.receive(
        platform, refusal.module, data, refusal.version, theirs, via=partner.id, noted=repaired
    )
    return STALE if told.state == "stale" else READMITTED


def _through_the_door(platform: Platform, partner: Partner, refusal: Refusal) -> None:
    """A change, or a part of a Location, as the request that it was."""
    request = Request(
        refusal.method or "PUT",
        refusal.version,
        modules.RECEIVER,
        refusal.module,
        refusal.segments,
        refusal.query,
        refusal.headers,
        refusal.body.encode(),
    )
    operation, variables = routing.resolve(
        refusal.module, modules.RECEIVER, refusal.version, request.method, request.segments
    )
    call = Call(request, operation, variables, partner, Presented("", "", ""), platform, in_order=True)
    _DO[operation.action](call)
