"""What the operator may ask for about objects: to put, patch, remove, get and list them.

Contract: design section 5
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from chalicelib.actions import named
from chalicelib.actions.action import Action, Fields
from chalicelib.billing import gate
from chalicelib.errors import ActionError
from chalicelib.objects import bulk, hosted, hub_client_info, search, visibility
from chalicelib.objects.stored_object import Finder, StoredObject, load, load_token
from chalicelib.ocpi import advice, jsontext, modules, paging
from chalicelib.ocpi.errors import InvalidParameters, OcpiError, UnknownObject
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.messages import Party
from chalicelib.partners import parties
from chalicelib.store import feeds, pages
from chalicelib.store import put_jobs as stored_puts
from chalicelib.store.object_items import Key
from chalicelib.store.put_jobs import Puts

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

Owned = Literal["locations", "tariffs", "sessions", "cdrs", "tokens"]
Known = Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"]
Version = Literal["2.1.1", "2.2.1", "2.3.0"]
LARGEST_PAGE = 1000
# As `party`: that of those hosted here, or that of everybody.
OWN, EVERYBODY = "own", "all"


class Put(Fields):
    """`object` or `objects`; `version` is the one they are written in.

    A list too long for one message is a job: give its parts the same `job` and `total`, and each its
    `first`, and `puts` shows how far it came. What one invocation cannot finish becomes a job by itself.
    """

    module: Owned
    object: dict[str, Any] | None = None
    objects: list[Any] | None = None
    version: Version = "2.3.0"
    force: bool = Field(False, description="store also what is older than what is known")
    keep_status: bool = Field(False, description="EVSEs that are known keep their status and its time")
    first: int = Field(0, ge=0, description="the index of the first of these in the operator's own list")
    job: str = Field("", max_length=100, description="a name of yours for the whole list")
    total: int = Field(-1, ge=-1, description="how many objects the whole list has")


class PutsFields(Fields):
    """One `job`, with what was refused of it, or those begun last."""

    job: str = ""
    limit: int = Field(20, ge=1, le=100)


class Check(Fields):
    """What `put` would say of `object` or `objects`; nothing is stored."""

    module: Owned
    object: dict[str, Any] | None = None
    objects: list[Any] | None = None
    version: Version = "2.3.0"


class Patch(Fields):
    """`type` is a Token's, `party` ("NL/EXA") the owner where several of ours have this id."""

    module: Owned
    id: str
    changes: dict[str, Any]
    evse_uid: str | None = None
    connector_id: str | None = None
    party: str | None = None
    type: str | None = None
    force: bool = Field(False, description="change it although the changes are older than its state")


class Remove(Fields):
    """A Tariff of ours; with `force` also one that Connectors still name."""

    module: Known
    id: str
    party: str | None = None
    force: bool = Field(False, description="although Connectors still name it")


PARTY = "NL/EXA, own, or all; default: own where we own objects of that module, else all"


class Get(Fields):
    """Ours, or that of `party`; in 2.3.0 or another `version`."""

    module: Known
    id: str
    party: str | None = Field(None, description=PARTY)
    type: str | None = None
    version: Version = "2.3.0"


class List(Fields):
    """Ours, or those of `party`, oldest first; with `near` the nearest first."""

    module: Known
    party: str | None = Field(None, description=PARTY)
    session_id: str = Field("", description="of Sessions and CDRs")
    token: str = Field("", description="the uid of the token of Sessions and CDRs")
    status: str = Field(
        "", description="of Sessions; of CDRs: that of the Session; of Locations: any EVSE has it"
    )
    near: str = Field("", description="of Locations: lat,lon,km")
    date_from: str = ""
    date_to: str = ""
    limit: int = Field(100, ge=1, le=LARGEST_PAGE)
    offset: int = Field(0, ge=0)
    cursor: str = ""
    id: str | None = None
    version: Version = "2.3.0"


def put(platform: Platform, fields: Put) -> dict[str, Any]:
    """Store one or many; a wrong one among many is refused by itself."""
    if (fields.object is None) == (fields.objects is None):
        raise ActionError("invalid", 'either "object" or "objects" is required', "/object")
    if fields.object is not None:
        outcome = hosted.put(
            platform,
            fields.module,
            jsontext.exact(fields.object),
            fields.version,
            force=fields.force,
            keep_status=fields.keep_status,
            gate=gate.gate(platform),
        )
        counts = {"stored": 0, "unchanged": 0, "older": 0}
        outcome.counted(counts)
        told = bulk.told(0, fields.module, fields.object, outcome.warnings)
        return {**counts, "errors": [], "warnings": told}
    parts = bulk.Bulk(
        fields.module,
        fields.version,
        fields.force,
        fields.keep_status,
        fields.job,
        fields.total,
        fields.first,
    )
    return bulk.put(platform, parts, fields.objects or [], gate.gate(platform))


