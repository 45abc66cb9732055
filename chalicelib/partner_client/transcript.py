"""A transcript: what is kept of a request and its answer, without any credentials token.

The token that a request presents is blanked wherever it occurs, and of the
modules that hand tokens over every field of that name.

Contract: design sections 10 and 14; ARC-19, TRA-80 to TRA-86
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from chalicelib.logs import Subject
from chalicelib.logs import subject as subject_of_log
from chalicelib.ocpi import charset, envelope, jsontext, messages, modules
from chalicelib.ocpi.messages import Reply, Request
from chalicelib.partner_client import secrets
from chalicelib.store.messages import FAILED, OK, RECEIVED, REFUSED, SENT, Message

LONGEST_PATH, LONGEST_REASON = 500, 300
NOT_SHOWN = "(not shown: it may hold a credentials token)"
NOT_KEPT = "(not kept: passed on between two parties)"
# Modules that answer or take credentials tokens.
HANDS_TOKENS_OVER = ("credentials", "")


@dataclass(frozen=True)
class Heard:
    """A partner's answer: status, headers in lower case, body; `status` 0 where none came."""

    status: int = 0
    headers: Mapping[str, str] | None = None
    text: bytes = b""


def outcome(status_code: int) -> str:
    """What an OCPI code says."""
    return OK if status_code < 2000 else REFUSED if status_code < 3000 else FAILED


def plain(method: str, module: str) -> bool:
    """Whether the request in hand is a page of a list or the status of an EVSE: what there is most of."""
    found = _subject(module)
    if method == "GET":
        return module in modules.BY_ID and not found.id
    return module == "locations" and bool(found.part) and method in ("PUT", "PATCH")


def passed_on(kept: Message) -> Message:
    """What a hub passed on between two parties, without the object that is for these alone (AMB-28)."""
    row = modules.BY_ID.get(kept.module)
    if kept.module in modules.PUBLIC or (row is not None and not row.functional):
        return kept
    opened = envelope.opened(kept.response.encode())
    says_no_more = not kept.response or (opened is not None and opened.data is None)
    return replace(
        kept,
        request=NOT_KEPT if kept.request else "",
        response=kept.response if says_no_more else NOT_KEPT,
    )


def received(
    at: str,
    request: Request,
    reply: Reply,
    body: str,
    partner: str,
    token: str,
    ids: Mapping[str, str],
    *,
    duration_ms: int,
    lag_s: int,
) -> Message:
    """A partner's request with our answer: how long that took, and how old the object was when it came."""
    blanks = secrets.forms(token)
    path = "/".join(quote(each, safe="") for each in _steps(request))
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in request.query.items())
    found = _subject(request.module)
    return Message(
        at=at,
        direction=RECEIVED,
        partner=partner,
        module=request.module,
        method=request.method[:20],
        origin=request.base_url[:200],
        path=secrets.blanked(f"/{path}" + (f"?{query}" if query else ""), blanks)[:LONGEST_PATH],
        version=request.version[:20],
        owner=found.owner,
        object_id=found.id,
        part=found.part,
        from_party=_party(request.from_party),
        to_party=_party(request.to_party),
        http_status=reply.http_status,
        status_code=reply.status_code,
        outcome=outcome(reply.status_code),
        reason="" if reply.status_code < 2000 else secrets.blanked(reply.message, blanks)[:LONGEST_REASON],
        request_id=ids[messages.REQUEST_ID],
        correlation_id=ids[messages.CORRELATION_ID],
        request=_shown(charset.shown(request.body), request.module, blanks),
        response=_shown(body, request.module, blanks),
        duration_ms=duration_ms,
        lag_s=lag_s,
    )


