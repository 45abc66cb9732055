"""A token of ours is blanked in what a partner says back before anybody keeps or shows it.

Contract: design section 10; ARC-19
"""

from __future__ import annotations

import base64
from urllib.parse import quote

BLANK = "***"
# A shorter token may be a word that people use: in an object it stays, in a refusal it costs nothing.
SHORTEST_IN_AN_OBJECT = 12
SHORTEST = 3

Forms = tuple[str, ...]


def forms(token: str) -> Forms:
    """How a token may be written: in clear, for a URL, in Base64 with and without padding, longest first."""
    raw = token.encode()
    coded = [base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()]
    found = {token, quote(token, safe=""), *coded, *(each.rstrip("=") for each in coded)}
    found |= {each.replace("/", "\\/") for each in found}  # as some write JSON
    return tuple(sorted((each for each in found if len(each) >= SHORTEST), key=len, reverse=True))


def blanked(text: str, of: Forms) -> str:
    """Words without the token."""
    for each in of:
        text = text.replace(each, BLANK)
    return text


def blanked_body(body: bytes, of: Forms) -> bytes:
    """A body without the token, objects in it included."""
    for each in of:
        if len(each) >= SHORTEST_IN_AN_OBJECT:
            body = body.replace(each.encode(), BLANK.encode())
    return body
