"""Charging profiles that partners ask for, the results of ours, and telling of changes.

As CPO the back end decides; as eMSP between a smart charging provider and the
CPO a request is passed on under a response_url of our own, and what comes
back is passed back (CHP-40).

Spec: 2.3.0 mod_charging_profiles (CHP-01 to CHP-46), AMB-46 to AMB-48
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.commands import (
    capabilities,
    profile_subscribers,
    profiles_sender,
    receiver,
)
from chalicelib.errors import ActionError
from chalicelib.objects import sessions
from chalicelib.ocpi import jsontext, reading, routing
from chalicelib.ocpi.errors import InvalidParameters, UnknownObject
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.ocpi.timestamps import later, wire_timestamp
from chalicelib.partners import idempotency, lifecycle, parties
from chalicelib.partners.call import Call
from chalicelib.partners.lifecycle import ACTIVE, CHANGED, CLEAR, SET
from chalicelib.store.object_items import check_id
from chalicelib.store.requests import CONCLUDED, PROFILES, SENT, AsyncRequest, new_id

if TYPE_CHECKING:
    from chalicelib.objects.stored_object import StoredObject
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

LONGEST_DURATION = 7 * 24 * 3600
RESPONSES = ("NOT_SUPPORTED", "REJECTED", "TOO_OFTEN", "UNKNOWN_SESSION")


def accept_set(call: Call) -> Reply:
    """PUT {session_id}: set or replace the profile of a session (CHP-11)."""
    body = reading.read("set_charging_profile", call.json_object, call.request.version).object
    return _accept(call, SET, body)


def accept_active(call: Call) -> Reply:
    """GET {session_id}: the profile in force for the next `duration` seconds (CHP-10)."""
    text = call.request.query.get("duration", "")
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= LONGEST_DURATION:
        raise InvalidParameters(f"seconds from 1 to {LONGEST_DURATION} are required", "/duration")
    url = _response_url(call.request.query, {"duration"})
    return _accept(call, ACTIVE, {"response_url": url, "duration": int(text)})


def accept_clear(call: Call) -> Reply:
    """DELETE {session_id}: remove the profile (CHP-12)."""
    return _accept(call, CLEAR, {"response_url": _response_url(call.request.query, set())})


def result(call: Call) -> Reply:
    """POST results/{id}: the result of a profile request of ours; answered without data (CHP-18)."""
    request = receiver.ours_to(call, PROFILES)
    return receiver.take(call, request, lifecycle.result_kind(request))


def active_profile_changed(call: Call) -> Reply:
    """PUT {session_id}: a CPO tells that the profile in force changed (CHP-30, AMB-47).

    The back end hears it; a smart charging provider behind us that set a
    profile hears it from us (CHP-40).
    """
    platform, session_id = call.platform, check_id(call.params["session_id"], "/session_id")
    now = wire_timestamp(platform.clock())
    profile = reading.read("active_charging_profile", call.json_object, call.request.version, now=now).object
    if call.partner.is_hub and call.asks is None:
        raise InvalidParameters("OCPI-from: the CPO of the session is required")
    theirs = sorted(call.spoken_for(("CPO", "EMSP")))
    if call.request.from_party in theirs:
        theirs = [call.request.from_party]
    found = next(
        (each for party in theirs if (each := sessions.customers(platform, party, session_id)) is not None),
        None,
    )
    asked = [each for each in theirs if profile_subscribers.was_asked(platform, each, session_id)]
    if found is None and not asked:
        raise UnknownObject("no session of this id of yours is known", "sessions")
    owner = sessions.owner_of(found) if found else asked[0]
    platform.backend.emit(
        "ObjectChanged",
        {
            "module": PROFILES,
            "owner": "/".join(owner),
            "id": session_id,
            "part": "",
            "partner": call.partner.id,
            "last_updated": profile["start_date_time"],
            "version": "2.3.0",
            "object": profile,
        },
    )
    if found:
        told = sessions.hosted_emsp(platform, found)
        if told:
            push_change(platform, told, found.key.id, profile, as_owner=owner)
    return Reply()


def push_change(
    platform: Platform,
    ours: Party,
    session_id: str,
    profile: Mapping[str, Any],
    *,
    as_owner: Party | None = None,
) -> list[AsyncRequest]:
    """Tell everyone who successfully set a profile for this session what is in force now (CHP-30, CHP-31)."""
    pushes = []
    for member in profile_subscribers.members(platform, as_owner or ours, session_id):
        partner_id, party, known_as = member.split(" ", 2)
        partner = platform.partners.get(partner_id)
        url = partner.endpoint(PROFILES, "SENDER") if partner else None
        if partner is None or url is None or partner.state != "REGISTERED":
            continue
        if not _may_hear(platform, partner, party):
            continue
        now = platform.clock()
        push = AsyncRequest(
            id=new_id(),
            direction=SENT,
            module=PROFILES,
            command=CHANGED,
            partner=partner.id,
            version=partner.version,
            our_party="/".join(ours),
            their_party=party,
            created_at=now,
            concluded_at=now,
            state=CONCLUDED,
            body=profile,
            response_url=routing.join(url, known_as),
            session=session_id,
            todo="send",
            due_at=later(now, lifecycle.LEASE),
            useful_until=later(now, 300),
        )
        platform.requests.add(push)
        platform.requests.note(
            lifecycle.latest_push(push), push.id, later(now, profile_subscribers.SESSION_REMEMBERED)
        )
        lifecycle.enqueue(platform, push)
        pushes.append(push)
    return pushes


def _may_hear(platform: Platform, partner: Partner, party: str) -> bool:
    """Whether who set a profile is still an eMSP, or the provider that Sessions are delegated to (CHP-06)."""
    theirs = parties.spoken_for(platform, partner, receiver.EMSP_ROLES) | parties.providers(platform, partner)
    return party in {"/".join(each) for each in theirs}


def _accept(call: Call, command: str, body: dict[str, Any]) -> Reply:
    platform, session_id = call.platform, check_id(call.params["session_id"], "/session_id")
    call.spoken_for(parties.readers("sessions"))
    receiver.check_response_url(platform, call.partner, body["response_url"])
    id, before = idempotency.look(call)
    if before is not None:
        return Reply(data=jsontext.dumps(before.response))
    own = sessions.own_session(platform, session_id, call.request.to_party)
    if own is None:
        return _pass_on(call, id, command, session_id, body)
    refused = _judge(call, own)
    if refused:
        return _respond(call, refused)
    request = receiver.received(call, id, PROFILES, command, body, sessions.owner_of(own))
    request = dataclasses.replace(request, session=own.key.id)
    answer = platform.backend.ask("profile", lifecycle.shown(request), receiver.DECISION_TIME)
    if answer is not None and answer.get("result") in RESPONSES:
        return _respond(call, answer["result"])
    receiver.await_answer(platform, request, "ProfileRequested", {})
    return _respond(call, "ACCEPTED")


def _judge(call: Call, own: StoredObject) -> str:
    """Why not, or nothing. A stranger's Session that is not delegated does not exist (CHP-06, CHP-23)."""
    session = own.canonical
    delegated = parties.provides(call.platform, call.partner, asks=call.asks)
    if not (delegated or call.speaks_for(sessions.emsp_of(session), receiver.EMSP_ROLES)):
        return "UNKNOWN_SESSION"
    if session.get("status") not in ("ACTIVE", "PENDING"):
        return "REJECTED"
    evses = capabilities.meant(
        call.platform, sessions.owner_of(own), session["location_id"], session["evse_uid"]
    )
    return "NOT_SUPPORTED" if capabilities.lacking(evses, capabilities.PROFILES) else ""


