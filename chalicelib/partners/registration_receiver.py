"""Versions and credentials as partners call them: the receiving side of registration.

A handshake reads and asks all it needs, then changes everything in one
transaction; wherever it ends before that, the old state stands (CRE-33, ARC-06).

Spec: credentials, version_information_endpoint; ledger state machine of section 1.4
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.ocpi.errors import (
    InvalidParameters,
    MethodNotAllowed,
    MissingEndpoints,
    ServerError,
    Unauthorized,
)
from chalicelib.ocpi.messages import Reply, reply
from chalicelib.ocpi.timestamps import later
from chalicelib.partner import (
    PARTNER_REGISTERED,
    PARTNER_UNREGISTERED,
    PARTNER_UPDATED,
    REGISTERED,
    UNREGISTERED,
    Partner,
    Role,
    listed,
)
from chalicelib.partners import credentials, discovery, parties, roster
from chalicelib.store.partner_items import CURRENT, INVITATION, Token, claims, hashed
from chalicelib.store.partners import Claimed, Raced, event_id
from chalicelib.tasks import AnnounceAll, StartPull

if TYPE_CHECKING:
    from chalicelib.partners.call import Call
    from chalicelib.wiring import Platform

REFUSED = (
    "end that one first (DELETE of its credentials), or ask the operator for an invitation "
    "that names this role or replaces that connection"
)


class Taken(InvalidParameters):
    """2001: a party is another connection's; `advice` says to the operator what the partner is not told."""

    advice = ""


# How long an exchanged token stays valid while the new one has not been used (AMB-15).
GRACE_SECONDS = 300


def versions(call: Call) -> Reply:
    """The versions we offer (VER-02, VER-03)."""
    base = _base(call)
    return reply(
        [{"version": each, "url": f"{base}/ocpi/{each}"} for each in call.platform.settings.versions]
    )


def details(call: Call) -> Reply:
    """What we offer this partner in a version; credentials once, as SENDER (VER-06, VER-11)."""
    version, base = call.request.version, _base(call)
    shown = [("credentials", "SENDER", f"{base}/ocpi/{version}/credentials")]
    custom = parties.custom_modules(call.platform, version, call.partner)
    for module, role in (*discovery.offered(call.platform, version, call.partner), *custom):
        shown.append((module, role, f"{base}/ocpi/{version}/{role.lower()}/{module}"))
    endpoints = [
        {"identifier": module, "url": url}
        if version == "2.1.1"
        else {"identifier": module, "role": role, "url": url}
        for module, role, url in shown
    ]
    return reply({"version": version, "endpoints": endpoints})


def show(call: Call) -> Reply:
    """The credentials with which this partner accesses us: the token is the presented one (AMB-13)."""
    return _ours(call, call.partner, call.presented.token)


def register(call: Call) -> Reply:
    """An invited partner registers (CRE-06 to CRE-12)."""
    if call.presented.kind != INVITATION:
        raise MethodNotAllowed("already registered; PUT updates a registration", ("GET", "PUT", "DELETE"))
    platform, before = call.platform, _stored(call)
    token, used = credentials.new_token(), hashed(call.presented.token)
    with _told_if_refused(platform, before):
        after = _understood(call, before)
        after = dataclasses.replace(after, inbound=(hashed(token),), registered_at=platform.clock())
        try:
            issued = Token(hashed(token), after.id, CURRENT)
            after = take(platform, before, after, issued, PARTNER_REGISTERED, consumed=used)
        except Raced:
            raise MethodNotAllowed("this invitation has been used", ("GET", "PUT", "DELETE")) from None
    announce(platform, PARTNER_REGISTERED, after)
    return _told(call, after, token)


def update(call: Call) -> Reply:
    """A registered partner exchanges tokens, changes endpoints, roles or version (CRE-21 to CRE-23)."""
    before = _registered(call)
    platform = call.platform
    with _told_if_refused(platform, before):
        after = _understood(call, before)
        token, old = credentials.new_token(), hashed(call.presented.token)
        grace = Token(old, after.id, CURRENT, later(platform.clock(), GRACE_SECONDS))
        issued = Token(hashed(token), after.id, CURRENT, replaces=(old,))
        after = dataclasses.replace(after, inbound=(issued.hash, old))
        try:
            after = take(platform, before, after, issued, PARTNER_UPDATED, grace=(grace,))
        except Raced:
            raise ServerError("this registration is being changed by another request; try again") from None
    announce(platform, PARTNER_UPDATED, after)
    return _told(call, after, token)


