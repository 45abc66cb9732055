"""A hub introduces who asks to a far side that may not have heard of it, and asks once more.

Whoever joins may ask before word of it is with the others: ClientInfo is told beside the requests. A far
side that refuses meanwhile is told of that party now, and sent the request again, which it did not carry
out. Where it was told already, and refuses for another reason, it says so twice.

Spec: HCI-01, HCI-10, HUB-33
"""

from __future__ import annotations

from chalicelib import logs
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.hub.asked import Asked
from chalicelib.hub.legs import Leg
from chalicelib.ocpi import envelope, jsontext, modules, routing, timestamps, writing
from chalicelib.partner_client.answer import Relayed
from chalicelib.partners import health, parties

# Seconds for it, and those that have to be left for the request itself.
LONGEST, LEFT = 5.0, 2.0
# What a party that nobody heard of is refused with.
CODES = (2000, 2001)


def introduced(asked: Asked, leg: Leg, method: str, relayed: Relayed, seconds: float) -> bool:
    """Whether a far side that refused was told now who asks, so that it is worth asking again."""
    ends = (asked.call.partner, leg.partner)
    if leg.version == modules.V211 or not any(health.is_joining(asked.platform, each) for each in ends):
        return False
    if relayed.status >= 500 or relayed.status in (401, 405, 429) or seconds < LONGEST + LEFT:
        return False
    if relayed.status == 404 and method == "GET":
        return False  # that there is no such object
    said = envelope.opened(relayed.text)
    return said is not None and _may_not_know(said.status_code, relayed) and _told(asked, leg)


def _may_not_know(code: int, relayed: Relayed) -> bool:
    """Whether it refused as one does who knows no such party, or not yet; whoever says when to ask again
    did not do it.
    """
    waits = envelope.retry_after(relayed.headers.get("retry-after", "")) is not None
    return code in CODES or (3000 <= code < 4000 and waits)


def _told(asked: Asked, leg: Leg) -> bool:
    """Tell a far side of who asks, in each of its roles; whether it took it."""
    endpoint = leg.partner.endpoint(parties.HUBCLIENTINFO, modules.RECEIVER)
    partner = asked.call.partner
    named = (
        parties.behind(asked.platform, partner)
        if partner.is_hub
        else {(r.role, r.party) for r in partner.roles}
    )
    roles = sorted({role for role, party in named if party == asked.requester})
    if endpoint is None or not roles:
        return False
    url = routing.join(endpoint, *asked.requester)
    for role in roles:
        written = writing.write("client_info", _client_info(asked, role), leg.version)
        try:
            asked.platform.partner_client.call(
                leg.partner,
                "PUT",
                url,
                body=jsontext.dumps(written.object),
                module=parties.HUBCLIENTINFO,
                timeout=LONGEST / len(roles),
            )
        except (PartnerRefused, PartnerUnreachable) as problem:
            logs.log("INFO", "not introduced", partner=leg.partner.id, reason=str(problem)[:200])
            return False
    return True


def _client_info(asked: Asked, role: str) -> dict[str, str]:
    """As old as the connection: whatever is told of the party later is newer."""
    country, party = asked.requester
    return {
        "country_code": country,
        "party_id": party,
        "role": role,
        "status": "CONNECTED",
        "last_updated": timestamps.wire_timestamp(asked.call.partner.registered_at),
    }
