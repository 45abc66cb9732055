"""hubclientinfo as its Sender: who is connected to this hub, as each partner is told it.

Spec: HCI-04 to HCI-07, AMB-29, AMB-30
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.ocpi import jsontext, paging
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.ocpi.timestamps import wire_timestamp
from chalicelib.partner import REGISTERED, SUSPENDED, UNREACHABLE
from chalicelib.partners import parties
from chalicelib.partners.call import Call

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


def page(call: Call) -> Reply:
    """The parties that this partner may roam with, never its own."""
    platform, version = call.platform, call.request.version
    query = paging.parse(call.request.query, platform.settings.page_limit)
    found = [
        _client_info(platform, role.role, role.party) for role in parties.reachable(platform, call.partner)
    ]
    shown = found[query.offset : query.offset + query.limit]
    after = query.offset + len(shown)
    more = "" if after < len(found) else None
    texts = [jsontext.dumps(each) for each in shown]
    url = platform.endpoint_url(version, call.request.interface, call.request.module)
    headers = paging.headers(query, paging.Page(texts, len(found), more, after), url, call.request.query)
    return Reply(data=f"[{','.join(texts)}]", headers=headers)


def _client_info(platform: Platform, role: str, party: Party) -> dict[str, Any]:
    partner = parties.reached(platform, party, role)
    status = "SUSPENDED" if partner is None or partner.state == SUSPENDED else "CONNECTED"
    if partner is not None and partner.state == REGISTERED and partner.health.state == UNREACHABLE:
        status = "OFFLINE"
    moment = partner.registered_at if partner and partner.registered_at else platform.clock()
    return {
        "country_code": party[0],
        "party_id": party[1],
        "role": role,
        "status": status,
        "last_updated": wire_timestamp(moment),
    }