def unregister(call: Call) -> Reply:
    """A partner leaves: its tokens are void, nothing is sent to it any more (CRE-28)."""
    before = _registered(call)
    try:
        after = call.platform.partners.change(before, ended(before), event=PARTNER_UNREGISTERED)
    except Raced:
        raise ServerError("this registration is being changed by another request; try again") from None
    announce(call.platform, PARTNER_UNREGISTERED, after)
    return Reply()


@contextmanager
def _told_if_refused(platform: Platform, partner: Partner) -> Iterator[None]:
    """Tell the back end why a partner's credentials are refused, the same reason once a day."""
    try:
        yield
    except (InvalidParameters, MissingEndpoints, ServerError) as problem:
        advice = problem.advice if isinstance(problem, Taken) else ""
        reason = (advice or problem.status_message)[:500]
        detail = {"partner": partner.id, "name": partner.name, "reason": reason}
        mark = hashlib.sha256(reason.encode()).hexdigest()[:8]
        id = f"refused#{partner.id}#{platform.clock()[:10]}#{mark}"
        try:
            platform.backend.emit("RegistrationRefused", detail, id=id)
        except Exception as failure:
            logs.log_exception("refused registration not told", failure, partner=partner.id)
        raise


def ended(partner: Partner) -> Partner:
    """The partner after the end of its registration."""
    return dataclasses.replace(partner, state=UNREGISTERED, outbound="", inbound=(), suspended_from="")


def take(
    platform: Platform,
    before: Partner | None,
    after: Partner,
    issued: Token,
    event: str,
    *,
    consumed: str = "",
    grace: tuple[Token, ...] = (),
) -> Partner:
    """Make the handshake's outcome true. Raises Raced; InvalidParameters for a party of another connection.

    An older connection gives its parties to this one where its invitation, which is used by this, names
    these roles, or says that it `replaces` it. Nothing else proves that they are the same platform's: a
    token that opens its versions URL is held by each of its partners (design section 9, rule 4).
    """
    store, invited, by_invitation = platform.partners, after, event == PARTNER_REGISTERED
    older: Partner | None = None
    keeps: tuple[Role, ...] = ()
    if by_invitation and invited.replaces:
        after = dataclasses.replace(after, replaces="")
        replaced = store.get(invited.replaces, fresh=True)
        older = replaced if replaced and replaced.is_connected and replaced.id != after.id else None
    for _ in range(2):
        try:
            done = store.change(
                before,
                after,
                issued=issued,
                consumed=consumed,
                grace=grace,
                ended=older,
                keeps=keeps,
                event=event,
            )
        except Claimed as taken:
            holder = store.holder(taken.claim)
            if holder is None:
                continue
            if older is not None:
                break
            older, keeps = holder, _kept(invited, holder, taken.claim, by_invitation)
        else:
            if older is not None:
                logs.log("WARNING", "parties taken over", partner=after.id, of=older.id, ended=not keeps)
                told = PARTNER_UPDATED if keeps else PARTNER_UNREGISTERED
                announce(platform, told, platform.partners.get(older.id, fresh=True) or older)
            return done
    raise InvalidParameters("parties of several other connections are not taken over at once; " + REFUSED)


def _kept(invited: Partner, holder: Partner, claim: str, by_invitation: bool) -> tuple[Role, ...]:
    """The roles that an older connection keeps; none where it ends. Raises InvalidParameters if it keeps all.

    An invitation is one for a registration, not for the changes after it.
    """
    named = {each.claim for each in invited.invited_roles} & claims(invited)
    if not by_invitation or claim not in named or holder.is_hub != invited.is_hub:
        logs.log(
            "WARNING",
            "registration refused: a party is registered by another connection",
            partner=invited.id,
            party=claim,
            registered_by=holder.id,
            advice=f"if they are one platform, invite it with replaces={holder.id}, or with this role",
        )
        refused = Taken(f"{claim} is registered by another connection; {REFUSED}")
        refused.advice = (
            f"{claim} is registered by {holder.name} ({holder.id}); if they are one platform, invite"
            f" {invited.name} with this role, or with replaces {holder.id}; else nobody has to do anything"
        )
        raise refused
    return tuple(each for each in holder.roles if each.claim not in named and not holder.is_hub)


