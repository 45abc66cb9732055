"""Registration as its sender: we call a partner's credentials endpoint, on the operator's word.

The token we give is accepted before we give it, because the partner calls back
while our request is still open (ARC-05). What we hold changes in one transaction,
after the partner has answered.

Spec: credentials (CRE-05 to CRE-11, CRE-23 to CRE-31); ledger client view of section 1.4; AMB-15
"""

from __future__ import annotations

import dataclasses
import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib import logs
from chalicelib.errors import ActionError, PartnerRefused, PartnerUnreachable
from chalicelib.ocpi import jsontext, modules
from chalicelib.ocpi.errors import InvalidParameters, OcpiError
from chalicelib.ocpi.timestamps import later
from chalicelib.partner import (
    PARTNER_REGISTERED,
    PARTNER_UNREGISTERED,
    PARTNER_UPDATED,
    REGISTERED,
    SUSPENDED,
    UNREGISTERED,
    Partner,
    Role,
)
from chalicelib.partners import credentials, discovery, registration_receiver, roster
from chalicelib.store.partner_items import CURRENT, INVITATION, PENDING, Token, hashed
from chalicelib.store.partners import Raced

if TYPE_CHECKING:
    from chalicelib.partner_client.answer import Answer
    from chalicelib.wiring import Platform

# The partner calls us back twice or more before it answers.
ANSWER_SECONDS = 30.0
# A token of a handshake that died is forgotten after this; one that may have been exchanged, later.
PENDING_SECONDS = 600
EXCHANGE_SECONDS = 24 * 3600
RACES = 4
# Tokens of ours that a partner may hold after exchanges whose answers were lost.
MOST_TOKENS = 5


def register(
    platform: Platform,
    versions_url: str,
    token: str,
    version: str = "",
    **draft: Any,
) -> Partner:
    """A complete handshake with the partner that gave us this invitation. Raises ActionError, OcpiError.

    `draft` are further fields of the Partner: name, invited_roles, policy, requires.
    """
    credentials.platform_guard(platform, versions_url)
    _not_yet(platform, versions_url, draft)
    name = draft.pop("name", "") or (urlsplit(versions_url).hostname or "partner")
    partner = Partner(
        id=new_id(name), name=name, versions_url=versions_url, created_at=platform.clock(), **draft
    )
    budget = discovery.Budget(60.0)
    partner = _discover(platform, partner, token, version, budget)
    if lacking := credentials.hopeless(platform, partner):
        logs.log("WARNING", "registration not begun", partner=partner.id, missing=lacking)
        raise ActionError("missing_endpoints", f"the partner does not offer {', '.join(lacking)}")
    given = credentials.new_token()
    platform.partners.expect(_pending(platform, partner, given, PENDING_SECONDS), PENDING_SECONDS)
    try:
        answer = _exchange(platform, partner, "POST", given, token)
    except BaseException:
        platform.partners.forget(hashed(given))
        raise
    theirs: credentials.Theirs | None = None
    try:
        theirs = credentials.read(platform, answer.data, partner.version)
        if theirs.hub_party_id and not partner.is_hub:
            raise ActionError("is_hub", "the partner is a hub; register with it by `hub: true`", "/hub")
        after = _agreed(platform, partner, theirs)
        credentials.check_roles(platform, after)
        after = dataclasses.replace(after, inbound=(hashed(given),), registered_at=platform.clock())
        issued = Token(hashed(given), after.id, CURRENT)
        after = registration_receiver.take(platform, None, after, issued, PARTNER_REGISTERED)
    except Exception as problem:
        platform.partners.forget(hashed(given))
        _undo(platform, partner, theirs)
        if not isinstance(problem, OcpiError):
            raise
        raise ActionError(
            "unusable_credentials", f"the partner's credentials: {problem.status_message}", problem.pointer
        ) from None
    if lacking := credentials.missing(platform, after):
        logs.log("WARNING", "registered although endpoints are missing", partner=after.id, missing=lacking)
    roster.told(platform, after)
    registration_receiver.announce(platform, PARTNER_REGISTERED, after)
    return after


