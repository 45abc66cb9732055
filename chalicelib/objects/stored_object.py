"""An object as it is stored, in the words of whoever asks.

In the version its owner sent it in it comes back as it was sent, spliced from
its texts and not even parsed; in any other it goes through the 2.3.0 form.

Contract: design section 6; CNV-P2, LOC-26, LOC-27, LOC-87
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.objects import periods, splice, tokens
from chalicelib.ocpi import findings, jsontext, modules, reading, versions, writing
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.timestamps import wire_timestamp
from chalicelib.ocpi.versions.conversion import Trip
from chalicelib.store.object_items import Key, Part, folded, part_name

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


class Finder:
    """Other objects that a conversion asks for, each read once: for one request or message.

    Called with (kind, country_code, party_id, id) it answers the canonical object or None.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._found: dict[tuple[str, ...], dict[str, Any] | None] = {}

    @cached_property
    def now(self) -> str:
        """The moment it is used for, the same throughout."""
        return self._platform.clock()

    def __call__(self, kind: str, country_code: str, party_id: str, id: str) -> dict[str, Any] | None:
        module = next((row.id for row in modules.MODULES if row.kind == kind), None)
        if module is None:
            return None
        key = Key(module, country_code, party_id, id)
        asked = (module, key.partition)
        if asked not in self._found:
            parts = self._platform.objects.load(key)
            self._found[asked] = StoredObject(key, parts, finder=self).canonical if parts else None
        return self._found[asked]

    @property
    def emsp(self) -> tuple[str, str] | None:
        """The hosted eMSP party that 2.1.1 Sessions and CDRs are for."""
        return next(iter(self._platform.settings.hosted("EMSP", "OTHER")), None)

    def holder(self, cdr_token: Mapping[str, Any]) -> Party | None:
        """The hosted eMSP that a CdrToken without owner is of: the one there is, else the one that has it."""
        hosted = self._platform.settings.hosted("EMSP", "OTHER")
        if len(hosted) < 2:
            return next(iter(hosted), None)
        uid, contract_id = (folded(str(cdr_token.get(name))) for name in ("uid", "contract_id"))
        for party in hosted:
            known = load_token(self._platform, [party], uid) if uid else None
            if known and folded(str(known.canonical.get("contract_id"))) == contract_id:
                return party
        return None

    def token(self, auth_id: str) -> dict[str, Any] | None:
        """Our canonical Token with this contract (CNV-65)."""
        if not auth_id or self.emsp is None:
            return None
        asked = ("contract", auth_id)
        if asked not in self._found:
            self._found[asked] = self._by_contract(auth_id)
        return self._found[asked]

    def _by_contract(self, auth_id: str) -> dict[str, Any] | None:
        for party in self._platform.settings.hosted("EMSP", "OTHER"):
            for key in tokens.entered(self._platform, tokens.contract(party, auth_id)):
                token = self("token", key.country_code, key.party_id, key.id)
                if token and folded(str(token.get("contract_id"))) == folded(auth_id):
                    return token
        return None