def announce(platform: Platform, event: str, partner: Partner) -> None:
    """Tell the back end, and bring a registered partner up to date; a queue that is down undoes nothing."""
    roster.changed(platform)
    steps: list[Callable[[], object]] = [lambda: _tell(platform, event, partner)]
    if partner.state == REGISTERED:
        steps += [
            lambda: platform.queues.send([AnnounceAll(partner.id)]),
            lambda: platform.queues.send([StartPull(partner.id)]),
        ]
    for step in steps:
        try:
            step()
        except Exception as problem:  # the registration stands; the sweep and the operator catch up
            logs.log_exception("registration not announced", problem, partner=partner.id, event=event)


def tell_late(platform: Platform, partner: Partner, id: str) -> None:
    """Tell the event that whoever changed the partner did not come to tell."""
    platform.backend.emit(id.partition("-")[0], _detail(partner), id=id)


def _tell(platform: Platform, event: str, partner: Partner) -> None:
    platform.backend.emit(event, _detail(partner), id=event_id(partner, event))
    platform.partners.told(partner, event)


def _detail(partner: Partner) -> dict[str, Any]:
    return {
        "partner": partner.id,
        "name": partner.name,
        "state": partner.state,
        "version": partner.version,
        "roles": listed(partner.roles),
    }


def _understood(call: Call, before: Partner) -> Partner:
    """The partner as its credentials and its endpoints describe it; nothing is changed yet (CRE-08)."""
    platform, version = call.platform, call.request.version
    theirs = credentials.read(platform, call.json_object, version)
    after = dataclasses.replace(
        before,
        state=REGISTERED,
        version=version,
        roles=theirs.roles,
        hub_party_id=theirs.hub_party_id,
        versions_url=theirs.url,
        token_form=call.presented.form if before.state != REGISTERED else before.token_form,
        suspended_from="",
    )
    if version != "2.1.1":
        credentials.check_roles(platform, after)
    budget = discovery.Budget()
    listed, after = discovery.versions_of(platform, after, theirs.token, budget)
    after = discovery.details_of(platform, after, listed, version, theirs.token, budget)
    if version == "2.1.1":
        after = credentials.resolved(platform, after)
        credentials.check_roles(platform, after)
    if lacking := credentials.missing(platform, after):
        raise MissingEndpoints(f"needed and not among your endpoints: {', '.join(lacking)}")
    return dataclasses.replace(after, outbound=platform.partners.encrypt(after.id, theirs.token))


def _registered(call: Call) -> Partner:
    """The registered partner that asks. Raises MethodNotAllowed for anyone else (CRE-24, CRE-27)."""
    if call.presented.kind == CURRENT:
        before = _stored(call)
        if before.state == REGISTERED:
            return before
    raise MethodNotAllowed("not registered; POST registers", ("GET", "POST"))


def _stored(call: Call) -> Partner:
    """The partner as it is stored now, not as it was some seconds ago."""
    found = call.platform.partners.get(call.partner.id, fresh=True)
    if found is None:
        raise (
            MethodNotAllowed("a registration is under way", ("GET",))
            if call.presented.kind == CURRENT
            else Unauthorized("unknown credentials token")
        )
    return found


def _told(call: Call, partner: Partner, token: str) -> Reply:
    """Our credentials, and that this partner has them."""
    reply = _ours(call, partner, token)
    roster.told(call.platform, partner)
    return reply


def _ours(call: Call, partner: Partner, token: str) -> Reply:
    version = call.request.version
    return reply(credentials.ours(call.platform, partner, version, token, base_url=_base(call)))


def _base(call: Call) -> str:
    return call.platform.settings.base_url or call.request.base_url or call.platform.base_url
