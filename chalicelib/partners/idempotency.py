"""A request that comes twice is recognized, since a client that heard no answer sends it again.

An object can be written twice without harm; a charge point is told once. Whoever repeats
a command or a profile request under its X-Request-ID gets the first one's response, and
one result follows. 2.1.1 has no such header: where it is absent each request is a new one.

Spec: ARC-17, TRA-80
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from chalicelib.ocpi.timestamps import seconds_between
from chalicelib.store.requests import new_id

if TYPE_CHECKING:
    from chalicelib.partners.call import Call
    from chalicelib.store.requests import AsyncRequest

# Seconds. Some clients write one X-Request-ID on everything: the same command later is another one.
REMEMBERED = 120


def look(call: Call) -> tuple[str, AsyncRequest | None]:
    """The id that a request is to be kept under, and the one that it repeats, if any."""
    request = call.request
    if not request.request_id:
        return new_id(), None
    what = (
        call.partner.id,
        request.request_id,
        request.from_party,
        request.to_party,
        request.method,
        request.module,
        request.segments,
        sorted(request.query.items()),
        request.body,
    )
    id = base64.urlsafe_b64encode(hashlib.sha256(repr(what).encode()).digest()[:24]).decode()
    before = call.platform.requests.get(id)
    if before is None:
        return id, None
    if seconds_between(before.created_at, call.platform.clock()) <= REMEMBERED:
        return id, before
    return new_id(), None
