"""A request as a hub sees it: who asks, whom it names, and the few fields of its body that routing needs.

Spec: design section 12; HUB-33, AMB-21, AMB-22
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib import logs
from chalicelib.hub import memory, route
from chalicelib.ocpi import charset, jsontext, messages, modules
from chalicelib.ocpi.errors import InvalidParameters, MalformedBody, OcpiError
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.partners import parties
from chalicelib.partners.call import Call
from chalicelib.store.object_items import folded, party_of

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# Modules whose objects name their owner in the body, and in the path of a Receiver interface.
OWNED = ("locations", "tariffs", "sessions", "cdrs", "tokens")


class Said(msgspec.Struct):
    """What a body says of whom it is about; all else is passed over. An id in digits is one in text."""

    id: Any = None
    country_code: Any = None
    party_id: Any = None
    cdr_token: Any = None
    auth_id: Any = None
    location_id: Any = None
    session_id: Any = None
    reservation_id: Any = None
    expiry_date: Any = None
    response_url: Any = None
    token: Any = None

    def __post_init__(self) -> None:
        for name in ("id", "auth_id", "location_id", "session_id", "reservation_id"):
            value = getattr(self, name)
            if isinstance(value, int) and not isinstance(value, bool):
                setattr(self, name, str(value))

    @property
    def owner(self) -> Party | None:
        """The party that an object is of."""
        return party_of({"country_code": self.country_code, "party_id": self.party_id})

    def contradicts(self, party: Party) -> str:
        """The field that says another owner than this, or none that can be read; "" where none does."""
        for name, wanted in zip(("country_code", "party_id"), party, strict=True):
            value = getattr(self, name)
            if value is not None and folded(value if isinstance(value, str) else repr(value)) != wanted:
                return name
        return ""

    @property
    def emsp(self) -> Party | None:
        """The eMSP whose customer a Session or CDR is of."""
        return party_of(_only(self.cdr_token))


_said = msgspec.json.Decoder(Said)
_list = msgspec.json.Decoder(list[msgspec.Raw])


def said_in(body: bytes) -> Said:
    """The fields of one object, also the only one of a list.

    Raises ValueError where it is no JSON, InvalidParameters where it is no object.
    """
    text, _ = charset.read(body)
    raw = text.encode() if isinstance(text, str) else text
    first = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if first == b"[" and len(found := jsontext.part(raw, _list)) == 1:
        raw = bytes(found[0])
        first = raw.lstrip()[:1]
    if first != b"{":
        jsontext.loads(raw)
        raise InvalidParameters("a JSON object is required")
    return jsontext.part(raw, _said)


def _only(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


@dataclass(frozen=True)
class Asked:
    """A request on its way through the hub.

    `here` handles a call as a platform that is no hub does.
    """

    call: Call
    here: Callable[[Call], Reply]

    @property
    def platform(self) -> Platform:
        return self.call.platform

    @property
    def module(self) -> str:
        return self.call.request.module

    @property
    def interface(self) -> str:
        return self.call.request.interface

    @property
    def method(self) -> str:
        return self.call.request.method

    @property
    def version(self) -> str:
        return self.call.request.version

    @property
    def is_custom(self) -> bool:
        """Whether the request is about a module that is not known here."""
        return self.module not in modules.BY_ID

    @property
    def hub(self) -> Party:
        """Our own party."""
        hub = self.platform.settings.hub
        assert hub is not None
        return hub

    @cached_property
    def to(self) -> Party | None:
        """The party that OCPI-to names; 2.1.1 has no such header."""
        return None if self.version == modules.V211 else self.call.request.to_party

    @property
    def addressed(self) -> str:
        """Whom it is addressed to, in the words of the table."""
        if self.to is None:
            return route.NOBODY
        if self.to == self.hub:
            return route.HUB
        return route.HOSTED if self.platform.settings.hosts(self.to) else route.OTHER

    @cached_property
    def requester(self) -> Party:
        """The party that asks. Raises InvalidParameters where OCPI-from names a stranger."""
        call, partner = self.call, self.call.partner
        sender = None if self.version == modules.V211 else call.request.from_party
        known = parties.through(self.platform, partner)
        if sender is not None:
            if partner.is_hub:
                return call.asks or sender
            if sender not in known:
                raise InvalidParameters(f"OCPI-from: {'/'.join(sender)} is no party of this connection")
            return sender
        found = call.asker
        # 2.1.1 cannot say who asks, and a result is told by its id.
        if found is None and (self.version == modules.V211 or self._is_result):
            asking = partner.party_for(modules.asking_roles(self.module, self.interface))
            found = asking or next(iter(sorted(known)), None)
        if found is None:
            many = (
                "several parties of this connection may ask this" if known else "this connection has no party"
            )
            raise InvalidParameters(f"OCPI-from: missing, and {many}")
        return found

    @property
    def _is_result(self) -> bool:
        return route.becomes(self.addressed, self.module, self.interface, self.method, "") == route.RESULT

    @cached_property
    def said(self) -> Said:
        """What the body says; nothing, where there is none. Raises MalformedBody, InvalidParameters."""
        body = self.body.strip()
        if self.is_custom or body in (b"", b"null"):
            return Said()
        try:
            return said_in(body)
        except ValueError as problem:
            raise MalformedBody(f"the body is not valid JSON: {problem}") from None

    @cached_property
    def body(self) -> bytes:
        """The body as it goes on: in UTF-8, whatever it came in; that of a custom module as it came."""
        body = self.call.request.body
        if self.is_custom:
            return body
        text = charset.utf_8(body)
        if text is not body:
            logs.log("WARNING", charset.NOTED.message, code=charset.NOTED.code, partner=self.call.partner.id)
        return text.removeprefix(b"\xef\xbb\xbf")

    @property
    def session_id(self) -> str:
        """The id of the Session that it is about, "" where it is about none."""
        said = self.said.session_id if self.module == "commands" else ""
        return self.call.params.get("session_id") or (said if isinstance(said, str) else "")

    @cached_property
    def session(self) -> memory.Remembered:
        """What is remembered of that Session, read once."""
        return memory.recall(self.platform, memory.SESSION, self.session_id)

    @property
    def is_own(self) -> bool:
        """Whether the party in the path is one of this connection's."""
        return self.call.owns(self.module, self.call.url_party)

    @property
    def request_id(self) -> str:
        """The X-Request-ID of this leg."""
        return str(logs.context.get().get("request_id", ""))

    @property
    def place(self) -> str:
        """The list that is asked for, as its cursors are sealed for it."""
        return f"{self.version}/{self.interface}/{self.module}"

    @property
    def path(self) -> str:
        """The path below the base URL."""
        request = self.call.request
        return "/".join(["", request.version, request.interface.lower(), request.module, *request.segments])

    def check(self) -> None:
        """Refuse who speaks for whom it does not. Raises InvalidParameters, MalformedBody."""
        request = self.call.request
        if self.version != modules.V211 and request.half_named:
            raise InvalidParameters(f"{request.half_named}: missing or not readable; a party has two headers")
        _ = self.requester
        said = self.said
        if self.module == "commands" and self.interface == modules.RECEIVER:
            self._check_token(_only(said.token))
        if self.module not in OWNED or self.interface != modules.RECEIVER or self._shares:
            return
        if self.call.url_party is not None and not self.is_own and not self._may_look:
            raise InvalidParameters(
                f"{'/'.join(self.call.url_party)} is no party of this connection that owns such objects"
            )
        if said.owner is not None and not self.call.owns(self.module, said.owner):
            raise InvalidParameters("not a party of this connection", "/party_id")
        owner = self.call.url_party or self.requester
        if said.owner is None and (field := said.contradicts(owner)):
            raise InvalidParameters(f"not of {'/'.join(owner)}", f"/{field}")

    def _check_token(self, token: Any) -> None:
        """An eMSP uses Tokens of its own only (CMD-34); a CPO of 2.1.1 could not tell."""
        named = (
            [token.get(name) or None for name in ("country_code", "party_id")]
            if isinstance(token, dict)
            else []
        )
        if not any(each is not None for each in named):
            return
        owner, roles = Said(country_code=named[0], party_id=named[1]), parties.owners("tokens")
        known = parties.spoken_for(self.platform, self.call.partner, roles, self.call.asks)
        if all(owner.contradicts(each) for each in known) and all(
            owner.contradicts(each) for each in self.call.spoken_for(roles)
        ):
            raise InvalidParameters("a Token of a party that is not of this connection", "/token/party_id")

    @property
    def is_provider(self) -> bool:
        """Whether it is asked for a smart charging provider that Sessions are delegated to (CHP-06)."""
        return self.requester in parties.providers(self.platform, self.call.partner)

    @property
    def _shares(self) -> bool:
        """Whether an eMSP shows a CPO's Session of a customer of its own to such a provider (CHP-01)."""
        owner, reached = self.call.url_party, parties.reached(self.platform, self.to, "SCSP")
        if self.module != "sessions" or owner is None or reached is None or self.is_own:
            return False
        if self.to not in parties.providers(self.platform, reached) or self.said.owner not in (None, owner):
            return False
        return (owner, self.requester) in self.session.ends and self.said.emsp in (None, self.requester)

    @property
    def _may_look(self) -> bool:
        """Whether it asks the party in the path for an object of its own (AMB-27).

        One without an agreement and one that nobody ever heard of are refused alike, with 4001.
        """
        return self.method == "GET" and self.to is None

    @property
    def named(self) -> tuple[Party, ...]:
        """Who asks, and the owner of what it brings, who may be another party of the connection."""
        brings = self.interface == modules.RECEIVER and self.module in OWNED and self.method != "GET"
        owners = (self.call.url_party, self.said.owner) if brings else ()
        return tuple(dict.fromkeys((self.requester, *filter(None, owners))))

    def handled_here(self, to: Party | None) -> Reply:
        """Our own answer, as the hosted party named or as the hub."""
        headers = {
            name: value
            for name, value in self.call.request.headers.items()
            if name not in (messages.TO_COUNTRY.lower(), messages.TO_PARTY.lower())
        }
        if to is not None and self.version != modules.V211:
            headers |= {messages.TO_COUNTRY.lower(): to[0], messages.TO_PARTY.lower(): to[1]}
        request = dataclasses.replace(self.call.request, headers=headers)
        try:
            reply = self.here(dataclasses.replace(self.call, request=request))
        except OcpiError as problem:
            problem.said_by = to
            raise
        return dataclasses.replace(reply, headers=messages.said_by(to, self.version) | dict(reply.headers))