class StoredObject:
    """The present state of an object, an EVSE or a Connector.

    `parts` are the items it is read from: the head first for whole objects, the
    EVSE alone for an EVSE or a Connector of it. `finder` hands the other objects
    that 2.1.1 embeds or refers to.
    """

    def __init__(
        self,
        key: Key,
        parts: Sequence[Part],
        connector_id: str | None = None,
        finder: Finder | None = None,
    ) -> None:
        self.parts = tuple(parts)
        spelled = self.parts[0].spelled
        self.key = Key(key.module, *spelled) if spelled else key
        self.connector_id = connector_id
        self._finder = finder
        self._findings: tuple[Finding, ...] = ()
        self._incomplete: tuple[str, ...] = ()
        self._repaired: Any = None

    @property
    def kind(self) -> str:
        if self.connector_id is not None:
            return "connector"
        return "evse" if self.parts[0].uid else self.key.kind

    @property
    def revision(self) -> int:
        return self.parts[0].revision

    @property
    def feed(self) -> str:
        return self.parts[0].feed

    @property
    def own(self) -> bool:
        return self.parts[0].own

    @cached_property
    def version(self) -> str:
        """The version `source` is in: the one it was sent in, 2.3.0 where its parts differ."""
        versions = {part.version for part in self.parts}
        return versions.pop() if len(versions) == 1 else modules.V230

    @cached_property
    def last_updated(self) -> str:
        """Sortable; of a Location the latest of its parts."""
        if self.connector_id is not None:
            return str(self.source.get("last_updated") or self.parts[0].last_updated)
        return max(part.last_updated for part in self.parts)

    @cached_property
    def text(self) -> str:
        """JSON text in `version`."""
        if self.connector_id is not None:
            return jsontext.dumps(self.source)
        if self.kind != "location":
            return self.parts[0].body if len(self.parts) == 1 else jsontext.dumps(self.source)
        if len({part.version for part in self.parts}) > 1:
            return jsontext.dumps(self.source)
        return splice.location(self.parts, self.last_updated)

    @cached_property
    def source(self) -> dict[str, Any]:
        """What its owner sent, in `version`. Not to be changed."""
        if self.connector_id is not None:
            evse = jsontext.kept(self.parts[0].body)
            found: dict[str, Any] = connector_of(evse, self.connector_id) or {}
            return found
        if self.kind != "location" and len(self.parts) > 1:
            return periods.joined(jsontext.kept(self.parts[0].body), self.parts[1:])
        if self.kind == "location" and len({part.version for part in self.parts}) > 1:
            return self._joined()
        source: dict[str, Any] = jsontext.kept(self.text)
        return source

    @cached_property
    def canonical(self) -> dict[str, Any]:
        """The 2.3.0 form, of a partner's with all that was odd about it put right. Not to be changed."""
        if self.version == modules.V230 and self.own:
            return self.source
        return self._upgraded(self.kind, self.source, self.version)

    @property
    def repaired(self) -> dict[str, Any]:
        """What its owner sent, in the words of its own version, with what was odd about it put right."""
        _ = self.canonical
        found: dict[str, Any] = self.source if self._repaired is None else self._repaired
        return found

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What was odd about it as its owner sent it, or why it cannot be read."""
        _ = self.canonical
        return tuple(dict.fromkeys((*self._noted(), *self._findings)))

    @cached_property
    def incomplete(self) -> tuple[str, ...]:
        """Pointers of the required values that a partner did not state, in the names of its version.

        Each was assumed, or nothing stands there (design section 6).
        """
        if self.own:
            return ()
        _ = self.canonical
        undated = [each.pointer for each in self._noted() if each == findings.UNDATED]
        return tuple(dict.fromkeys((*undated, *self._incomplete)))

    def _noted(self) -> Iterator[Finding]:
        """What was noted when it came, the places in an EVSE as places in its Location."""
        for part in self.parts:
            at = ""
            if part.noted and part.uid and self.kind == "location":
                names = [part_name(str(each.get("uid"))) for each in self.canonical.get("evses") or ()]
                at = f"/evses/{names.index(part.name)}" if part.name in names else ""
            for each in findings.of_text(part.noted):
                yield Finding(f"{at}{each.pointer}", each.code, each.message)

    def in_version(self, version: str, find: Finder | None = None) -> Any:
        """What a partner of this version gets: an `ocpi.writing.Writing`."""
        if version == self.version:
            as_it_is = self._as_it_is
            return (
                writing.Writing(self.source) if as_it_is else writing.within(self.kind, self.source, version)
            )
        find = find or self._finder
        if self.kind == "location" and version in {part.version for part in self.parts}:
            return self._pieced(version, find)
        return writing.write(self.kind, self.canonical, version, find=find, now=find.now if find else None)

    def shown(self, version: str, find: Finder | None = None) -> Any:
        """What the operator sees: in 2.3.0 what was odd put right, in an older one what a partner gets."""
        return self.canonical if version == modules.V230 else self.in_version(version, find).object

    def text_in(self, version: str, find: Finder | None = None) -> str | None:
        """The object in a version as JSON text; None where that version has no way to say it."""
        if version == self.version and self._as_it_is:
            return self.text
        text = self._bridged(version, find or self._finder) if self.own else None
        if text is not None:
            return text
        found = self.in_version(version, find).object
        return None if found is None else jsontext.dumps(found)

    def _bridged(self, version: str, find: Finder | None) -> str | None:
        """`text_in` from the texts of its parts, for one of ours; None where only the whole object tells."""
        if len({part.version for part in self.parts}) > 1 or self.connector_id is not None:
            return None
        if self.kind == "location":
            owner = (self.key.country_code, self.key.party_id)
            trip = Trip(owner=owner, find=find, now=find.now if find else "")
            return splice.bridged(self.parts, self.last_updated, version, trip)
        if len(self.parts) > 1 or not versions.same(self.kind, self.text, self.version, version):
            return None
        return self.text

    def _pieced(self, version: str, find: Finder | None) -> Any:
        """A Location of parts in several versions: those in the one asked for stay as they are (CNV-P3)."""
        first, *rest = self.parts
        head, *evses = (
            StoredObject(self.key, [part], finder=find).in_version(version)
            for part in (first, *_in_order(first, rest))
        )
        if head.object is None:
            return head
        found = [
            Finding(f"/evses/{at}{loss.pointer}", loss.code, loss.message)
            for at, evse in enumerate(evses)
            for loss in evse.losses
        ]
        body = {**head.object, "evses": [evse.object for evse in evses if evse.object is not None]}
        body["last_updated"] = wire_timestamp(self.last_updated)
        return writing.Writing(body, found=(*head.losses, *found))

    @property
    def _as_it_is(self) -> bool:
        """Whether its own version takes it so: no name that came in another (CNV-10), no long address."""
        if self.kind == "location":
            return len({part.version for part in self.parts}) == 1
        if self.kind != "cdr" or not self.own:
            return True

        return writing.fits(self.kind, self.parts[0].body)

    def _joined(self) -> dict[str, Any]:
        head, *evses = self.parts
        body = self._upgraded("location", jsontext.kept(head.body), head.version)
        return {
            **body,
            "evses": [
                self._upgraded("evse", jsontext.kept(part.body), part.version, f"/evses/{index}")
                for index, part in enumerate(_in_order(head, evses))
            ],
            "last_updated": wire_timestamp(self.last_updated),
        }

    def _upgraded(self, kind: str, body: dict[str, Any], version: str, at: str = "") -> dict[str, Any]:
        """The body at a place in that version in its 2.3.0 form; as far as that goes if it cannot be read."""
        owner = (self.key.country_code, self.key.party_id)
        asks = self._finder if version == modules.V211 or not self.own else None
        token, emsp = (asks.token, asks.emsp) if asks else (None, None)
        if not self.own:
            # A partner's is stored as it was sent: what was odd about it is put right again when it is read.
            try:
                found = reading.read(
                    kind,
                    body,
                    version,
                    owner=owner,
                    now=wire_timestamp(self.parts[0].last_updated),
                    token=token,
                    emsp=emsp,
                    holder=asks.holder if asks else None,
                )
            except InvalidParameters as problem:
                # An EVSE that was set aside, or what an older reading let in.
                self._findings += findings.below(at, problem.findings)
                return self._unread(kind, body, version)
            self._findings += findings.below(at, found.findings)
            self._incomplete += tuple(f"{at}{each}" for each in found.incomplete)
            self._repaired = found.repaired if kind == self.kind else None
            upgraded: dict[str, Any] = found.object
            return upgraded
        trip = Trip(owner=owner)
        if asks:
            trip.token, trip.emsp = token, emsp
        return versions.upgrade(kind, body, version, trip)

    def _unread(self, kind: str, body: dict[str, Any], version: str) -> dict[str, Any]:
        try:
            return versions.upgrade(
                kind, body, version, Trip(owner=(self.key.country_code, self.key.party_id))
            )
        except (TypeError, LookupError, AttributeError, ValueError, ArithmeticError):
            return body


def _in_order(head: Part, evses: Sequence[Part]) -> Iterator[Part]:
    """The EVSEs of a Location in the order in which they were sent, those that came later behind."""
    sent = jsontext.kept(head.evses) if head.evses else []
    by_name = {part.name: part for part in evses}
    for each in sent if type(sent) is list else ():
        if type(each) is str and each in by_name:
            yield by_name.pop(each)
    yield from by_name.values()


def load(
    platform: Platform, key: Key, evse_uid: str | None = None, connector_id: str | None = None
) -> StoredObject | None:
    """The present state of an object, or of an EVSE or Connector of it; None when there is none."""
    finder = Finder(platform)
    if not evse_uid:
        parts = platform.objects.load(key)
        return StoredObject(key, parts, finder=finder) if parts else None
    part = platform.objects.part(key, evse_uid)
    if part is None:
        return None
    if connector_id is None:
        return StoredObject(key, [part], finder=finder)
    found = StoredObject(key, [part], connector_id, finder=finder)
    return found if connector_of(jsontext.kept(part.body), connector_id) else None


def load_token(platform: Platform, parties: list[Party], uid: str, type: str = "") -> StoredObject | None:
    """The Token with this uid of one of these parties.

    Without `type` the RFID one; if there is none, the only other one (AMB-41).
    """
    types = (type,) if type else (tokens.RFID, *tokens.OTHER_TYPES)
    keys = [tokens.key(party, uid, each) for each in types for party in parties]
    parts = platform.objects.parts([(each, "") for each in keys])
    found = [(each, part) for each, part in zip(keys, parts, strict=True) if part is not None]
    rfid = [(each, part) for each, part in found if tokens.type_of(each) == tokens.RFID]
    if not type:
        found = rfid or (found if len(found) == 1 else [])
    if not found:
        return None
    return StoredObject(found[0][0], [found[0][1]], finder=Finder(platform))


def connector_of(evse: dict[str, Any], connector_id: str) -> dict[str, Any] | None:
    """The Connector of an EVSE with this id."""
    for each in connectors_of(evse):
        if isinstance(each, dict) and folded(str(each.get("id")).strip()) == folded(connector_id):
            return each
    return None


def connectors_of(evse: dict[str, Any]) -> list[Any]:
    """The Connectors of an EVSE as it was sent, also of one that is no list."""
    found = evse.get("connectors") or []
    return found if isinstance(found, list) else [found]
