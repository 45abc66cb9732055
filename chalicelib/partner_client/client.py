"""HTTP to a partner: one request, its answer, and whether a failure is final.

Nothing is repeated here; whoever calls knows whether that is safe. The one
exception is a token that was exchanged while we held an older copy of it.

Spec: transport_and_format; TRA-01 to TRA-11, TRA-80 to TRA-86, STA-11, STA-27; AMB-01, AMB-02, AMB-21
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.ocpi import charset, jsontext, links, messages, modules
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.messages import Party
from chalicelib.partner import host_of
from chalicelib.partner_client import secrets, transcript, url_guard
from chalicelib.store.messages import FAILED

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment
    from chalicelib.partner import Partner
    from chalicelib.store.messages import Messages
    from chalicelib.store.partners import Partners

LARGEST_ANSWER = 8 * 1024 * 1024
MOST_REDIRECTS = 3
LONGEST_WAIT = 24 * 3600

# As `to_party`: no party is named, a hub finds the receiver (open routing, HUB-26).
OPEN: Party = ("", "")

# Refusals that are none: the request may be right later.
_LATER = (408, 425, 429)
# The server says that it did not do it.
_NOT_DONE = (408, 425, 429, 501, 503)


@dataclass(frozen=True)
class Answer:
    """What a partner answered with success: HTTP 2xx and an OCPI code of 1xxx (STA-11)."""

    http_status: int
    status_code: int
    message: str
    data: Any
    text: str = field(repr=False, default="")
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Relayed:
    """A partner's answer as it came (`status` 0: none did, for the `problem`), and the id of its request."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    text: bytes = field(repr=False, default=b"")
    problem: PartnerUnreachable | None = None
    request_id: str = ""
    seconds: float = 0.0