def _pass_on(call: Call, id: str, command: str, session_id: str, body: dict[str, Any]) -> Reply:
    """A smart charging provider asks us as the eMSP: ask the CPO, under a response_url of our own."""
    platform = call.platform
    delegated = parties.provides(platform, call.partner, asks=call.asks)
    found = sessions.find_session(platform, session_id) if delegated else None
    if found is None:
        return _respond(call, "UNKNOWN_SESSION")
    ours = sessions.hosted_emsp(platform, found)
    if ours is None or call.request.to_party not in (None, ours):
        return _respond(call, "UNKNOWN_SESSION")

    request = receiver.received(call, id, PROFILES, command, body, ours)
    request = dataclasses.replace(
        request, session=found.key.id, body={**request.body, "session_id": session_id}
    )
    if not platform.requests.begin(request):
        return _respond(call, "ACCEPTED")
    try:
        sent = profiles_sender.pass_on(platform, request, sessions.owner_of(found))
        failed = sent.response is None and sent.state == CONCLUDED
        response = {"result": "REJECTED"} if failed else sent.response or {}
    except ActionError as problem:
        logs.log("WARNING", "not passed on", request=request.id, reason=problem.message)
        response = {"result": "NOT_SUPPORTED" if problem.code == "not_capable" else "REJECTED"}
    if response and response.get("result") != "ACCEPTED":
        platform.requests.alter(request.id, lambda entry: lifecycle.not_passed_on(entry, response))
        return _respond(call, str(response["result"]))
    seconds = int(response.get("timeout") or platform.settings.command_timeout)
    platform.requests.alter(request.id, lambda entry: lifecycle.passed_on(entry, seconds, sent.due_at))
    return _respond(call, "ACCEPTED", seconds)


def _response_url(query: Mapping[str, str], known: set[str]) -> str:
    """The response_url of a query, also one written unencoded, which the gateway took apart (AMB-48)."""
    url = query.get("response_url", "")
    if not url:
        raise InvalidParameters("missing", "/response_url")
    if "?" in url:
        rest = [f"{name}={value}" for name, value in query.items() if name not in {*known, "response_url"}]
        url = "&".join([url, *rest])
    if len(url) > 512:
        raise InvalidParameters("too long", "/response_url")
    return url


def _respond(call: Call, result: str, timeout: int = 0) -> Reply:
    """A ChargingProfileResponse; both fields always (CHP-13)."""
    seconds = timeout or call.platform.settings.command_timeout
    return Reply(data=jsontext.dumps({"result": result, "timeout": seconds}))