def update(platform: Platform, partner: Partner, version: str = "") -> Partner:
    """Exchange tokens with a partner and fetch its endpoints again (CRE-25, CRE-26, CRE-34).

    Where no answer comes, the partner may have switched: both tokens of ours
    are then accepted until an exchange succeeds. Raises ActionError, OcpiError.
    """
    token = platform.partners.outbound_token(partner)
    found = _discover(platform, partner, token, version, discovery.Budget(60.0), keep=partner.version)
    given = credentials.new_token()
    platform.partners.expect(_pending(platform, partner, given, EXCHANGE_SECONDS), EXCHANGE_SECONDS)
    try:
        answer = _exchange(platform, found, "PUT", given, token)
    except _Unanswered:
        try:
            answer = _exchange(platform, found, "PUT", given, token)
        except ActionError as problem:
            _keep_both(platform, partner.id, hashed(given))
            raise ActionError(
                "outcome_unknown",
                "the partner did not answer and may have taken our new token; both are accepted for a day. "
                f"Repeat this; if it then refuses our token, a new invitation is needed ({problem})",
            ) from None
    except BaseException:
        platform.partners.forget(hashed(given))
        raise
    theirs = credentials.read(platform, answer.data, found.version)
    after = _agreed(platform, found, theirs)
    former = dataclasses.replace(after, roles=partner.roles, hub_party_id=partner.hub_party_id)
    issued = Token(hashed(given), partner.id, CURRENT)
    try:
        credentials.check_roles(platform, after)
        after = _exchanged(platform, partner, after, issued)
    except InvalidParameters as problem:  # the tokens are exchanged already: they count, new roles do not
        logs.log("WARNING", "new roles refused", partner=partner.id, reason=problem.status_message)
        after = _exchanged(platform, partner, former, issued)
    roster.told(platform, after)
    registration_receiver.announce(platform, PARTNER_UPDATED, after)
    return after


def unregister(platform: Platform, partner: Partner) -> tuple[Partner, str]:
    """End a connection at both sides; the partner afterwards, and why the other side could not be told.

    Ours ends whatever the partner answers. Raises Raced.
    """
    problem = ""
    if partner.state in (REGISTERED, SUSPENDED) and partner.outbound:
        try:
            problem = _leave(platform, partner, platform.partners.outbound_token(partner))
        except Exception as failure:  # a key that is gone must not keep a partner
            logs.log_exception("partner not told", failure, partner=partner.id)
            problem = type(failure).__name__
    fresh = platform.partners.get(partner.id, fresh=True) or partner
    gone = PARTNER_UNREGISTERED
    after = platform.partners.change(fresh, registration_receiver.ended(fresh), event=gone)
    registration_receiver.announce(platform, gone, after)
    return after, problem


def new_id(name: str) -> str:
    """An id that a person recognises and nobody has yet."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
    return f"{words or 'partner'}-{secrets.token_hex(3)}"


class _Unanswered(ActionError):
    """Whether the partner did what we asked is unknown."""


def _discover(
    platform: Platform, partner: Partner, token: str, version: str, budget: discovery.Budget, keep: str = ""
) -> Partner:
    """The partner with the endpoints of the version to use: the one asked for, kept, or the latest mutual."""
    listed, partner = discovery.versions_of(platform, partner, token, budget)
    mutual = [each for each in platform.settings.versions if each in listed]
    if version and version not in mutual:
        raise ActionError(
            "unsupported_version", f"{version} is not offered by both; {_both(mutual)}", "/version"
        )
    if not mutual:
        raise ActionError("unsupported_version", f"no version in common; it offers {', '.join(listed)[:100]}")
    chosen = version or (keep if keep in mutual else max(mutual))
    if chosen == modules.V211 and not keep:
        partner = dataclasses.replace(partner, token_form="raw")  # noqa: S106 - its own form, TRA-05
    found = discovery.details_of(platform, partner, listed, chosen, token, budget)
    if found.endpoint("credentials", "SENDER") is None:
        raise ActionError("missing_endpoints", "the partner does not offer credentials")
    if chosen == modules.V211 and not keep:
        # Until its credentials name its party, the role is what it can be told by (CNV-04).
        role = discovery.role_in_2_1_1(platform, found)
        found = discovery.with_sides(dataclasses.replace(found, roles=(Role(role, "", ""),)), role)
    return found


def _both(mutual: list[str]) -> str:
    return f"both offer {', '.join(mutual)}" if mutual else "no version is"


def _not_yet(platform: Platform, versions_url: str, draft: Mapping[str, Any]) -> None:
    for each in platform.partners.all():
        if each.versions_url == versions_url and each.is_connected and draft.get("replaces") != each.id:
            raise ActionError(
                "already_registered",
                f"{each.id} is registered with this versions URL; update_registration renews it, "
                "unregister ends it",
                "/versions_url",
            )


def _pending(platform: Platform, partner: Partner, given: str, seconds: int) -> Token:
    until = later(platform.clock(), seconds)
    candidate = partner if not partner.revision else None
    return Token(hashed(given), partner.id, PENDING, until, candidate=candidate)


def _exchange(platform: Platform, partner: Partner, method: str, given: str, token: str) -> Answer:
    """The partner's answer to our credentials. Raises ActionError; _Unanswered if it may have taken them."""
    body = credentials.ours(platform, partner, partner.version, given)
    url = partner.endpoint("credentials", "SENDER")
    assert url is not None
    try:
        return platform.partner_client.call(
            partner, method, url, body=jsontext.dumps(body), token=token, timeout=ANSWER_SECONDS
        )
    except PartnerRefused as refusal:
        raise ActionError("refused", f"the partner refused: {refusal}"[:500]) from None
    except PartnerUnreachable as problem:
        kind = _Unanswered if problem.outcome_unknown else ActionError
        raise kind(
            "unreachable", f"the partner did not take our credentials: {problem.reason}"[:500]
        ) from None


