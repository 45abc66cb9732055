"""A hub rewrites a request and its answer on their way through; where nothing must change, nothing does.

Between partners of one version a body passes as it came, in UTF-8. Answers of another
version are converted, links that lead to the other platform replaced by ours, and objects withheld
that are not the answering party's, or Sessions and CDRs of somebody who is not the asking one.

Spec: design section 12, "What is changed on the way"; HUB-08 to HUB-11, AMB-26, CNV-P1 to CNV-P7
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import msgspec

from chalicelib import logs
from chalicelib.hub import content, cursor, kinds, memory
from chalicelib.hub.asked import OWNED, Asked, Said, said_in
from chalicelib.hub.convert import Conversion
from chalicelib.hub.cursor import NextPage
from chalicelib.hub.legs import Leg
from chalicelib.ocpi import charset, envelope, jsontext, messages, modules, paging, patching, routing
from chalicelib.ocpi.envelope import Opened
from chalicelib.ocpi.errors import HubError, InvalidParameters
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.partner import host_of
from chalicelib.partners import parties
from chalicelib.store.object_items import folded

LONGEST_ID = 100
# Headers of an answer that say something of its data, or of when to ask again.
PASSED_ON = ("X-Total-Count", "X-Limit", "Retry-After", "Allow")
_list = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True)
class Outgoing:
    """A request as the far side gets it, and what its version could not say."""

    method: str
    url: str
    body: bytes | None = None
    losses: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Needs:
    """A PATCH that the far side's version has no words for: its object is fetched, changed and sent whole."""

    kind: str
    changes: Mapping[str, Any]
    losses: list[str]


def outgoing(asked: Asked, leg: Leg, response_url: str = "") -> Outgoing | Needs:
    """The request in the words of the far side, its result led to `response_url`.

    Raises InvalidParameters, HubError.
    """
    request, operation = asked.call.request, asked.call.operation
    url = target(asked, leg, response_url)
    losses: list[str] = []
    if asked.version == leg.version or not request.body.strip():
        body: bytes | None = asked.body or None
        if response_url and asked.said.response_url is not None:
            body = jsontext.dumps({**asked.call.json_object, "response_url": response_url}).encode()
        return _spelled(leg, Outgoing(request.method, url, body))
    if leg.version not in operation.versions and request.method != "PATCH":
        raise HubError(f"{leg.name} speaks {leg.version}, which has no such request")
    kind = _kind_asked(asked)
    if not kind:
        return _spelled(leg, Outgoing(request.method, url, asked.body))
    conversion = _conversion(asked, leg, asked.version, leg.version)
    partial = request.method == "PATCH"
    canonical = conversion.read(kind, asked.call.json_object, partial)
    if partial and (leg.version not in operation.versions or _differs(kind, canonical, asked, leg)):
        return Needs(kind, canonical, conversion.losses)
    written = conversion.write(kind, canonical, partial)
    losses = conversion.losses
    if written is None and partial:
        return Needs(kind, canonical, losses)
    if written is None:
        raise HubError(f"cannot be said in {leg.version}, which {leg.name} speaks")
    if response_url:
        written = {**written, "response_url": response_url}
    return _spelled(leg, Outgoing(request.method, url, jsontext.dumps(written).encode(), losses))


def whole(asked: Asked, leg: Leg, needs: Needs, found: str) -> Outgoing:
    """The object that the far side has, with the changes in it, as the PUT of it."""
    known = _conversion(asked, leg, leg.version, leg.version)
    stored = known.read(needs.kind, jsontext.loads(found))
    changes = dict(needs.changes)
    if asked.version == modules.V211 and "charging_periods" in changes:
        stored = {**stored, "charging_periods": []}  # there a PATCH replaces them (SES-17)
    merged = patching.merge(needs.kind, stored, changes, modules.V230)
    written = known.write(needs.kind, merged)
    if written is None:
        raise HubError(f"cannot be said in {leg.version}, which {leg.name} speaks")
    body = jsontext.dumps(written).encode()
    return _spelled(leg, Outgoing("PUT", target(asked, leg, ""), body, needs.losses + known.losses))


def target(asked: Asked, leg: Leg, response_url: str) -> str:
    """The URL at the far side, the query with it."""
    request = asked.call.request
    url = routing.join(leg.url, *request.segments)
    query = dict(request.query)
    if "response_url" in query and response_url:
        query["response_url"] = response_url
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def incoming(
    asked: Asked,
    leg: Leg,
    status: int,
    received: Mapping[str, str],
    text: bytes,
    said: Opened,
    losses: list[str],
) -> Reply:
    """What the requester is answered. Raises HubError."""
    code, data = said.status_code, said.data
    good = code < 2000 and status < 300
    if good and data is not None:
        data = _data(asked, leg, data, losses)
    headers = _headers(asked, leg, received, good)
    reply = Reply(data, code, said.message, status, headers)
    if code == 2000 and status == 404 and leg.version == modules.V211 and asked.module == "tokens":
        reply = dataclasses.replace(reply, status_code=2004)  # CNV-110
    if asked.version == modules.V211 and code in envelope.IN_2_1_1:
        status = 404 if code == 2004 else status
        reply = dataclasses.replace(reply, status_code=envelope.IN_2_1_1[code], http_status=status)
    same_words = modules.V211 not in (asked.version, leg.version) or asked.version == leg.version
    if same_words and data is said.data and reply.status_code == code:
        return dataclasses.replace(reply, body=text.decode("utf-8-sig"))
    return reply


