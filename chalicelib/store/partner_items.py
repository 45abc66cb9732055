"""Partners, their tokens and the parties they claim as items, readable in the console.

Spec: AMB-18; ARC-19 (an inbound token is stored as a hash, an outbound one encrypted)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.ocpi import jsontext
from chalicelib.partner import Endpoint, Health, Hold, Partner, Role
from chalicelib.store.dynamodb import Item, text

INVITATION, CURRENT, PENDING = "A", "C", "PENDING"
PARTNER, TOKEN, CLAIM = "partner#", "token#", "party#"
FAILURES, UNTIL, PAUSE = "failures#", "until#", "pause#"

_TEXTS = (
    "name",
    "state",
    "version",
    "policy",
    "charset",
    "smart_charging",
    "quirks",
    "versions_url",
    "details_url",
    "token_form",
    "hub_party_id",
    "replaces",
    "created_at",
    "registered_at",
    "suspended_from",
    "outbound",
)


@dataclass(frozen=True)
class Token:
    """A token that a partner may present, by its hash.

    `valid_until` is sortable text, "" for no end. `replaces` are hashes that end
    with the first use of this one (AMB-15). A PENDING token belongs to a handshake
    of ours that is under way; `candidate` is who it will be then.
    """

    hash: str
    partner: str
    kind: str
    valid_until: str = ""
    replaces: tuple[str, ...] = ()
    candidate: Partner | None = None


def hashed(token: str) -> str:
    """What is stored of an inbound token; it has 256 random bits, so a fast hash does."""
    return hashlib.sha256(token.encode()).hexdigest()


def claims(partner: Partner | None) -> frozenset[str]:
    """What this connection owns alone; a hub only itself, as who is behind it may connect directly too."""
    if partner is None or partner.state == "UNREGISTERED":
        return frozenset()
    if partner.is_hub:
        return frozenset({"/".join(("HUB", *partner.hub_party))} if partner.hub_party else ())
    return frozenset() if partner.hub_party_id else frozenset(role.claim for role in partner.roles)


def fields(partner: Partner) -> Item:
    """The attributes of a partner that a handshake or the operator sets; its health is apart."""
    item: Item = {name: text(getattr(partner, name)) for name in _TEXTS}
    item["hub"] = text("yes" if partner.hub else "")
    item["roles"] = text(_roles_text(partner.roles))
    item["invited_roles"] = text(_roles_text(partner.invited_roles))
    item["endpoints"] = text(
        jsontext.dumps([{"identifier": e.module, "role": e.role, "url": e.url} for e in partner.endpoints])
    )
    item["inbound"] = text(jsontext.dumps(list(partner.inbound)))
    item["requires"] = text(jsontext.dumps(None if partner.requires is None else list(partner.requires)))
    item["revision"] = {"N": str(partner.revision)}
    return item


def partner_of(item: Item) -> Partner:
    """The partner that an item holds."""
    requires = jsontext.loads(_text(item, "requires", "null"))
    return Partner(
        id=item["id"]["S"].removeprefix(PARTNER),
        **{name: _text(item, name) for name in _TEXTS},
        hub=bool(_text(item, "hub")),
        roles=_roles(item, "roles"),
        invited_roles=_roles(item, "invited_roles"),
        endpoints=tuple(
            Endpoint(each["identifier"], each["role"], each["url"])
            for each in jsontext.loads(_text(item, "endpoints", "[]"))
        ),
        inbound=tuple(jsontext.loads(_text(item, "inbound", "[]"))),
        requires=None if requires is None else tuple(requires),
        revision=int(item["revision"]["N"]),
        health=_health(item),
    )


def token_item(token: Token, expires_at: int = 0) -> Item:
    """A token as an item; DynamoDB removes it some time after `expires_at` (epoch seconds, 0: never)."""
    item: Item = {
        "id": text(TOKEN + token.hash),
        "partner": text(token.partner),
        "kind": text(token.kind),
        "valid_until": text(token.valid_until),
    }
    if expires_at:
        item["expires_at"] = {"N": str(expires_at)}
    if token.replaces:
        item["replaces"] = text(jsontext.dumps(list(token.replaces)))
    if token.candidate is not None:
        item["candidate"] = text(
            jsontext.dumps(
                {name: value["S"] for name, value in fields(token.candidate).items() if "S" in value}
            )
        )
    return item


def token_of(item: Item) -> Token:
    """The token that an item holds."""
    candidate = None
    if "candidate" in item:
        stored = {name: text(value) for name, value in jsontext.loads(item["candidate"]["S"]).items()}
        candidate = partner_of({**stored, "id": text(PARTNER + item["partner"]["S"]), "revision": {"N": "0"}})
    return Token(
        hash=item["id"]["S"].removeprefix(TOKEN),
        partner=item["partner"]["S"],
        kind=item["kind"]["S"],
        valid_until=_text(item, "valid_until"),
        replaces=tuple(jsontext.loads(_text(item, "replaces", "[]"))),
        candidate=candidate,
    )


def _health(item: Item) -> Health:
    return Health(
        state=_text(item, "health", "UNKNOWN"),
        last_success=_text(item, "last_success"),
        last_failure=_text(item, "last_failure"),
        reason=_text(item, "health_reason"),
        failures=int(item.get("failures", {}).get("N", "0")),
        seconds=int(item.get("answer_ms", {}).get("N", "0")) / 1000,
        paused_until=_text(item, "paused_until"),
        held=_holds(item),
        outages=int(item.get("outages", {}).get("N", "0")),
        outage_at=_text(item, "outage_at"),
    )


def _holds(item: Item) -> dict[str, Hold]:
    """The modules that fail by themselves: three attributes each, `failures#push#tariffs` and so on."""
    places = [name.removeprefix(FAILURES) for name in item if name.startswith(FAILURES)]
    return {
        each: Hold(
            int(item[FAILURES + each]["N"]),
            _text(item, UNTIL + each),
            int(item.get(PAUSE + each, {}).get("N", "0")),
        )
        for each in places
    }


def _text(item: Mapping[str, Mapping[str, Any]], name: str, default: str = "") -> str:
    return str(item[name]["S"]) if name in item else default


def _roles(item: Item, name: str) -> tuple[Role, ...]:
    return tuple(
        Role(each["role"], each["country_code"], each["party_id"], each.get("business_details") or {})
        for each in jsontext.loads(_text(item, name, "[]"))
    )


def _roles_text(roles: Iterable[Role]) -> str:
    return jsontext.dumps(
        [
            {
                "role": each.role,
                "country_code": each.country_code,
                "party_id": each.party_id,
                "business_details": dict(each.business_details),
            }
            for each in roles
        ]
    )
