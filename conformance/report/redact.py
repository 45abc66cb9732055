"""Evidence as it may be shown: without credentials tokens, and not longer than a person reads."""

from __future__ import annotations

import base64
import re
from typing import Any

from conformance.peer import Exchange
from conformance.run import Outcome

HIDDEN = "•••"
MOST = 6000
SHOWN = ("content-type", "link", "location", "retry-after", "www-authenticate", "allow")


class Redaction:
    """Replaces every token that the run used, bare or in Base64, and the `token` of any Credentials."""

    def __init__(self, outcome: Outcome) -> None:
        forms = set()
        for secret in outcome.secrets:
            if secret:
                forms |= {secret, base64.b64encode(secret.encode()).decode()}
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        for each in self._forms:
            text = text.replace(each, HIDDEN)
        return re.sub(r'("token"\s*:\s*")[^"]*(")', rf"\g<1>{HIDDEN}\g<2>", text)

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        """The headers that say something, Authorization without its value."""
        found = {}
        for name, value in sorted(headers.items()):
            lower = name.lower()
            if lower == "authorization":
                found[name] = f"{value.partition(' ')[0][:10]} {HIDDEN}"
            elif lower in SHOWN or lower.startswith(("x-", "ocpi-")):
                found[name] = self.text(value)
        return found

    def body(self, body: str) -> str:
        shown = self.text(body)
        return shown if len(shown) <= MOST else f"{shown[:MOST]} ... ({len(shown)} characters)"

    def exchange(self, each: Exchange) -> dict[str, Any]:
        """A request and its answer for JSON and HTML."""
        return {
            "direction": "heard" if each.heard else "asked",
            "request": {
                "method": each.method,
                "url": self.text(each.url)[:2000],
                "headers": self.headers(each.request_headers),
                "body": self.body(each.request_body),
            },
            "answer": {
                "http_status": each.status or None,
                "problem": each.problem or None,
                "headers": self.headers(each.headers),
                "body": self.body(each.body),
                "milliseconds": round(each.seconds * 1000),
            },
        }
