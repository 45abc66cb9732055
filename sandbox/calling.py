"""Our requests to a peer: headers, body, what came back, and the page after the page."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests

from sandbox.conduct import Call
from sandbox.holding import Exchange
from sandbox.messages import dumps, loads, token_header
from sandbox.parties import CONFIGURATION, FOR_ONE, OTHER_SIDE, fitting
from sandbox.peers import Peer

if TYPE_CHECKING:
    from sandbox.partner import Partner

TIMEOUT = 15.0
MOST_PAGES = 1000
NONE: Any = object()


class CallFailed(Exception):
    """A peer that could not be reached, or did not answer as OCPI has it."""


@dataclass(frozen=True)
class Reply:
    """What a peer answered."""

    status: int
    headers: dict[str, str]  # names in lower case
    text: str

    @property
    def json(self) -> Any:
        try:
            return loads(self.text)
        except ValueError:
            return None

    @property
    def code(self) -> int:
        """The OCPI status_code; 0 where there is no envelope."""
        found = self.json
        code = found.get("status_code") if isinstance(found, dict) else None
        return code if isinstance(code, int) else 0

    @property
    def data(self) -> Any:
        found = self.json
        return found.get("data") if isinstance(found, dict) else None

    @property
    def ok(self) -> bool:
        return self.status < 300 and 1000 <= self.code < 2000

    def shown(self) -> dict[str, Any]:
        message = self.json.get("status_message") if isinstance(self.json, dict) else None
        return {"status": self.status, "status_code": self.code, "message": message, "data": self.data}


def call(
    partner: Partner,
    peer: Peer,
    method: str,
    url: str,
    body: Any = NONE,
    module: str = "",
    side: str = "",
    token: str = "",
    headers: dict[str, str] | None = None,
    owner: tuple[str, str] | None = None,
    to: tuple[str, str] | None = None,
) -> Reply:
    """Ask a peer; `side` is the interface asked, `owner` our party that asks. Raises CallFailed."""
    version = peer.version or partner.version
    made = {
        "Authorization": token_header(token or peer.token_out, version),
        "X-Request-ID": str(uuid.uuid4()),
        "X-Correlation-ID": str(uuid.uuid4()),
    }
    if module not in CONFIGURATION and module != "credentials" and module and version != "2.1.1":
        made |= _routing(partner, peer, module, side, owner, to)
    if body is not NONE:
        made["Content-Type"] = "application/json"
    made = {**{name: made[name] for name in made if name.lower() not in (headers or {})}, **(headers or {})}
    sent = Call(method, url, made, body, module, side, peer)
    for each in partner.conduct.at("call", module, method):
        each.do(partner, sent)
    reply = _send(partner, sent)
    if reply.status in (301, 302, 307, 308) and partner.conduct.breaks("follows_redirects"):
        sent.url = urljoin(sent.url, reply.headers.get("location", ""))
        sent.headers["X-Request-ID"] = str(uuid.uuid4())
        reply = _send(partner, sent)
    return reply


def _routing(
    partner: Partner,
    peer: Peer,
    module: str,
    side: str,
    owner: tuple[str, str] | None,
    to: tuple[str, str] | None,
) -> dict[str, str]:
    ours = owner or partner.acting(module, OTHER_SIDE.get(side, "")).key
    theirs = to
    if theirs is None and peer.hub_party:
        theirs = None if module in FOR_ONE else peer.hub_party
    elif theirs is None and (found := fitting(peer.roles, module, side)):
        theirs = (found["country_code"], found["party_id"])
    made = {"OCPI-from-country-code": ours[0], "OCPI-from-party-id": ours[1]}
    if theirs:
        made |= {"OCPI-to-country-code": theirs[0], "OCPI-to-party-id": theirs[1]}
    return made


def _send(partner: Partner, sent: Call) -> Reply:
    text = "" if sent.body is NONE else sent.body if isinstance(sent.body, str) else dumps(sent.body)
    began, status, headers, answer = time.monotonic(), 0, {}, ""
    try:
        with partner.session.request(
            sent.method,
            sent.url,
            data=text.encode() if text else None,
            headers=sent.headers,
            timeout=TIMEOUT,
            allow_redirects=False,
        ) as found:
            status, answer = found.status_code, found.text
            headers = {name.lower(): value for name, value in found.headers.items()}
    except requests.RequestException as problem:
        answer = str(problem)
        raise CallFailed(f"{sent.method} {sent.url}: {problem}") from None
    finally:
        lower = {name.lower(): value for name, value in sent.headers.items()}
        took = round(time.monotonic() - began, 3)
        partner.log.add(
            Exchange(
                "sent", partner.now_text(), sent.method, sent.url, lower, text, status, headers, answer, took
            )
        )
    return Reply(status, headers, answer)


def pages(partner: Partner, peer: Peer, module: str, query: str = "", to: Any = None) -> Iterator[Reply]:
    """Every page of a list, by its links. Raises CallFailed, LookupError where it is not offered."""
    url = peer.url(module, "SENDER")
    url += f"?{query}" if query else ""
    seen: set[str] = set()
    while url and url not in seen and len(seen) < MOST_PAGES:
        seen.add(url)
        reply = call(partner, peer, "GET", url, module=module, side="SENDER", to=to)
        if not reply.ok or not isinstance(reply.data, list):
            raise CallFailed(f"GET {url}: HTTP {reply.status}, status_code {reply.code}: {reply.text[:300]}")
        yield reply
        following = _next(reply.headers.get("link", ""))
        if following and partner.conduct.breaks("pulls_by_offset", module):
            following = (
                f"{url.partition('?')[0]}?offset={len(seen) * len(reply.data)}&limit={len(reply.data)}"
            )
        url = "" if partner.conduct.breaks("pulls_first_page_only", module) else urljoin(url, following)
        if not following or not announced(peer, url):
            return


def _next(link: str) -> str:
    for each in link.split(","):
        found = re.match(r"\s*<([^>]*)>(.*)", each)
        if found and re.search(r"rel\s*=\s*[\"']?next\b", found[2]):
            return found[1]
    return ""


def announced(peer: Peer, url: str) -> bool:
    """Whether this URL is on a host that the peer told us of; others never get our token."""
    parts = urlsplit(url)
    known = {(urlsplit(each).scheme, urlsplit(each).netloc) for each in peer.hosts()}
    return (parts.scheme, parts.netloc) in known
