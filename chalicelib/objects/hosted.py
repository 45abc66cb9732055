"""Our own objects: stored, changed and removed by the operator, checked as strictly as what we send.

Contract: design section 5 (`put`, `patch`, `remove`); LOC-03, TAR-02, TOK-02, SES-02, CDR-01, CDR-05
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.objects import checks, consistency, order, slips, tokens, visibility
from chalicelib.objects.parts import split
from chalicelib.objects.stored_object import (
    Finder,
    StoredObject,
    connector_of,
    connectors_of,
    load,
    load_token,
)
from chalicelib.objects.writer import ObjectWriter
from chalicelib.ocpi import jsontext, modules
from chalicelib.ocpi.errors import InvalidParameters, OcpiError, UnknownObject
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.messages import Party
from chalicelib.store.dynamodb import Conflict, retried
from chalicelib.store.object_items import Key, check_id, folded, part_name

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# How many objects are put in one transaction: each may bring three entries with it.
TOGETHER = 20
OWNED = ("locations", "tariffs", "sessions", "cdrs", "tokens")
WAYS = {
    "locations": "give its EVSEs the status REMOVED",
    "tokens": "set valid to false",
    "sessions": "set its status to INVALID or COMPLETED",
    "cdrs": "put a credit CDR",
}


@dataclass(frozen=True)
class Put:
    """What became of an object of ours: was anything stored, was anything older, what is surely a slip?"""

    is_stored: bool
    has_older: bool = False
    warnings: tuple[Finding, ...] = ()

    def counted(self, counts: dict[str, int]) -> None:
        """Count it: `stored` or `older`, both where a part was news and another was not, else `unchanged`."""
        counts["stored"] += self.is_stored
        counts["older"] += self.has_older
        counts["unchanged"] += not (self.is_stored or self.has_older)


@dataclass(frozen=True)
class Looked:
    """What somebody who looks at a CDR of ours before it is stored says: warnings, and is it kept back?"""

    warnings: tuple[Finding, ...] = ()
    is_held: bool = False


class StillNamed(Exception):
    """A Tariff that Connectors name: these first ones, or none where there was no time to look at all."""

    def __init__(self, connectors: Sequence[str]) -> None:
        super().__init__(", ".join(connectors))
        self.connectors = tuple(connectors)


# Asked with the key, the 2.3.0 form and the version the CDR is written in.
Gate = Callable[[Key, dict[str, Any], str], Looked]


def open_gate(key: Key, canonical: dict[str, Any], version: str) -> Looked:
    """The gate that lets everything through."""
    return Looked()


def put(
    platform: Platform,
    module: str,
    data: Any,
    version: str = modules.V230,
    *,
    force: bool = False,
    keep_status: bool = False,
    gate: Gate = open_gate,
) -> Put:
    """Store an object of a hosted party, but for what is older than what is known, unless `force`.

    With `keep_status` the EVSEs that are known keep their status and its time. A CDR that the `gate`
    holds is stored where nobody reads it, and may be put again. Raises InvalidParameters when it
    is not what the specification lets us send.
    """
    key, canonical = checked(platform, module, data, version)
    if keep_status and module == "locations":
        data = _with_known_statuses(platform, key, data)
        # Strict was what the operator wrote; a status that is kept may be newer than the list around it.
        canonical = checks.read_ours(Finder(platform), key.party, "location", data, version).object
    if module == "cdrs":
        known = platform.objects.load(key)
        if known:
            if StoredObject(key, known, finder=Finder(platform)).canonical == canonical:
                return Put(False)
            if not visibility.is_held(key, known[0].feed):
                raise InvalidParameters(
                    "a CDR is never changed (CDR-01); put a credit CDR and a new one", "/id"
                )
    warnings = slips.found(platform, Finder(platform), key, data, canonical, version)
    looked = gate(key, canonical, version) if module == "cdrs" else Looked()
    warnings += looked.warnings
    written = _writer(platform, key, force, looked.is_held).replace(key, data, version, canonical)
    if written.state == "known":
        raise InvalidParameters("a CDR of this id was put by somebody else just now", "/id")
    return Put(written.state in ("created", "stored"), written.has_older, warnings)


def _with_known_statuses(platform: Platform, key: Key, data: dict[str, Any]) -> dict[str, Any]:
    """A Location whose known EVSEs say the status, and its time, that they have now."""
    known = {part.name: jsontext.loads(part.body) for part in platform.objects.load(key) if part.uid}
    evses = []
    for each in data.get("evses") or ():
        before = known.get(part_name(str(each.get("uid")))) if isinstance(each, dict) else None
        evses.append(_with_known_status(each, before) if before else each)
    return {**data, "evses": evses} if evses else data


def _with_known_status(evse: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """An EVSE with the status it has; Connectors that did not change keep their time, too.

    One that did change takes the EVSE's time along where it is newer (LOC-43).
    """
    kept: dict[str, Any] = {name: before[name] for name in ("status", "last_updated") if name in before}
    connectors = []
    for each in connectors_of(evse):
        same = connector_of(before, str(each.get("id")))
        if same is not None and {**same, "last_updated": None} == {**each, "last_updated": None}:
            each = same
        elif order.is_older(each, kept):
            kept["last_updated"] = each["last_updated"]
        connectors.append(each)
    return {**evse, **kept, **({"connectors": connectors} if connectors else {})}


def put_all(
    platform: Platform,
    module: str,
    given: Sequence[Any],
    version: str = modules.V230,
    *,
    force: bool = False,
    keep_status: bool = False,
    gate: Gate = open_gate,
) -> list[Put | OcpiError]:
    """`put` of several objects, new ones together: what became of each, or why it was refused."""
    outcomes: dict[int, Put | OcpiError] = {}
    ready: dict[int, tuple[Key, dict[str, Any]]] = {}
    for at, data in enumerate(given):
        try:
            ready[at] = checked(platform, module, data, version)
        except OcpiError as problem:
            outcomes[at] = problem
    groups: dict[str, list[int]] = {}
    looked: dict[int, Looked] = {}
    for at in _new(platform, ready) if module != "locations" else ():
        looked[at] = gate(*ready[at], version) if module == "cdrs" else Looked()
        feed = visibility.feed_of(platform, *ready[at], own=True, held=looked[at].is_held)
        groups.setdefault(feed, []).append(at)
    finder = Finder(platform)
    among = slips.among(module, ((at, ready[at][1]) for at in ready))
    told = {
        at: slips.found(platform, finder, ready[at][0], given[at], ready[at][1], version)
        + looked[at].warnings
        + among.get(at, ())
        for members in groups.values()
        for at in members
    }
    for feed, members in groups.items():
        made, more, together = [], [], []
        for at in members:
            key, canonical = ready[at]
            part, *pieces = split(module, given[at], version, canonical, platform.clock())
            if pieces:
                continue  # too large to be put with others
            made.append((key, part._replace(unsaid=visibility.unsaid(module, canonical))))
            together.append(at)
            if module in ("tokens", "cdrs"):
                more += tokens.entering(platform, key, None, canonical, True)
        try:
            if made:
                platform.objects.create_all(module, feed, made, True, more)
            outcomes.update({at: Put(True, warnings=told[at]) for at in together})
        except (Conflict, OcpiError):
            continue  # one by one then, which tells whose fault it is
    for at in ready:
        if at not in outcomes:
            try:
                outcomes[at] = put(
                    platform, module, given[at], version, force=force, keep_status=keep_status, gate=gate
                )
            except OcpiError as problem:
                outcomes[at] = problem
    return [outcomes[at] for at in range(len(given))]


def _new(platform: Platform, ready: dict[int, tuple[Key, dict[str, Any]]]) -> list[int]:
    """Those that nobody stored yet, the first of each key."""
    first: dict[str, int] = {}
    for at, (key, _) in ready.items():
        first.setdefault(key.partition, at)
    candidates = list(first.values())
    parts = platform.objects.parts([(ready[at][0], "") for at in candidates])
    return [at for at, part in zip(candidates, parts, strict=True) if part is None]


def checked(platform: Platform, module: str, data: Any, version: str) -> tuple[Key, dict[str, Any]]:
    """The key and the 2.3.0 form of an object we are about to own. Raises InvalidParameters."""
    if module not in OWNED:
        raise InvalidParameters(f"none of {', '.join(OWNED)}", "/module")
    if not isinstance(data, dict):
        raise InvalidParameters("an object is required")
    try:
        owner = _owner(platform, module, data, version)
    except InvalidParameters as problem:
        others = checks.faults(modules.BY_ID[module].kind, data, version)
        told = (each for each in others if each.pointer != problem.pointer)
        raise InvalidParameters.of((*problem.faults, *told)) from None
    checks.strict(modules.BY_ID[module].kind, data, version)
    canonical = checks.as_ours(platform, owner)(modules.BY_ID[module].kind, data, version, False).object
    return _key(module, data, owner), canonical


def warnings(
    platform: Platform, module: str, data: Any, version: str, gate: Gate = open_gate
) -> tuple[Finding, ...]:
    """The slips in an object that `put` would take. Raises InvalidParameters where it would not."""
    key, canonical = checked(platform, module, data, version)
    said = gate(key, canonical, version).warnings if module == "cdrs" else ()
    return slips.found(platform, Finder(platform), key, data, canonical, version) + said


def patch(
    platform: Platform,
    module: str,
    id: str,
    changes: dict[str, Any],
    evse_uid: str | None = None,
    connector_id: str | None = None,
    party: Party | None = None,
    type: str | None = None,
    *,
    force: bool = False,
) -> Put:
    """Change some fields of an object of ours, or of a part of it, unless they are of before its state.

    `last_updated` is now where `changes` lacks it. Raises UnknownObject, InvalidParameters.
    """
    if module == "cdrs":
        raise InvalidParameters("a CDR is never changed (CDR-01); put a credit CDR and a new one", "/module")
    key = known(platform, module, id, party, type)
    for name, wanted in (("country_code", key.country_code), ("party_id", key.party_id)):
        if name in changes and evse_uid is None and folded(str(changes[name])) != folded(wanted):
            raise InvalidParameters("the owner of an object never changes", f"/{name}")
    own_id = "uid" if module == "tokens" else "id"
    identity = tokens.uid_of(key) if module == "tokens" else key.id
    if evse_uid is None and own_id in changes and folded(str(changes[own_id])) != folded(identity):
        raise InvalidParameters("the id of an object never changes", f"/{own_id}")
    if module == "tokens" and "type" in changes and folded(str(changes["type"])) != tokens.type_of(key):
        raise InvalidParameters("the type is part of a token's identity", "/type")
    writer = _writer(platform, key, force)
    try:
        state = writer.merge(key, changes, modules.V230, evse_uid or "", connector_id)
    except order.Older:
        return Put(False, has_older=True)
    told = slips.in_changes(Finder(platform), key, changes, evse_uid is not None, connector_id is not None)
    present = load(platform, key) if slips.BESIDE.get(module, set()) & changes.keys() else None
    if present:
        told = tuple(dict.fromkeys(told + slips.with_the_rest(key, changes, present.canonical)))
    return Put(state in ("created", "stored"), state == "stale", told)


def release(platform: Platform, key: Key) -> bool:
    """Let a CDR of ours that was held go to whom it is for; whether it was held. Raises UnknownObject."""

    def attempt() -> bool:
        old = platform.objects.load(key)
        if not old:
            raise UnknownObject(f"no CDR {key.id} of ours", "cdrs", "/id")
        if not visibility.is_held(key, old[0].feed):
            return False
        canonical = StoredObject(key, old, finder=Finder(platform)).canonical
        feed = visibility.feed_of(platform, key, canonical, own=True)
        platform.objects.save(key, old, old, feed, True)
        return True

    return retried(attempt)


def remove_own(
    platform: Platform, module: str, id: str, party: Party | None = None, force: bool = False
) -> list[str]:
    """Delete a Tariff of ours; the Connectors that still name it (TAR-03), which only `force` may ignore.

    Raises InvalidParameters, naming the way, for what OCPI never deletes; StillNamed.
    """
    if module != "tariffs":
        way = WAYS.get(module, "there is no such module of ours")
        raise InvalidParameters(f"{module} are never deleted: {way}", "/module")
    key = known(platform, module, id, party)
    still, is_all = consistency.referring(platform, key)
    if not force and (still or not is_all):
        raise StillNamed(still)

    def attempt() -> None:
        old = platform.objects.load(key)
        if not old:
            raise UnknownObject(f"no tariff {id}", module)
        platform.objects.forget(key, old)

    retried(attempt)
    return still


def known(
    platform: Platform, module: str, id: str, party: Party | None = None, type: str | None = None
) -> Key:
    """The key of an object of a hosted party that is known. Raises UnknownObject, InvalidParameters."""
    if module not in OWNED:
        raise InvalidParameters(f"none of {', '.join(OWNED)}", "/module")
    check_id(id, "/id")
    parties = [each for each in _parties(platform, module) if party in (None, each)]
    if module == "tokens":
        token = load_token(platform, parties, id, type or "") if parties else None
        keys = [token.key] if token else []
    else:
        keys = [Key(module, *each, id) for each in parties]
        parts = platform.objects.parts([(key, "") for key in keys])
        keys = [key for key, part in zip(keys, parts, strict=True) if part]
    if not keys:
        raise UnknownObject(f"no {modules.BY_ID[module].kind} {id} of ours", module, "/id")
    if len(keys) > 1:
        raise InvalidParameters("several of our parties have this id; name the party", "/party")
    return keys[0]


def _parties(platform: Platform, module: str) -> list[Party]:
    return platform.settings.hosted(*modules.serving_roles(module, modules.SENDER))


def _owner(platform: Platform, module: str, data: dict[str, Any], version: str) -> Party:
    parties = _parties(platform, module)
    country, party = data.get("country_code"), data.get("party_id")
    if country is None and party is None and version == modules.V211 and len(parties) == 1:
        return parties[0]
    for name, value in (("country_code", country), ("party_id", party)):
        if value is None:
            raise InvalidParameters("required, but missing", f"/{name}")
    owner = folded(str(country)), folded(str(party))
    if owner not in parties:
        pointer = "/country_code" if owner[0] not in {each[0] for each in parties} else "/party_id"
        raise InvalidParameters(f"{'/'.join(owner)} is no hosted party that owns {module}", pointer)
    return owner


def _key(module: str, data: dict[str, Any], owner: Party) -> Key:
    if module == "tokens":
        return tokens.key(owner, check_id(data.get("uid"), "/uid"), str(data.get("type") or tokens.RFID))
    return Key(module, *owner, check_id(data.get("id"), "/id"))


def _writer(platform: Platform, key: Key, force: bool, held: bool = False) -> ObjectWriter:
    check = checks.as_ours(platform, key.party)
    return ObjectWriter(platform, check, own=True, in_order=not force, held=held)