def _agreed(platform: Platform, partner: Partner, theirs: credentials.Theirs) -> Partner:
    """The partner as its answer says it is."""
    after = dataclasses.replace(
        partner,
        state=REGISTERED,
        roles=theirs.roles,
        hub_party_id=theirs.hub_party_id,
        versions_url=theirs.url,
        outbound=platform.partners.encrypt(partner.id, theirs.token),
    )
    after = credentials.resolved(platform, after)
    if not partner.revision and after.name == urlsplit(partner.versions_url).hostname and after.roles:
        after = dataclasses.replace(
            after, name=str(after.roles[0].business_details.get("name") or after.name)[:100]
        )
    return after


def _exchanged(platform: Platform, before: Partner, after: Partner, issued: Token) -> Partner:
    """Store the outcome of a PUT; what else changed of the partner meanwhile does not undo it."""
    until = later(platform.clock(), registration_receiver.GRACE_SECONDS)
    for _ in range(RACES):
        living = platform.partners.tokens(before.inbound)
        old = tuple(each.hash for each in living if each.kind != INVITATION and each.hash != issued.hash)
        grace = tuple(Token(hash, before.id, CURRENT, until) for hash in old)
        changed = dataclasses.replace(after, state=before.state, inbound=(issued.hash, *old))
        token = dataclasses.replace(issued, replaces=old)
        try:
            return registration_receiver.take(platform, before, changed, token, PARTNER_UPDATED, grace=grace)
        except Raced:
            before = platform.partners.get(before.id, fresh=True) or before
    raise ActionError("busy", "this registration is being changed by others; repeat this")


def _keep_both(platform: Platform, id: str, hash: str) -> None:
    """Count a token that the partner may have taken among its own: it ends with the next exchange."""
    for _ in range(RACES):
        before = platform.partners.get(id, fresh=True)
        if before is None or before.state == UNREGISTERED:
            return
        try:
            after = dataclasses.replace(before, inbound=(*before.inbound[-MOST_TOKENS:], hash))
            platform.partners.change(before, after)
            return
        except Raced:
            continue


def _undo(platform: Platform, partner: Partner, theirs: credentials.Theirs | None) -> None:
    """The partner registered us, and we cannot use what it answered: take it back, if it lets us."""
    if theirs is not None:
        _leave(platform, partner, theirs.token)


def _leave(platform: Platform, partner: Partner, token: str) -> str:
    """DELETE our credentials at the partner; why that failed, or "" (it not knowing us is as good)."""
    url = partner.endpoint("credentials", "SENDER")
    if url is None:
        return "the partner has no credentials endpoint"
    try:
        platform.partner_client.call(partner, "DELETE", url, token=token)
    except PartnerRefused as refusal:
        return "" if refusal.http_status in (401, 404, 405) else str(refusal)[:300]
    except PartnerUnreachable as problem:
        return problem.reason[:300]
    return ""


def invitation(platform: Platform, name: str, **draft: Any) -> Partner:
    """A partner that does not exist yet, for an invitation."""
    if not name.strip():
        raise InvalidParameters("a name is required", "/name")
    return Partner(id=new_id(name), name=name.strip(), created_at=platform.clock(), **draft)
