"""The forms of the page: an invitation, a registration; what was written becomes an action."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chalicelib.actions.pages.frame import Entry
from chalicelib.actions.pages.markup import Markup, tag
from chalicelib.actions.pages.page import Page

DAY = 24 * 3600
ROLES = Entry("roles", "May claim", hint="such as CPO BE/BEC, EMSP BE/BEC; empty: any")
YES_NO = (("", "no"), ("yes", "yes"))
HUB = Entry("hub", "It is a hub", "choice", options=YES_NO)
VERSIONS = tuple((each, each or "the latest of both") for each in ("", "2.3.0", "2.2.1", "2.1.1"))

INVITE = (
    Entry("name", "Name", required=True, hint="who is invited, for people"),
    ROLES,
    Entry("days", "Days until it expires", "number", value="30"),
    HUB,
)
REGISTER = (
    Entry("versions_url", "Versions URL", "url", required=True, hint="where the partner lists its versions"),
    Entry("token", "Token", "password", required=True, hint="the credentials token that it gave you"),
    Entry("version", "OCPI version", "choice", options=VERSIONS),
    ROLES,
    HUB,
)


class Unreadable(ValueError):
    """What was written cannot be read; the message says which field."""


def openers(page: Page) -> Markup:
    """The two ways to a new partner, folded."""
    return tag(
        "div",
        tag(
            "details",
            tag("summary", "Invite a partner"),
            page.frame.form("invite", "Invite", INVITE),
            id="invite",
        ),
        tag(
            "details",
            tag("summary", "Register with a partner"),
            page.frame.form("register", "Register", REGISTER),
            id="register",
        ),
        class_="openers",
    )


def invite_again(page: Page, partner: str, name: str) -> Markup:
    """A new token for one that did not use, or lost, its own."""
    payload = {"action": "invite", "partner": partner}
    return page.frame.button("New token", payload, f"Give {name} a new token?")


def payload(name: str, written: Mapping[str, str]) -> dict[str, Any]:
    """The action that a filled form asks for. Raises Unreadable."""
    given = {each: value.strip() for each, value in written.items()}
    common: dict[str, Any] = {"hub": True} if given.get("hub") else {}
    if given.get("roles"):
        common["roles"] = [_role(each) for each in re.split(r"\s*[,;]\s*", given["roles"]) if each]
    if name == "invite":
        days = given.get("days") or "30"
        if not days.isascii() or not days.isdigit():
            raise Unreadable("Days until it expires: a number is required")
        return {"action": "invite", "name": given.get("name", ""), "expires_in": int(days) * DAY, **common}
    if name == "register":
        fields = {each: given[each] for each in ("versions_url", "token", "version") if given.get(each)}
        return {"action": "register", "versions_url": "", "token": "", **fields, **common}
    raise Unreadable("there is no such form")


def _role(words: str) -> dict[str, str]:
    found = re.fullmatch(r"(\w+)[ :]+(\w{2})\W?(\w{3})", words)
    if found is None:
        raise Unreadable(f"May claim: {words!r} is no role and party, such as CPO BE/BEC")
    role, country, party = found.groups()
    return {"role": role.upper(), "country_code": country.upper(), "party_id": party.upper()}