def bare(asked: Asked, leg: Leg, received: Mapping[str, str], status: int, message: str) -> Reply:
    """A refusal in HTTP alone, in an envelope of ours."""
    reply = Reply(None, 2000, message, status, _headers(asked, leg, received, False))
    unknown_token = status == 404 and asked.module == "tokens" and asked.version != modules.V211
    return dataclasses.replace(reply, status_code=2004) if unknown_token else reply


def sender(leg: Leg, received: Mapping[str, str]) -> Party | None:
    """The party that answered: the one asked, else whom its hub found."""
    if leg.party is not None:
        return leg.party
    names = (messages.FROM_COUNTRY, messages.FROM_PARTY)
    country, party = (received.get(name.lower(), "").strip().upper() for name in names)
    return (country, party) if country and party else leg.partner.hub_party


def _headers(asked: Asked, leg: Leg, received: Mapping[str, str], good: bool) -> dict[str, str]:
    found = {name: received[name.lower()] for name in PASSED_ON if name.lower() in received}
    found = {name: value for name, value in found.items() if value.isascii() and value.isprintable()}
    answerer = sender(leg, received)
    if asked.version != modules.V211 and answerer is not None:
        requester = asked.requester
        found |= {messages.TO_COUNTRY: requester[0], messages.TO_PARTY: requester[1]}
        found |= {messages.FROM_COUNTRY: answerer[0], messages.FROM_PARTY: answerer[1]}
    if good and "link" in received and answerer is not None:
        link = _next(asked, leg, answerer, received["link"])
        found |= {"Link": f'<{link}>; rel="next"'} if link else {}
    if good and asked.module == "cdrs" and asked.method == "POST" and answerer is not None:
        location = _cdr_url(asked, leg, answerer, received.get("location", ""))
        found |= {"Location": location} if location else {}
    return found


def _next(asked: Asked, leg: Leg, answerer: Party, header: str) -> str:
    """A next link of ours that leads to the partner's, if that leads to a host it announced."""
    there = paging.next_link(header)
    url = paging.absolute(target(asked, leg, ""), there)
    if not url or host_of(url) not in leg.partner.hosts():
        return ""
    platform = asked.platform
    page = NextPage(answerer, asked.requester, url)
    sealed = cursor.seal(platform, asked.call.partner.id, asked.place, page)
    if sealed is None:
        logs.log("WARNING", "next link too long to be passed on", partner=leg.partner.id, module=asked.module)
        return ""
    ours = platform.endpoint_url(asked.version, asked.interface, asked.module)
    return f"{ours}?{urlencode({'cursor': sealed})}"


def _cdr_url(asked: Asked, leg: Leg, answerer: Party, location: str) -> str:
    """Where its CPO can read the CDR through us."""
    owner, id = asked.said.owner or asked.requester, asked.said.id
    if not isinstance(id, str) or not 0 < len(id) <= LONGEST_ID:
        return ""
    theirs = paging.absolute(leg.url, location)
    if host_of(theirs) not in leg.partner.hosts():
        theirs = ""
    memory.remember_cdr(asked.platform, owner, id, memory.CdrPlace(answerer, theirs))
    return routing.join(asked.platform.endpoint_url(asked.version, modules.RECEIVER, "cdrs"), *owner, id)


# objects in an answer


def _data(asked: Asked, leg: Leg, data: str, losses: list[str]) -> str:
    """The data as the requester gets it; the same text where nothing has to be changed."""
    operation = asked.call.operation
    kind = kinds.answered(asked.module, asked.interface, asked.method, operation.shape)
    if not kind:
        return data
    converts = asked.version != leg.version
    guarded = asked.method == "GET" and kind != "charging_profile_response"
    if asked.method != "GET" or operation.shape != modules.LIST:
        whole = _only_object(leg, data)
        if guarded and not _may_pass(asked, leg, _said(whole)):
            raise HubError(f"{leg.name} answered with what is not its own to show")
        return _converted(asked, leg, kind, whole, losses) if converts else data
    texts = [bytes(each).decode() for each in _elements(data)]
    passed = [each for each in texts if not guarded or _may_pass(asked, leg, _said(each))]
    if len(passed) < len(texts):
        logs.log(
            "WARNING",
            "withheld objects that are not the answering party's, or not the asking one's",
            partner=leg.partner.id,
            module=asked.module,
            count=len(texts) - len(passed),
        )
    elif not converts:
        return data
    if converts:
        said = (_element(asked, leg, kind, text, losses) for text in passed)
        passed = [each for each in said if each is not None]
    return f"[{','.join(passed)}]"


