"""What the operator does with partners: invite, register, look, suspend, end.

Contract: design section 5. No answer holds a secret, but for the token of an
invitation, which is shown once.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from chalicelib.actions import named
from chalicelib.actions.action import Action, Fields
from chalicelib.errors import ActionError
from chalicelib.ocpi.errors import OcpiError
from chalicelib.ocpi.quirks import QUIRKS
from chalicelib.ocpi.timestamps import later
from chalicelib.partner import (
    DELEGATED,
    INVITED,
    PARTNER_UPDATED,
    REGISTERED,
    SUSPENDED,
    UNREGISTERED,
    UTF_8,
    Partner,
    Role,
    listed,
)
from chalicelib.partners import credentials, registration_receiver, registration_sender, roster
from chalicelib.store.partner_items import INVITATION, Token, hashed
from chalicelib.store.partners import Raced
from chalicelib.tasks import Recover, StartPull

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

DAY = 24 * 3600
# Invitations that may wait for their use at the same time, beside the tokens in use.
MOST_TOKENS = 4

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Version = Literal["2.1.1", "2.2.1", "2.3.0"]


class RoleField(BaseModel):
    """A role of one party; business_details may be there and are not needed."""

    role: Literal["CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "SCSP"]
    country_code: Annotated[str, StringConstraints(pattern="^[A-Za-z]{2}$", to_upper=True)]
    party_id: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9]{3}$", to_upper=True)]
    business_details: dict[str, Any] = {}


def _quirk(name: str) -> str:
    if name not in QUIRKS:
        raise ValueError(f"none of {', '.join(QUIRKS)}")
    return name


QuirkName = Annotated[str, Field(json_schema_extra={"enum": sorted(QUIRKS)}), AfterValidator(_quirk)]


class _Terms(Fields):
    roles: list[RoleField] = Field(
        [],
        description="the only roles it may claim, also where another connection has them; empty: any. "
        "Of a hub: the parties it may bring; its own alone, or empty: any",
    )
    hub: bool = Field(False, description="it is a hub: other parties are reached through it")
    replaces: str = Field("", description="the partner whose connection ends, its parties taken over")
    policy: Literal["durable", "spec"] = Field("durable", description="spec: one attempt per delivery")
    charset: Literal["utf-8", "ascii"] = Field(
        "utf-8", description="ascii: letters beyond it are spelled out for a 2.1.1 partner"
    )
    smart_charging: Literal["none", "delegated"] = Field(
        "none",
        description="delegated: an SCSP gets the Sessions of our CPOs and of our eMSPs' customers; "
        "an eMSP may forward those of its customers to our SCSP",
    )
    requires: list[str] | None = Field(
        None, description="modules it must offer; default: what a CPO and an eMSP need of each other"
    )
    quirks: list[QuirkName] = Field([], description="named repairs of what it writes, or cannot take")

    def terms(self) -> dict[str, Any]:
        roles = tuple(
            Role(each.role, each.country_code, each.party_id, each.business_details) for each in self.roles
        )
        requires = None if self.requires is None else tuple(self.requires)
        given = {
            "policy": self.policy,
            "charset": self.charset,
            "smart_charging": _delegated(self.smart_charging),
            "hub": self.hub,
            "replaces": self.replaces,
            "quirks": " ".join(sorted(set(self.quirks))),
        }
        return {"invited_roles": roles, "requires": requires, **given}


class Invite(_Terms):
    name: Name | None = Field(None, description="who is invited, for people")
    partner: str | None = Field(None, description="an existing partner that has to register anew")
    expires_in: int = Field(30 * DAY, gt=0, le=366 * DAY, description="seconds until the token is void")


class Register(_Terms):
    versions_url: str = Field(description="where the partner lists its versions")
    token: str = Field(description="the credentials token A that it gave us")
    version: Version | None = Field(None, description="default: the latest both offer")
    name: Name | None = Field(None, description="default: what it calls itself")


class OfPartner(Fields):
    partner: str = Field(description="the partner's id")


class Options(OfPartner):
    """What is given is changed, at once and without a new registration."""

    policy: Literal["durable", "spec"] | None = None
    charset: Literal["utf-8", "ascii"] | None = None
    smart_charging: Literal["none", "delegated"] | None = Field(
        None,
        description="none: no Session is delegated to it any more; delegated: from now on, by `push` all",
    )
    quirks: list[QuirkName] | None = Field(None, description="all that shall be on; empty: none")


class UpdateRegistration(OfPartner):
    version: Version | None = Field(None, description="default: the present one")


def invite(platform: Platform, fields: Invite) -> dict[str, Any]:
    """A partner and its credentials token A; for one that exists, its connection stands until it is used."""
    if fields.partner:
        before: Partner | None = named.partner(platform, fields.partner, fresh=True)
        assert before is not None
        given = {name: value for name, value in fields.terms().items() if name in _given(fields)}
        after = dataclasses.replace(before, name=fields.name or before.name, **given)
    elif fields.name:
        before, after = None, registration_sender.invitation(platform, fields.name, **fields.terms())
    else:
        raise ActionError("invalid", "a name is required", "/name")
    if after.state == SUSPENDED:
        raise ActionError("suspended", f"{after.id} is suspended; resume it first", "/partner")
    if fields.replaces:
        named.partner(platform, fields.replaces, "/replaces", fresh=True)
    token = credentials.new_token()
    kept = after.inbound[: MOST_TOKENS - 1] if after.state == REGISTERED else ()
    state = after.state if after.state == REGISTERED else INVITED
    after = dataclasses.replace(after, state=state, inbound=(*kept, hashed(token)))
    until = later(platform.clock(), fields.expires_in)
    issued = Token(hashed(token), after.id, INVITATION, until)
    _change(platform, before, after, issued=issued, expires_in=fields.expires_in)
    roster.changed(platform)
    if after.state == REGISTERED and after.hub and before and not before.hub:
        platform.queues.send([StartPull(after.id)])  # who is behind it
    return {"partner": after.id, "token": token, "versions_url": platform.versions_url}


def options(platform: Platform, fields: Options) -> dict[str, Any]:
    """Change how a partner is served: policy, charset, what is delegated to it, the named repairs for it."""
    before = named.partner(platform, fields.partner, fresh=True)
    given: dict[str, Any] = {"policy": fields.policy, "charset": fields.charset}
    if fields.smart_charging is not None:
        given["smart_charging"] = _delegated(fields.smart_charging)
    if fields.quirks is not None:
        given["quirks"] = " ".join(sorted(set(fields.quirks)))
    changed = {name: value for name, value in given.items() if value is not None}
    return shown(platform, _change(platform, before, dataclasses.replace(before, **changed)))


def register(platform: Platform, fields: Register) -> dict[str, Any]:
    """A complete handshake as credentials sender."""
    if not credentials.usable_token(fields.token):
        raise ActionError("invalid", "a token is printable ASCII without white space", "/token")
    if fields.replaces:
        named.partner(platform, fields.replaces, "/replaces", fresh=True)
    terms = fields.terms()
    if fields.name:
        terms["name"] = fields.name
    try:
        partner = registration_sender.register(
            platform, fields.versions_url, fields.token, fields.version or "", **terms
        )
    except Raced:
        raise ActionError("busy", "another registration got in between; repeat this") from None
    except OcpiError as problem:
        if problem.pointer == "/url":
            problem.pointer = "/versions_url"
        raise
    return shown(platform, partner)


def update_registration(platform: Platform, fields: UpdateRegistration) -> dict[str, Any]:
    """Tokens exchanged and endpoints fetched again, by a credentials PUT."""
    partner = named.partner(platform, fields.partner, fresh=True)
    if partner.state != REGISTERED:
        raise ActionError("not_registered", f"{partner.id} is {partner.state}", "/partner")
    return shown(platform, registration_sender.update(platform, partner, fields.version or ""))


def unregister(platform: Platform, fields: OfPartner) -> dict[str, Any]:
    """Both sides cleaned up by a credentials DELETE; `told` says whether the partner heard it."""
    partner = named.partner(platform, fields.partner, fresh=True)
    if partner.state == UNREGISTERED:
        return {**shown(platform, partner), "told": True}
    try:
        after, problem = registration_sender.unregister(platform, partner)
    except Raced:
        raise ActionError("busy", f"{partner.id} is being changed by others; repeat this") from None
    platform.partners.seen_by_all()
    return {**shown(platform, after), "told": not problem, **({"problem": problem} if problem else {})}


def suspend(platform: Platform, fields: OfPartner) -> dict[str, Any]:
    """All traffic stopped, both directions, until `resume`."""
    before = named.partner(platform, fields.partner, fresh=True)
    if before.state == SUSPENDED:
        return shown(platform, before)
    if before.state == UNREGISTERED:
        raise ActionError("not_registered", f"{before.id} is {before.state}", "/partner")
    after = dataclasses.replace(before, state=SUSPENDED, suspended_from=before.state)
    after = _change(platform, before, after, event=PARTNER_UPDATED)
    registration_receiver.announce(platform, PARTNER_UPDATED, after)
    return shown(platform, after)


def resume(platform: Platform, fields: OfPartner) -> dict[str, Any]:
    """Traffic as before `suspend`, and what was missed caught up."""
    before = named.partner(platform, fields.partner, fresh=True)
    if before.state != SUSPENDED:
        raise ActionError("not_suspended", f"{before.id} is {before.state}", "/partner")
    state = before.suspended_from or REGISTERED
    after = dataclasses.replace(before, state=state, suspended_from="")
    after = _change(platform, before, after, event=PARTNER_UPDATED)
    registration_receiver.announce(platform, PARTNER_UPDATED, after)
    platform.queues.send(
        [Recover(after.id, again=True)]
    )  # what was put off has no attempt of its own to come
    return shown(platform, after)


def list_partners(platform: Platform, fields: Fields) -> dict[str, Any]:
    """Every partner, as it is now."""
    return {"partners": [shown(platform, each) for each in platform.partners.all(fresh=True)]}


def show(platform: Platform, fields: OfPartner) -> dict[str, Any]:
    """One partner."""
    return shown(platform, named.partner(platform, fields.partner, fresh=True))


def shown(platform: Platform, partner: Partner) -> dict[str, Any]:
    """A partner as operators see it: never a secret (design section 5)."""
    backlog, oldest = platform.deliveries.waiting(partner.id)
    return {
        "id": partner.id,
        "name": partner.name,
        "hub": partner.hub,
        "state": partner.state,
        "version": partner.version or None,
        "roles": listed(partner.roles),
        "health": {
            "state": partner.health.state,
            "last_success": partner.health.last_success or None,
            "last_failure": partner.health.last_failure or None,
            "reason": partner.health.reason or None,
        },
        # Modules that fail by themselves, and until when they are left alone.
        "failing": {
            place.partition("#")[2]: each.until or None
            for place, each in sorted(partner.health.held.items())
            if each.failures
        },
        "backlog": backlog,
        "oldest_undelivered": oldest,
        # An app shows these as the operator of a Location that names none (LOC-66).
        "business_details": {each.claim: dict(each.business_details) for each in partner.roles},
        "invited_roles": listed(partner.invited_roles),
        "hub_party_id": partner.hub_party_id or None,
        "versions_url": partner.versions_url or None,
        "endpoints": [
            {"identifier": each.module, "role": each.role or None, "url": each.url}
            for each in partner.endpoints
        ],
        "policy": partner.policy,
        "charset": partner.charset or UTF_8,
        "smart_charging": partner.smart_charging or "none",
        "quirks": list(partner.quirk_names),
        "token_form": partner.token_form,
        "invited_until": _invited_until(platform, partner),
        "created_at": partner.created_at or None,
        "registered_at": partner.registered_at or None,
    }


def _invited_until(platform: Platform, partner: Partner) -> str | None:
    """When the last open invitation of one that is not registered expires; None where none is open."""
    if partner.state != INVITED:
        return None
    tokens = platform.partners.tokens(partner.inbound)
    return max((each.valid_until for each in tokens if each.kind == INVITATION), default=None)


def _delegated(said: str) -> str:
    return said if said == DELEGATED else ""


def _given(fields: Invite) -> set[str]:
    names = ("policy", "charset", "smart_charging", "requires", "hub", "replaces", "quirks")
    given = {name for name in fields.model_fields_set if name in names}
    return given | ({"invited_roles"} if "roles" in fields.model_fields_set else set())


def _change(platform: Platform, before: Partner | None, after: Partner, **more: Any) -> Partner:
    try:
        changed = platform.partners.change(before, after, **more)
    except Raced:
        raise ActionError("busy", f"{after.id} is being changed by others; repeat this") from None
    if before is not None and before.is_connected:
        platform.partners.seen_by_all()
    return changed


ACTIONS = {
    "invite": Action(invite, Invite, "a partner and its credentials token A, shown once"),
    "register": Action(register, Register, "register with a partner that invited us"),
    "update_registration": Action(
        update_registration, UpdateRegistration, "exchange tokens and fetch endpoints again"
    ),
    "unregister": Action(unregister, OfPartner, "end a connection, at both sides"),
    "partners": Action(list_partners, Fields, "every partner: state, parties, health, backlog"),
    "partner": Action(show, OfPartner, "one partner"),
    "partner_options": Action(
        options, Options, "change a partner's policy, charset, smart_charging or quirks"
    ),
    "suspend": Action(suspend, OfPartner, "stop all traffic with a partner, both directions"),
    "resume": Action(resume, OfPartner, "let traffic flow again"),
}
