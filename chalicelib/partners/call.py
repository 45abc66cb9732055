"""One authenticated request on its way through the rooms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.logs import Subject, log
from chalicelib.ocpi import charset, jsontext, modules
from chalicelib.ocpi.errors import InvalidParameters, MalformedBody, OcpiError
from chalicelib.ocpi.findings import LIST_OF_ONE, Finding
from chalicelib.ocpi.messages import Party, Request
from chalicelib.ocpi.modules import Operation
from chalicelib.partners import parties
from chalicelib.settings import HostedParty
from chalicelib.store.object_items import party_of

if TYPE_CHECKING:
    from chalicelib.partner import Partner, Presented
    from chalicelib.wiring import Platform


# What names the object in a path, or else in the body of a request that has it there alone.
_IN_PATH = ("location_id", "session_id", "cdr_id", "tariff_id", "token_uid", "id")
_IN_BODY = ("id", "uid", "session_id", "location_id", "reservation_id")
# Paths that say no object, whose body does.
_BODY_SAYS = ("create", "accept_command")


@dataclass(frozen=True)
class Call:
    """A request, the operation it asks for with its path variables, and who asks.

    `presented` is the credentials token in clear, as this request carried it
    (AMB-13), and its kind; never store or log it. `in_order`: what is older than
    what is known is not taken, as it is of a partner's push of its own (AMB-12).
    """

    request: Request
    operation: Operation
    params: Mapping[str, str]
    partner: Partner
    presented: Presented
    platform: Platform
    in_order: bool = False

    @cached_property
    def _read(self) -> tuple[Any, tuple[Finding, ...]]:
        if not self.request.body.strip():
            raise MalformedBody("the body is empty; a JSON object is required")
        packed = self.request.headers.get("content-encoding", "")
        if packed.strip().lower() not in ("", "identity", "utf-8"):
            raise MalformedBody(f"a body in Content-Encoding {packed[:20]!r} is not read; send it as it is")
        try:
            text, is_utf_8 = charset.read(self.request.body)
            found = jsontext.loads(text)
        except ValueError as problem:
            raise MalformedBody(f"the body is not valid JSON: {problem}") from None
        if not is_utf_8:
            log("WARNING", f"body {charset.NOTED.message}", code="charset", partner=self.partner.id)
        return found, () if is_utf_8 else (charset.NOTED,)

    @property
    def json(self) -> Any:
        """The body. Raises MalformedBody (HTTP 400) when it is not JSON (STA-02)."""
        return self._read[0]

    @property
    def noted(self) -> tuple[Finding, ...]:
        """What is odd about the body as it came, and cannot be seen any more in what is read of it."""
        body, noted = self._read
        return (*noted, LIST_OF_ONE) if _is_list_of_one(body) else noted

    @property
    def json_object(self) -> dict[str, Any]:
        """The body as an object, also the only one of a list. Raises InvalidParameters for anything else."""
        body = self.json
        if _is_list_of_one(body):
            body = body[0]
        if not isinstance(body, dict):
            raise InvalidParameters("a JSON object is required")
        return body

    @cached_property
    def asks(self) -> Party | None:
        """The party behind a hub that this request comes from, if it names one. See `parties.asking`."""
        sender = None if self.request.version == modules.V211 else self.request.from_party
        return parties.asking(self.platform, self.partner, sender)

    @cached_property
    def asker(self) -> Party | None:
        """The party that asks, of a connection's own where OCPI-from names none: the owner that the path or
        body names, or the only one that can be meant; None where several can (AMB-21).
        """
        request, partner = self.request, self.partner
        sender = None if request.version == modules.V211 else request.from_party
        known = parties.through(self.platform, partner)
        if sender is not None or len(known) < 2:
            return sender or next(iter(known), None)
        if (named := self._named(known)) is not None or partner.hub:
            return named or partner.hub_party
        roles = modules.asking_roles(request.module, request.interface)
        meant = {role.party for role in partner.roles if role.role in roles} & known or known
        return next(iter(meant)) if len(meant) == 1 else None

    def _named(self, known: frozenset[Party]) -> Party | None:
        """The one of these that a request is about: its object's owner, or that of a command's Token."""
        said = (self.said, self.said.get("token")) if self.url_party not in known else ()
        found = (self.url_party, *(party_of(each) for each in said))
        return next((each for each in found if each in known), None)

    def spoken_for(self, roles: Iterable[str]) -> frozenset[Party]:
        """The parties in these roles that this request speaks for. Raises NotToldYet, InvalidParameters."""
        if self.asks is None:
            parties.require_told(self.platform, self.partner)
        return parties.spoken_for(self.platform, self.partner, roles, self.asks)

    def speaks_for(self, party: Party | None, roles: Iterable[str]) -> bool:
        """Whether this request speaks for a party in one of these roles. Raises as `spoken_for`, if not."""
        return parties.speaks_for(
            self.platform, self.partner, party, roles, self.asks
        ) or party in self.spoken_for(roles)

    def owns(self, module: str, party: Party | None) -> bool:
        """Whether objects of that party are this request's to read and write. Raises as `spoken_for`."""
        return parties.owns(
            self.platform, self.partner, module, party, self.asks
        ) or party in self.spoken_for(parties.owners(module))

    @cached_property
    def subject(self) -> Subject:
        """The object that is meant, as far as the request says it."""
        owner, id = self.url_party, next((self.params[each] for each in _IN_PATH if each in self.params), "")
        if self.operation.action in _BODY_SAYS:
            body = self.said
            id = id or next((str(body[each]) for each in _IN_BODY if body.get(each)), "")
            named = body.get("country_code"), body.get("party_id")
            if owner is None and all(isinstance(each, str) for each in named):
                owner = str(named[0]).upper()[:10], str(named[1]).upper()[:10]
        if self.request.module == "hubclientinfo" and owner and not id:
            id = "/".join(owner)
        part = "/".join(self.params[each] for each in ("evse_uid", "connector_id") if each in self.params)
        return Subject(self.request.module, "/".join(owner) if owner else "", id[:255], part[:255])

    @property
    def said(self) -> dict[str, Any]:
        """The body as far as it can be read: empty where it is no object."""
        try:
            return self.json_object
        except OcpiError:
            return {}

    @property
    def url_party(self) -> Party | None:
        """The country_code and party_id in the path, upper-cased."""
        if "country_code" in self.params:
            return self.params["country_code"].upper(), self.params["party_id"].upper()
        return None


def _is_list_of_one(body: Any) -> bool:
    return isinstance(body, list) and len(body) == 1


def serving(request: Request, platform: Platform) -> list[HostedParty]:
    """The hosted parties that serve what a request addresses; only the one named by OCPI-to, if named."""
    roles = modules.serving_roles(request.module, request.interface)
    return [
        each
        for each in platform.settings.parties
        if each.role in roles and request.to_party in (None, each.party)
    ]


def require_receiver(request: Request, platform: Platform) -> None:
    """Refuse a request addressed by OCPI-to to a party that does not serve this interface here (AMB-21)."""
    row = modules.BY_ID.get(request.module)
    if row is None or not row.functional or request.version == modules.V211:
        return
    if request.to_party and not serving(request, platform):
        country, party = request.to_party
        raise InvalidParameters(f"OCPI-to: {country}/{party} does not serve {request.module} here")