def _only_object(leg: Leg, data: str) -> str:
    """The object in the data, also the only one of a list. Raises HubError where there is none."""
    text = data.lstrip()
    if text[:1] == "[":
        found = _elements(text)
        text = bytes(found[0]).decode().lstrip() if len(found) == 1 else ""
    if text[:1] != "{":
        raise HubError(f"{leg.name} answered with no object")
    return text


def _elements(data: str) -> list[msgspec.Raw]:
    try:
        return _list.decode(data)
    except (ValueError, RecursionError):
        raise HubError("the answer is not a list of objects") from None


def _said(text: str) -> Said:
    try:
        return said_in(text.encode())
    except (ValueError, InvalidParameters):
        return Said(country_code="?", party_id="?")


def _may_pass(asked: Asked, leg: Leg, said: Said) -> bool:
    """Whether an object is the answering party's to show, and the asking one's to see."""
    if asked.interface == modules.RECEIVER:
        if asked.call.url_party is not None and said.contradicts(asked.call.url_party):
            return False
    elif not _is_theirs(asked, leg, said):
        return False
    if asked.module not in ("sessions", "cdrs") or (asked.interface == modules.RECEIVER and asked.is_own):
        return True
    if leg.version != modules.V211:
        # Which of its Sessions are delegated to a provider, the CPO says.
        return said.emsp == asked.requester or (asked.module == "sessions" and asked.is_provider)
    known = content.token(asked.platform, said.auth_id) if isinstance(said.auth_id, str) else None
    return (
        known is not None
        and (
            folded(known["country_code"]),
            folded(known["party_id"]),
        )
        == asked.requester
    )


def _is_theirs(asked: Asked, leg: Leg, said: Said) -> bool:
    """Whether an object is of a party behind this leg, which the asking one has an agreement with."""
    platform, owner = asked.platform, said.owner or leg.party
    if owner is None or said.contradicts(owner):
        return said.country_code is None and said.party_id is None
    if not parties.speaks_for(platform, leg.partner, owner, parties.owners(asked.module)):
        return False
    return parties.agreed(platform, asked.requester, owner, asked.module)


def _element(asked: Asked, leg: Leg, kind: str, text: str, losses: list[str]) -> str | None:
    """An element of a list; None where it cannot be read or said."""
    try:
        return _converted(asked, leg, kind, text, losses)
    except (HubError, jsontext.MalformedJson):
        return None


def _converted(asked: Asked, leg: Leg, kind: str, text: str, losses: list[str]) -> str:
    conversion = _conversion(asked, leg, leg.version, asked.version)
    try:
        written = conversion.whole(kind, jsontext.loads(text))
    except InvalidParameters as problem:
        raise HubError(f"{leg.name} answered what cannot be read: {problem.status_message}") from None
    losses += conversion.losses
    if written is None:
        raise HubError(f"{leg.name} answered what cannot be said in {asked.version}")
    return jsontext.dumps(written)


# versions


def _conversion(asked: Asked, leg: Leg, before: str, after: str) -> Conversion:
    """Between the requester's version and the far side's, with what 2.1.1 leaves out on either side."""
    owner: Party | None
    emsp: Party | None
    if asked.interface == modules.RECEIVER and asked.module in OWNED:
        owner, emsp = asked.call.url_party or asked.said.owner or asked.requester, leg.party
    elif asked.module == "tokens":
        owner, emsp = leg.party, leg.party
    elif asked.module == "commands":
        owner, emsp = asked.requester, asked.requester
    else:
        owner, emsp = leg.party, asked.requester
    query = asked.call.request.query
    return Conversion(
        asked.platform,
        before,
        after,
        owner=owner,
        emsp=emsp,
        uid=asked.call.params.get("token_uid", ""),
        type=query.get("type") or query.get("token_type") or "",
    )


def _kind_asked(asked: Asked) -> str:
    operation, params = asked.call.operation, asked.call.params
    return kinds.asked(
        asked.module, asked.interface, asked.method, operation.shape, params.get("command", "")
    )


def _differs(kind: str, changes: Mapping[str, Any], asked: Asked, leg: Leg) -> bool:
    """Whether a PATCH means another thing there: 2.1.1 replaces periods, later versions append (CNV-P7)."""
    return (
        kind == "session" and "charging_periods" in changes and modules.V211 in (asked.version, leg.version)
    )


def _spelled(leg: Leg, out: Outgoing) -> Outgoing:
    if out.body is None or not leg.partner.reads_ascii_only:
        return out
    return dataclasses.replace(out, body=charset.plain(charset.shown(out.body)).encode())