class PartnerClient:
    """Calls partners over connections that are kept open."""

    def __init__(self, deployment: Deployment, partners: Partners, kept: Messages) -> None:
        self._deployment, self._partners, self._kept = deployment, partners, kept

    def call(
        self,
        partner: Partner,
        method: str,
        url: str,
        *,
        body: str | None = None,
        module: str = "",
        from_party: Party | None = None,
        to_party: Party | None = None,
        correlation_id: str = "",
        timeout: float = 10,
        token: str | None = None,
        version: str = "",
    ) -> Answer:
        """The answer to one request. Raises PartnerRefused or PartnerUnreachable.

        `timeout` seconds are for all of it. `token` replaces the one we hold for
        the partner. The URL's host must be one that it announced (ARC-20).
        """
        if host_of(url) not in partner.hosts():
            raise PartnerRefused(
                0, 0, f"{host_of(url)[:100] or 'this'} is no host that the partner announced"
            )
        if token is None and not partner.outbound:
            raise PartnerRefused(0, 0, f"the partner is {partner.state} and gave us no token")
        chosen = version or partner.version
        presented = self._partners.outbound_token(partner) if token is None else token
        headers = self._headers(partner, module, chosen, from_party, to_party, body is not None)
        headers[messages.CORRELATION_ID] = correlation_id or str(uuid.uuid4())
        try:
            return self._once(partner, method, url, body, module, chosen, headers, timeout, presented)
        except PartnerRefused as refusal:
            if refusal.http_status != 401 or token is not None:
                raise
            newer = self._partners.get(partner.id, fresh=True)
            if newer is None or newer.outbound in ("", partner.outbound):
                raise
        presented = self._partners.outbound_token(newer)
        return self._once(newer, method, url, body, module, chosen, headers, timeout, presented)

    def relay(
        self,
        partner: Partner,
        method: str,
        url: str,
        *,
        body: bytes | None,
        module: str,
        headers: Mapping[str, str],
        timeout: float,
    ) -> Relayed:
        """Whatever a partner answers, unjudged, with the X-Request-ID of this leg: a hub hands it on.

        No redirect is followed. Our token is blanked in the answer. The URL's host must be one that
        the partner announced (ARC-20).
        """
        sent = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "ocpi", **headers}
        if body is not None:
            sent["Content-Type"] = "application/json"
        started = time.monotonic()
        found, token = Relayed(), ""
        try:
            if host_of(url) not in partner.hosts():
                raise PartnerUnreachable(
                    f"{host_of(url)[:100] or 'this'} is no host that the partner announced"
                )
            token = self._partners.outbound_token(partner)
            sent["Authorization"] = messages.encode_token(token, partner.token_form)
            status, received, text = self._exchange(method, url, body, sent, timeout, follow=False)
            text = secrets.blanked_body(text, secrets.forms(token))
            found = Relayed(status, received, text)
        except PartnerUnreachable as problem:
            found = Relayed(problem=problem)
        except PartnerRefused as refusal:  # a URL that is none
            found = Relayed(problem=PartnerUnreachable(refusal.message))
        found = replace(
            found, request_id=sent.get(messages.REQUEST_ID, ""), seconds=time.monotonic() - started
        )
        logs.log(
            "INFO" if found.status else "WARNING",
            "partner call",
            partner=partner.id,
            module=module or None,
            method=method,
            host=host_of(url),
            status=found.status or None,
            outcome="relayed" if found.status else "unreachable",
            reason=found.problem.reason[:300] if found.problem else None,
            duration_ms=round(found.seconds * 1000),
            outbound_request_id=found.request_id or None,
        )
        self._keep_relayed(partner, method, url, module, sent, body, found, token)
        return found

    def post(self, url: str, body: str, headers: Mapping[str, str], timeout: float) -> tuple[int, int | None]:
        """HTTP status and Retry-After seconds of a POST that is no OCPI request, as a webhook is none.

        Raises PartnerRefused for a URL that is never called, PartnerUnreachable where nobody answers.
        """
        status, received, _ = self._exchange("POST", url, body, dict(headers), timeout)
        return status, _retry_after(received.get("retry-after", ""))

    def guard(self, url: str, partner: Partner | None) -> None:
        """Refuse a hostile URL, or one at a host this partner did not announce. Raises InvalidParameters."""
        url_guard.guard(url, self._deployment.settings.allow_private_urls)
        if partner is not None and host_of(url) not in partner.hosts():
            raise InvalidParameters(f"{host_of(url)[:100]} is not a host you announced")

    def _headers(
        self,
        partner: Partner,
        module: str,
        version: str,
        from_party: Party | None,
        to_party: Party | None,
        has_body: bool,
    ) -> dict[str, str]:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "ocpi"}
        if has_body:
            headers["Content-Type"] = "application/json"
        row = modules.BY_ID.get(module)
        if row is None or not row.functional or version == modules.V211:
            return headers  # VER-23, CRE-52, HUB-02, CNV-03
        sender = from_party or next((each.party for each in self._deployment.settings.parties), None)
        receiver = to_party or partner.hub_party or next((role.party for role in partner.roles), None)
        if sender:
            headers |= {messages.FROM_COUNTRY: sender[0], messages.FROM_PARTY: sender[1]}
        if receiver and receiver != OPEN:
            headers |= {messages.TO_COUNTRY: receiver[0], messages.TO_PARTY: receiver[1]}
        return headers

    def _once(
        self,
        partner: Partner,
        method: str,
        url: str,
        body: str | None,
        module: str,
        version: str,
        headers: dict[str, str],
        timeout: float,
        token: str,
    ) -> Answer:
        headers = {**headers, "Authorization": messages.encode_token(token, partner.token_form)}
        started = time.monotonic()
        at = self._deployment.clock()
        heard, code, outcome, reason = transcript.Heard(), 0, "unreachable", None
        try:
            status, received, text = self._exchange(method, url, body, headers, timeout)
            heard = transcript.Heard(status, received, text)
            blanks = secrets.forms(token)
            answer = _understood(status, received, text, blanks, whole=bool(module))
            code, outcome = answer.status_code, "ok"
            return answer
        except PartnerRefused as refusal:
            code, outcome, reason = refusal.status_code, "refused", refusal.message
            raise
        except PartnerUnreachable as problem:
            reason = problem.reason
            raise
        finally:
            duration = round((time.monotonic() - started) * 1000)
            logs.log(
                "INFO" if outcome == "ok" else "WARNING",
                "partner call",
                partner=partner.id,
                module=module or None,
                method=method,
                host=host_of(url),
                status=heard.status or None,
                ocpi_status=code or None,
                outcome=outcome,
                reason=reason[:300] if reason else None,
                duration_ms=duration,
                outbound_request_id=headers.get(messages.REQUEST_ID),
                outbound_correlation_id=headers[messages.CORRELATION_ID],
            )
            told = FAILED if outcome == "unreachable" else outcome
            if self._kept.keeps(told, is_plain=transcript.plain(method, module)):
                said = transcript.sent(
                    at, partner.id, method, url, module, version, headers, body, heard, token
                )
                said = replace(
                    said, outcome=told, status_code=code, reason=(reason or "")[:300], duration_ms=duration
                )
                self._kept.note(said)

    def _keep_relayed(
        self,
        partner: Partner,
        method: str,
        url: str,
        module: str,
        headers: Mapping[str, str],
        body: bytes | None,
        found: Relayed,
        token: str,
    ) -> None:
        """Keep what was relayed as any request of ours is kept (section 14)."""
        opened = messages.opened(found.text)
        code = opened.status_code if opened else 0
        told = transcript.outcome(code) if code else FAILED
        if not self._kept.keeps(told, is_plain=transcript.plain(method, module)):
            return
        heard = transcript.Heard(found.status, found.headers, found.text)
        text = body.decode("utf-8", "replace") if body is not None else None
        at = self._deployment.clock()
        said = transcript.sent(
            at, partner.id, method, url, module, partner.version, headers, text, heard, token
        )
        reason = found.problem.reason if found.problem else opened.message if opened else ""
        reason = secrets.blanked(reason, secrets.forms(token)) if token and code != 1000 else ""
        duration = round(found.seconds * 1000)
        self._kept.note(
            replace(said, outcome=told, status_code=code, reason=reason[:300], duration_ms=duration)
        )

    def _exchange(
        self,
        method: str,
        url: str,
        body: str | bytes | None,
        headers: dict[str, str],
        timeout: float,
        follow: bool = True,
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the last answer, same-host redirects of a GET followed."""
        from chalicelib.partner_client import transport as connections

        until = connections.deadline.set(time.monotonic() + timeout)
        state = connections.state.set(connections.State())
        try:
            for _ in range(MOST_REDIRECTS + 1):
                self._check(url)
                status, received, text = self._sent(method, url, body, headers)
                if not follow or not 300 <= status < 400:
                    return status, received, text
                target = links.absolute(url, received.get("location", ""))
                if method != "GET" or not received.get("location"):
                    raise PartnerUnreachable(f"answered HTTP {status}, a redirect")
                if host_of(target) != host_of(url) or target.split(":")[0] != url.split(":")[0]:
                    raise PartnerUnreachable("redirects to another host, where the token must not go")
                url = target
            raise PartnerUnreachable(f"more than {MOST_REDIRECTS} redirects")
        finally:
            connections.deadline.reset(until)
            connections.state.reset(state)

    def _check(self, url: str) -> None:
        try:
            url_guard.check_form(url, self._deployment.settings.allow_private_urls)
        except InvalidParameters as problem:
            raise PartnerRefused(0, 0, problem.message) from None

    def _sent(
        self, method: str, url: str, body: str | bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """The same, once more where a kept connection turned out to be dead and repeating is safe."""
        from chalicelib.partner_client import transport as connections

        try:
            return self._send(method, url, body, headers)
        except PartnerUnreachable as problem:
            was_dead = connections.state.get().kept_was_dead and not problem.timed_out
            if method not in ("GET", "PUT", "DELETE") or not was_dead:
                raise
        dead = headers[messages.REQUEST_ID]
        logs.log("INFO", "sent again on a fresh connection", method=method, outbound_request_id=dead)
        return self._send(method, url, body, headers)

    def _send(
        self, method: str, url: str, body: str | bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        import http.client

        from urllib3.exceptions import HTTPError, NewConnectionError

        from chalicelib.partner_client import transport as connections

        response = None
        headers[messages.REQUEST_ID] = str(uuid.uuid4())  # of each request that is sent (TRA-80)
        try:
            response = self._pools.urlopen(
                method,
                url,
                body=body.encode() if isinstance(body, str) else body,
                headers=headers,
                redirect=False,
                retries=False,
                timeout=connections.remaining(),
                preload_content=False,
                decode_content=False,
            )
            text = _read(response)
            # A header that came several times is one list.
            return response.status, {name.lower(): response.headers[name] for name in response.headers}, text
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as problem:
            if response is not None:
                response.close()
            sent = connections.state.get().failed(answered=response is not None)
            cause = problem.__cause__ if isinstance(problem, NewConnectionError) else None
            words = str(cause) if isinstance(cause, url_guard.ForbiddenAddress) else _words(problem)
            late = sent and words == "no answer in time"
            raise PartnerUnreachable(words, outcome_unknown=sent, timed_out=late) from None

    @cached_property
    def _pools(self) -> Any:
        from chalicelib.partner_client import transport as connections

        return connections.manager(self._deployment.settings.allow_private_urls)


def _read(response: Any) -> bytes:
    """The whole body, the connection given back. Raises ValueError when there is too much of it."""
    parts, size = [], 0
    for part in response.stream(65536, decode_content=False):
        size += len(part)
        if size > LARGEST_ANSWER:
            raise ValueError(f"answered more than {LARGEST_ANSWER} bytes")
        parts.append(part)
    response.release_conn()
    return b"".join(parts)


def _understood(
    status: int, headers: Mapping[str, str], text: bytes, blanks: secrets.Forms, *, whole: bool
) -> Answer:
    """The answer in an envelope, if it is one and says success. Raises PartnerRefused, PartnerUnreachable.

    Our token, in these forms, is blanked in what the partner says, in the `whole` answer where it
    is none that hands tokens over.
    """
    if whole:
        text = secrets.blanked_body(text, blanks)
    code, said, envelope = _envelope(text)
    message = _printable(secrets.blanked(said, blanks))
    words = message or _printable(secrets.blanked(text[:20_000].decode("utf-8", "replace"), blanks).strip())
    if 400 <= status < 500 and status not in _LATER:
        own = bool(code) and not 3000 <= code < 4000 and status not in (401, 403)
        raise PartnerRefused(status, code, words or f"HTTP {status}", own)
    wait = _retry_after(headers.get("retry-after", ""))
    unknown = status not in _NOT_DONE
    if status >= 400:
        raise PartnerUnreachable(f"HTTP {status} {words}".strip(), wait, unknown, status)
    if not code:
        raise PartnerUnreachable(f"HTTP {status} without an OCPI envelope: {words}"[:500], wait, True, status)
    if 2000 <= code < 3000 or code == 4001:
        raise PartnerRefused(status, code, message)
    if not 1000 <= code < 2000:
        # 4002: a hub forwarded it and heard nothing in time (STA-24)
        raise PartnerUnreachable(f"{code} {message}".strip(), wait, code == 4002, status)
    return Answer(
        status, code, message, envelope.get("data"), text.decode("utf-8-sig", "replace"), headers=headers
    )


def _envelope(text: bytes) -> tuple[int, str, dict[str, Any]]:
    """status_code (0: this is no envelope), status_message and the whole."""
    try:
        envelope = jsontext.loads(charset.read(text)[0])
    except ValueError:
        return 0, "", {}
    if not isinstance(envelope, dict):
        return 0, "", {}
    message = envelope.get("status_message")
    return (
        messages.status_code(envelope.get("status_code")),
        message if isinstance(message, str) else "",
        envelope,
    )


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text[:500])


def _retry_after(value: str) -> int | None:
    """Seconds of a Retry-After header, which names them or a date; None for anything else."""
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return min(int(value), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, min(round((moment - datetime.now(UTC)).total_seconds()), LONGEST_WAIT))


def _words(problem: Exception) -> str:
    """A failure in a few words of ours: those of the library may hold addresses and headers."""
    name = type(problem).__name__
    known = {
        "ConnectTimeoutError": "no connection in time",
        "NewConnectionError": "no connection",
        "NameResolutionError": "the name does not resolve",
        "ReadTimeoutError": "no answer in time",
        "TimeoutError": "no answer in time",
        "SSLError": "the TLS certificate or handshake is not acceptable",
        "ProtocolError": "the connection broke",
        "IncompleteRead": "the connection broke",
        "RemoteDisconnected": "the connection broke",
        "ConnectionResetError": "the connection broke",
    }
    return str(problem) if name == "ValueError" else known.get(name, name)
