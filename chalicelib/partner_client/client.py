"""HTTP to a partner: one request, its answer, and whether a failure is final.

Nothing is repeated here; whoever calls knows whether that is safe. The one
exception is a token that was exchanged while we held an older copy of it.

Spec: transport_and_format; TRA-01 to TRA-11, TRA-80 to TRA-86, STA-11, STA-27; AMB-01, AMB-02, AMB-21
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib import logs
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.ocpi import charset, envelope, messages, modules
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.messages import OPEN, Party
from chalicelib.partner import host_of
from chalicelib.partner_client import answer, secrets, transcript, url_guard
from chalicelib.partner_client.answer import Answer, Relayed
from chalicelib.store.messages import FAILED

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment
    from chalicelib.partner import Partner
    from chalicelib.partner_client.exchange import Exchange
    from chalicelib.store.messages import Messages
    from chalicelib.store.partners import Partners


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
            status, received, text = self._exchange.perform(method, url, body, sent, timeout, follow=False)
            text = secrets.blanked_body(text, secrets.forms(token))
            found = Relayed(status, received, charset.utf_8(text))
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
        status, received, _ = self._exchange.perform("POST", url, body, dict(headers), timeout)
        return status, envelope.retry_after(received.get("retry-after", ""))

    def asked(self, url: str, body: str, headers: Mapping[str, str], timeout: float) -> tuple[int, bytes]:
        """HTTP status and body of a POST to the back end, which is no OCPI request. Raises as `post`."""
        status, _, answer = self._exchange.perform("POST", url, body, dict(headers), timeout)
        return status, answer

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
            status, received, text = self._exchange.perform(method, url, body, headers, timeout)
            heard = transcript.Heard(status, received, text)
            blanks = secrets.forms(token)
            understood = answer.judged(status, received, text, blanks, whole=bool(module))
            code, outcome = understood.status_code, "ok"
            return understood
        except PartnerRefused as refusal:
            code, outcome, reason = refusal.status_code, "refused", refusal.message
            raise
        except PartnerUnreachable as problem:
            reason = problem.reason
            said_by = messages.sender_of(heard.headers or {})
            problem.behind_hub = partner.is_hub and said_by not in (None, partner.hub_party)
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
        opened = envelope.opened(found.text)
        code = opened.status_code if opened else 0
        told = transcript.outcome(code) if code else FAILED
        if not self._kept.keeps(told, is_plain=transcript.plain(method, module)):
            return
        heard = transcript.Heard(found.status, found.headers, found.text)
        text = charset.shown(body) if body is not None else None
        at = self._deployment.clock()
        said = transcript.sent(
            at, partner.id, method, url, module, partner.version, headers, text, heard, token
        )
        reason = found.problem.reason if found.problem else opened.message if opened else ""
        reason = secrets.blanked(reason, secrets.forms(token)) if token and code != 1000 else ""
        duration = round(found.seconds * 1000)
        said = transcript.passed_on(said)
        self._kept.note(
            replace(said, outcome=told, status_code=code, reason=reason[:300], duration_ms=duration)
        )

    @cached_property
    def _exchange(self) -> Exchange:
        from chalicelib.partner_client.exchange import Exchange

        return Exchange(self._deployment.settings.allow_private_urls)