def sent(
    at: str,
    partner: str,
    method: str,
    url: str,
    module: str,
    version: str,
    headers: Mapping[str, str],
    body: str | None,
    heard: Heard,
    token: str,
) -> Message:
    """A request of ours with its answer; its outcome is the caller's to say."""
    blanks = secrets.forms(token)
    parts = urlsplit(url)
    about = _subject(module)
    return Message(
        at=at,
        direction=SENT,
        partner=partner,
        module=module or _module_of(parts.path),
        method=method,
        origin=f"{parts.scheme}://{parts.netloc}",
        path=secrets.blanked(parts.path + (f"?{parts.query}" if parts.query else ""), blanks)[:LONGEST_PATH],
        version=version,
        owner=about.owner,
        object_id=about.id,
        part=about.part,
        from_party=_named(headers, messages.FROM_COUNTRY, messages.FROM_PARTY),
        to_party=_named(headers, messages.TO_COUNTRY, messages.TO_PARTY),
        http_status=heard.status,
        outcome=FAILED,
        request_id=headers.get(messages.REQUEST_ID, ""),
        correlation_id=headers.get(messages.CORRELATION_ID, ""),
        breaks=" ".join(broken(method, module, version, headers, heard)),
        request=_shown(body or "", module, blanks),
        response=_shown(charset.shown(heard.text), module, blanks),
    )


# What of the specification an answer breaks, for the scorecard.
RULES = {
    "no_envelope": "the body has no status_code: it is no OCPI envelope (TRA-12)",
    "no_timestamp": "the envelope has no timestamp (TRA-12)",
    "no_content_type": "Content-Type is not application/json (TRA-03)",
    "no_request_id": "X-Request-ID is not answered (TRA-80)",
    "other_request_id": "X-Request-ID is answered with another one (TRA-80)",
    "no_correlation_id": "X-Correlation-ID is not answered (TRA-81)",
    "no_total_count": "a list is answered without X-Total-Count (TRA-33)",
    "no_limit": "a list is answered without X-Limit (TRA-33)",
}


def broken(method: str, module: str, version: str, asked: Mapping[str, str], heard: Heard) -> list[str]:
    """The rules that an answer breaks, by their names in RULES."""
    if not heard.status:
        return []
    headers = heard.headers or {}
    found = []
    if b'"status_code"' not in heard.text:
        found.append("no_envelope")
    elif b'"timestamp"' not in heard.text:
        found.append("no_timestamp")
    if "application/json" not in headers.get("content-type", "").lower():
        found.append("no_content_type")
    if version != modules.V211 and module:
        echoed = headers.get("x-request-id", "")
        if not echoed:
            found.append("no_request_id")
        elif echoed != asked.get(messages.REQUEST_ID):
            found.append("other_request_id")
        if not headers.get("x-correlation-id"):
            found.append("no_correlation_id")
    if method == "GET" and module and heard.status < 300 and not _subject(module).id:
        found += [
            code
            for code, name in (("no_total_count", "x-total-count"), ("no_limit", "x-limit"))
            if not headers.get(name)
        ]
    return found


def lag_seconds(now: str, last_updated: Any) -> int:
    """How old an object was when it came; -1 where it does not say."""
    try:
        age = datetime.fromisoformat(now) - datetime.fromisoformat(str(last_updated))
    except (TypeError, ValueError):
        return -1
    return max(0, int(age.total_seconds()))


def without_tokens(text: str) -> str:
    """JSON with every field called `token` blanked; what is no JSON is not shown."""
    if not text.strip():
        return text
    try:
        return jsontext.dumps(_blanked(jsontext.loads(text)))
    except ValueError:
        return NOT_SHOWN


def _blanked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: secrets.BLANK if name.lower() == "token" and each is not None else _blanked(each)
            for name, each in value.items()
        }
    return [_blanked(each) for each in value] if isinstance(value, list) else value


def _shown(text: str, module: str, blanks: secrets.Forms) -> str:
    text = without_tokens(text) if module in HANDS_TOKENS_OVER else text
    return secrets.blanked(text, blanks)


def _subject(module: str) -> Subject:
    found = subject_of_log.get()
    return found if found is not None and found.module == module else Subject(module)


def _module_of(path: str) -> str:
    """Of what was asked without saying a module: credentials, else versions."""
    return "credentials" if path.rstrip("/").endswith("credentials") else "versions"


def _steps(request: Request) -> list[str]:
    if request.module == "versions":
        return ["ocpi", request.version or "versions"]
    return [
        "ocpi",
        *(each for each in (request.version, request.interface.lower(), request.module) if each),
        *request.segments,
    ]


def _party(party: tuple[str, str] | None) -> str:
    return "/".join(party) if party else ""


def _named(headers: Mapping[str, str], country: str, party: str) -> str:
    return f"{headers[country]}/{headers[party]}" if country in headers and party in headers else ""
