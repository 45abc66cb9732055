"""One OCPI request: whose it is, what it asks, the answer, and the misconduct that was ordered.

`/versions`, `/{version}`, `/{version}/credentials`, `/{version}/out/{module}/...` (what we own: SENDER),
`/{version}/in/{module}/...` (what we are sent: RECEIVER), `/{version}/results/{id}` (response URLs of ours).
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox import commanding, hub, lists, profiles, receiving, registering, routing
from sandbox.conduct import Asked, Reply
from sandbox.messages import Answer, Refused, Request
from sandbox.parties import CONFIGURATION, OTHER_SIDE, RECEIVER, SENDER, VERSIONS, fitting
from sandbox.peers import REGISTERED

if TYPE_CHECKING:
    from sandbox.partner import Partner

log = logging.getLogger(__name__)

Handler = Callable[["Partner", Asked], Answer]
SIDES = {"out": SENDER, "in": RECEIVER}
STORED = ("locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo")

# (module, interface): method -> who answers
HANDLERS: dict[tuple[str, str], dict[str, Handler]] = {
    **{(module, SENDER): {"GET": lists.get} for module in STORED},
    ("locations", RECEIVER): receiving.ALL,
    ("sessions", RECEIVER): receiving.ALL,
    ("tokens", RECEIVER): receiving.ALL,
    ("tariffs", RECEIVER): {**receiving.ALL, "DELETE": receiving.delete},
    ("hubclientinfo", RECEIVER): {"GET": receiving.get, "PUT": receiving.put},
    ("cdrs", RECEIVER): {"GET": receiving.get_cdr, "POST": receiving.post_cdr},
    ("commands", RECEIVER): {"POST": commanding.receive},
    ("chargingprofiles", RECEIVER): dict.fromkeys(("GET", "PUT", "DELETE"), profiles.receive),
    ("chargingprofiles", SENDER): {"PUT": profiles.take_active},
    ("credentials", ""): {
        "GET": registering.get,
        "POST": registering.post,
        "PUT": registering.put,
        "DELETE": registering.delete,
    },
    ("results", ""): {"POST": commanding.take_result},
    ("versions", ""): {"GET": lambda partner, asked: Answer(partner.version_list())},
    ("details", ""): {"GET": lambda partner, asked: Answer(partner.version_details(asked.version))},
}  # fmt: skip


def answer(partner: Partner, request: Request) -> Reply:
    """What goes onto the wire for this request."""
    asked = _read(request, partner.version)
    found = None
    for each in partner.conduct.at("request", asked.module, asked.method):
        found = found or each.do(partner, asked)
    if found is None:
        try:
            found = _answer(partner, asked)
        except Refused as problem:
            found = problem.answer
        except Exception as problem:  # a fault of this sandbox, which whoever asks should see as one
            log.exception("%s %s", request.method, request.path)
            found = Answer(status=500, code=3000, message=f"a fault of the sandbox: {problem!r}")
    for each in partner.conduct.at("answer", asked.module, asked.method):
        each.do(partner, asked, found)
    headers = {"Content-Type": "application/json", **_own_headers(partner, asked), **found.headers}
    reply = Reply(found.status, headers, found.envelope(partner.now_text()))
    for each in partner.conduct.at("reply", asked.module, asked.method):
        each.do(partner, asked, reply)
    return reply


def _read(request: Request, newest: str) -> Asked:
    parts = request.parts
    if parts == ["versions"]:
        return Asked(request, module="versions")
    version, rest = parts[0], parts[1:]
    if version == "api":  # where we were told to leave the version out of our URLs
        version = newest
    if version not in VERSIONS:
        return Asked(request)
    if not rest:
        return Asked(request, version, "details")
    if rest[0] in ("credentials", "results"):
        return Asked(request, version, rest[0], "", rest[1:])
    if rest[0] in SIDES and len(rest) > 1:
        return Asked(request, version, rest[1], SIDES[rest[0]], rest[2:])
    return Asked(request, version)


def _answer(partner: Partner, asked: Asked) -> Answer:
    _authenticate(partner, asked)
    handlers = dict(_handlers(partner, asked))
    if not handlers:
        raise Refused(f"nothing is served at {asked.request.path}", 2000, 404)
    if asked.method not in handlers:
        refused = Refused(f"{asked.method} is not offered here", 2000, 405)
        refused.answer.headers["Allow"] = ", ".join(handlers)
        raise refused
    if asked.request.body and asked.method in ("POST", "PUT", "PATCH"):
        try:
            _ = asked.request.json
        except ValueError:
            raise Refused("the body is no JSON", 2001, 400) from None
    hub.check_sender(partner, asked)
    forwarded = routing.forward(partner, asked)
    return forwarded or handlers[asked.method](partner, asked)


def _authenticate(partner: Partner, asked: Asked) -> None:
    """Spec: 2.2.1 transport_and_format_authorization_header"""
    breaks = partner.conduct.breaks
    raw_only = breaks("raw_tokens_only", asked.module)
    known = partner.peers.presenting(asked.request.headers.get("authorization", ""), raw_only)
    if known and breaks("encoded_tokens_only") and asked.request.headers["authorization"].endswith(known[1]):
        known = None
    if breaks("header_case_matters") and "Authorization" not in asked.request.names:
        known = None
    if known is None:
        if (peer := partner.taken_for(asked)) is None:
            raise Refused("unknown credentials token", 2000, 401)
        known = peer, ""
    asked.peer, asked.token = known
    peer = asked.peer
    keeps = breaks("old_token_lives") or breaks("token_a_lives_on")
    if peer.older_token_in and asked.token == peer.token_in and not (keeps or peer.renewing):
        peer.older_token_in = ""
    if peer.state == REGISTERED and asked.module == "versions" and breaks("registered_see_no_versions"):
        raise Refused("registered already", 2000, 401)
    registration = asked.module in ("versions", "details", "credentials")
    if peer.state != REGISTERED and not registration and not breaks("token_a_opens_all", asked.module):
        raise Refused("register first", 2000, 401)


def _handlers(partner: Partner, asked: Asked) -> dict[str, Handler]:
    """By method, what is served at this path in this version."""
    if asked.version and asked.version not in partner.versions:
        return {}
    module, side = asked.module, asked.side
    if side and (module, side) not in partner.offered(asked.version):
        return {}
    if (module, side) == ("tokens", SENDER) and len(asked.rest) == 2 and asked.rest[1] == "authorize":
        return {"POST": commanding.authorize}
    if (module, side) == ("sessions", SENDER) and asked.rest[1:] == ["charging_preferences"]:
        return {} if asked.version == "2.1.1" else {"PUT": profiles.take_preferences}
    found = HANDLERS.get((module, side), {})
    if side == SENDER and module in STORED and asked.rest and module != "locations":
        return {}
    if side == RECEIVER and module in receiving.DEPTH:
        fits = len(asked.rest) in receiving.DEPTH[module]
        patchable = module != "tariffs" or asked.version == "2.1.1"
        return {name: each for name, each in found.items() if patchable or name != "PATCH"} if fits else {}
    if side == RECEIVER and module == "cdrs":
        return {"GET": found["GET"]} if asked.rest else {"POST": found["POST"]}
    return found


def _own_headers(partner: Partner, asked: Asked) -> dict[str, str]:
    """Message ids and routing headers of an answer. Spec: 2.2.1 transport_and_format_unique_message_ids"""
    heard = asked.request.headers
    made = {
        "X-Request-ID": heard.get("x-request-id") or str(uuid.uuid4()),
        "X-Correlation-ID": heard.get("x-correlation-id") or str(uuid.uuid4()),
    }
    functional = asked.side or asked.module == "results"
    if not functional or asked.module in CONFIGURATION or asked.version == "2.1.1":
        return made
    country, party = heard.get("ocpi-to-country-code"), heard.get("ocpi-to-party-id")
    if not (country and party):
        country, party = partner.acting(asked.module, asked.side).key
    made |= {"OCPI-from-country-code": country, "OCPI-from-party-id": party}
    country, party = heard.get("ocpi-from-country-code"), heard.get("ocpi-from-party-id")
    if not (country and party) and asked.peer and asked.side:
        role = fitting(asked.peer.roles, asked.module, OTHER_SIDE[asked.side])
        country, party = (role["country_code"], role["party_id"]) if role else (None, None)
    if country and party:
        made |= {"OCPI-to-country-code": country, "OCPI-to-party-id": party}
    return made