def puts(platform: Platform, fields: PutsFields) -> dict[str, Any]:
    """How far puts of many objects came."""
    if not fields.job:
        return {"puts": [_progress(each) for each in Puts(platform).recent(fields.limit)]}
    found = Puts(platform).get(fields.job)
    if found is None:
        return {"puts": []}
    told = {"errors": list(found.errors), "warnings": list(found.warnings)}
    return {"puts": [_progress(found) | told]}


def _progress(found: stored_puts.Put) -> dict[str, Any]:
    return {
        "id": found.id,
        "module": found.module,
        "state": found.state,
        "total": found.total if found.total >= 0 else None,
        "stored": found.stored,
        "unchanged": found.unchanged,
        "older": found.older,
        "refused": found.refused,
        "warned": found.warned,
        "started_at": found.started_at,
        "updated_at": found.updated_at,
    }


def check(platform: Platform, fields: Check) -> dict[str, Any]:
    """What put would say of an object, or of each of several; if nothing, what is recommended besides."""
    given = [fields.object] if fields.object is not None else fields.objects
    if given is None or (fields.object is not None and fields.objects is not None):
        raise ActionError("invalid", 'either "object" or "objects" is required', "/object")
    answer: dict[str, list[dict[str, Any]]] = {"errors": [], "warnings": [], "advice": []}
    for index, each in enumerate(given):
        data = jsontext.exact(each)
        told: dict[str, tuple[Finding, ...]] = {}
        try:
            _, canonical = hosted.checked(platform, fields.module, data, fields.version)
            told["warnings"] = hosted.warnings(
                platform, fields.module, data, fields.version, gate=gate.gate(platform)
            )
            told["advice"] = advice.advise(modules.BY_ID[fields.module].kind, canonical)
        except OcpiError as problem:
            told["errors"] = problem.faults
        for name, found in told.items():
            answer[name] += bulk.told(index, fields.module, data, found)
    return answer


def patch(platform: Platform, fields: Patch) -> dict[str, Any]:
    outcome = hosted.patch(
        platform,
        fields.module,
        fields.id,
        jsontext.exact(fields.changes),
        fields.evse_uid,
        fields.connector_id,
        named.party(fields.party),
        fields.type,
        force=fields.force,
    )
    counts = {"stored": 0, "unchanged": 0, "older": 0}
    outcome.counted(counts)
    meant = {"uid" if fields.module == "tokens" else "id": fields.id}
    return {**counts, "errors": [], "warnings": bulk.told(0, fields.module, meant, outcome.warnings)}


def remove(platform: Platform, fields: Remove) -> dict[str, Any]:
    try:
        still = hosted.remove_own(
            platform, fields.module, fields.id, named.party(fields.party), force=fields.force
        )
    except hosted.StillNamed as refused:
        why = f"still named by {refused}" if refused.connectors else "too many Locations to look through"
        raise ActionError("still_named", f"{why}; with force it is removed all the same", "/id") from None
    return {"removed": 1, **({"still_named_by": still} if still else {})}


def get(platform: Platform, fields: Get) -> dict[str, Any]:
    found = _get(platform, fields)
    if found is None:
        raise UnknownObject(f"no {fields.module} {fields.id}", fields.module, "/id")
    shown = found.shown(fields.version)
    if shown is None:
        raise InvalidParameters(f"cannot be said in {fields.version}", "/version")
    shown = search.named(found, shown)
    if found.own or not found.findings:
        return {"object": shown}
    told = {"object": shown, "findings": [each._asdict() for each in found.findings]}
    return told | ({"incomplete": list(found.incomplete)} if found.incomplete else {})


def _get(platform: Platform, fields: Get) -> StoredObject | None:
    party, module = fields.party, fields.module
    owners = _owners(platform, module, party)
    if party is not None and party not in (OWN, EVERYBODY):
        if module == "tokens":
            return load_token(platform, [named.party(party) or ("", "")], fields.id, fields.type or "")
        return load(platform, Key(module, *(named.party(party) or ("", "")), fields.id))
    if module == "hubclientinfo":
        raise InvalidParameters("whose it is, for example NL/EXA", "/party")
    if owners is not None:
        return load(platform, hosted.known(platform, module, fields.id, None, fields.type))
    if module == "tokens":
        theirs = [named.party(each) or ("", "") for each in search.owners(platform, module)]
        return load_token(platform, theirs, fields.id, fields.type or "")
    found = search.everywhere(platform, module, fields.id)
    if len(found) > 1:
        whose = ", ".join(each.key.owner for each in found)
        raise InvalidParameters(f"several parties have this id ({whose}); name one", "/party")
    return found[0] if found else None


def _owners(platform: Platform, module: str, party: str | None) -> list[str] | None:
    """Whose objects are meant; None: everybody's. Raises InvalidParameters."""
    ours = [
        "/".join(each) for each in platform.settings.hosted(*modules.serving_roles(module, modules.SENDER))
    ]
    if party == EVERYBODY or (party is None and not ours):
        return None
    return ours if party in (None, OWN) else ["/".join(named.party(party) or ())]


def list_objects(platform: Platform, fields: List) -> dict[str, Any]:
    module = fields.module
    owners = _owners(platform, module, fields.party)
    if fields.id is not None:
        known = _get(platform, Get(module=module, id=fields.id, party=fields.party))
        return {**_shown([known] if known else [], fields.version), "cursor": None}
    if fields.party not in (None, OWN, EVERYBODY) and module == "hubclientinfo":
        return _told_of(platform, named.party(fields.party) or ("", ""), fields)
    if module == "hubclientinfo":
        owners = [f"hub:{partner.id}" for partner in platform.partners.registered()]
        owners += ["/".join(each) for each in parties.shown_owners(platform, module)]
    asked = {name: getattr(fields, name) for name in ("session_id", "token", "status", "near")}
    if any(asked.values()):
        return _found(platform, fields, search.Query(**asked), owners)
    if owners is None:
        owners = search.owners(platform, module)
    query = paging.parse(
        {
            "limit": str(fields.limit),
            "offset": str(fields.offset),
            "date_from": fields.date_from,
            "date_to": fields.date_to,
            "cursor": fields.cursor,
        },
        LARGEST_PAGE,
    )
    names = [
        feeds.name(owner, audience)
        for owner, audiences in platform.objects.feeds.audiences(fields.module, owners).items()
        for audience in audiences
    ]
    version = visibility.version_for(fields.module, fields.version)
    heads = platform.objects.feeds.heads(fields.module, names, version)
    if fields.cursor and pages.place_of(query, heads) is None:
        raise InvalidParameters("what it names is no longer there; begin again", "/cursor")
    found = pages.page(platform.objects, fields.module, heads, query)
    finder = Finder(platform)
    read = [StoredObject(each.key, each.parts, finder=finder) for each in found.objects]
    return {**_shown(read, fields.version), "cursor": found.cursor, "total": found.total}


def _found(platform: Platform, fields: List, query: search.Query, owners: list[str] | None) -> dict[str, Any]:
    """The objects that an index knows for what is asked; their number is not counted."""
    times = paging.parse({"date_from": fields.date_from, "date_to": fields.date_to}, LARGEST_PAGE)
    query = dataclasses.replace(query, date_from=times.date_from, date_to=times.date_to)
    everybody = owners is None
    of = search.owners(platform, fields.module) if owners is None else owners
    page = search.find(platform, fields.module, query, of, everybody, fields.limit, fields.cursor)
    return {**_shown(page.objects, fields.version), "cursor": page.cursor or None}


def _shown(read: Iterable[StoredObject], version: str) -> dict[str, Any]:
    """What can be said in a version of these, each with its owner; where something was not stated."""
    said = [(each, shown) for each in read if (shown := each.shown(version)) is not None]
    told: dict[str, Any] = {"objects": [search.named(each, shown) for each, shown in said]}
    missing = [f"/{at}{pointer}" for at, (each, _) in enumerate(said) for pointer in each.incomplete]
    return told | ({"incomplete": missing} if missing else {})


def _told_of(platform: Platform, party: Party, fields: List) -> dict[str, Any]:
    """What hubs, of whom we may be one, say of a party: one entry per role and hub, all at once."""
    hubs = [partner.id for partner in platform.partners.registered() if partner.is_hub]
    hubs = [hub_client_info.OURS, *hubs] if platform.settings.hub else hubs
    query = paging.parse({"date_from": fields.date_from, "date_to": fields.date_to}, LARGEST_PAGE)
    told = [
        each
        for each in hub_client_info.told_of(platform, party, hubs)
        if each.last_updated >= query.date_from and not (query.date_to and each.last_updated >= query.date_to)
    ]
    shown = told[fields.offset : fields.offset + fields.limit]
    objects_ = [each.shown(fields.version) for each in shown]
    return {"objects": objects_, "cursor": None, "total": len(told)}


ACTIONS = {
    "put": Action(put, Put, "store our objects, checked and announced"),
    "puts": Action(puts, PutsFields, "how far puts of many objects came"),
    "check": Action(check, Check, "what put would refuse of an object, and what is recommended of it"),
    "patch": Action(patch, Patch, "change some fields of an object of ours, or of a part of it"),
    "remove": Action(remove, Remove, "delete a tariff of ours"),
    "get": Action(get, Get, "one object, ours or a partner's"),
    "list": Action(list_objects, List, "objects, ours or a partner's, oldest first"),
}
