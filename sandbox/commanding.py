"""Commands and authorizations, as they are asked of us, and the results that follow.

Spec: 2.2.1 mod_commands_flow
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import hub, life, routing, validation
from sandbox.calling import CallFailed, announced, call
from sandbox.conduct import Asked
from sandbox.messages import Answer, Refused
from sandbox.network import VERDICTS
from sandbox.parties import SENDER

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]
COMMANDS = ("CANCEL_RESERVATION", "RESERVE_NOW", "START_SESSION", "STOP_SESSION", "UNLOCK_CONNECTOR")


def receive(partner: Partner, asked: Asked) -> Answer:
    """A command of an eMSP: answered at once, its result follows at its response_url."""
    command = asked.rest[0] if asked.rest else ""
    body = asked.request.json
    known = command in COMMANDS and not (asked.version == "2.1.1" and command == "CANCEL_RESERVATION")
    if not known:
        return Answer(_response(partner, asked, "NOT_SUPPORTED"))
    validation.check(command, body, asked.version)
    check_url(partner, asked, str(body["response_url"]))
    if "token" in body and asked.version != "2.1.1":
        _check_token(partner, asked, body["token"])
    result = _judge(partner, command, body)
    if result == "UNKNOWN_LOCATION":
        raise Refused("unknown Location, EVSE or Connector", 2003, data=_response(partner, asked, "REJECTED"))
    told = partner.told.command or result
    if told == "ACCEPTED" or partner.conduct.breaks("refused_has_result"):
        partner.later(partner.told.after, lambda: _conclude(partner, asked, command, body))
    return Answer(_response(partner, asked, told))


def check_url(partner: Partner, asked: Asked, url: str) -> None:
    """Results go to hosts that the peer announced, and nowhere else. Raises Refused."""
    assert asked.peer is not None
    if not announced(asked.peer, url) and not partner.conduct.breaks("calls_any_host"):
        raise Refused("/response_url: not on a host that your versions or endpoints name")


def _check_token(partner: Partner, asked: Asked, token: Object) -> None:
    """An eMSP uses Tokens of its own. Raises Refused. Spec: 2.2.1 mod_commands_startsession_object"""
    owner = (str(token["country_code"]).upper(), str(token["party_id"]).upper())
    if owner not in hub.speaks_for(partner, asked) and not partner.conduct.breaks("foreign_token_accepted"):
        raise Refused(f"/token: {owner[0]}/{owner[1]} is no party of yours")


def _response(partner: Partner, asked: Asked, result: str) -> Object:
    if asked.version == "2.1.1":
        return {"result": result}
    return {"result": result, "timeout": partner.told.timeout}


def _judge(partner: Partner, command: str, body: Object) -> str:
    if partner.conduct.breaks("commands_unchecked"):
        return "ACCEPTED"
    if command == "STOP_SESSION":
        charge = partner.charges.get(str(body["session_id"]))
        return "ACCEPTED" if charge and charge.status == "ACTIVE" else "UNKNOWN_SESSION"
    if command == "CANCEL_RESERVATION":
        return "ACCEPTED" if str(body["reservation_id"]) in partner.reservations else "REJECTED"
    location = partner.find_own("locations", str(body["location_id"]))
    if location is None:
        return "UNKNOWN_LOCATION"
    if body.get("evse_uid"):
        evse = next((each for each in location["evses"] if each["uid"] == body["evse_uid"]), None)
        wanted = body.get("connector_id")
        if evse is None or (wanted and wanted not in [each["id"] for each in evse["connectors"]]):
            return "UNKNOWN_LOCATION"
    return "ACCEPTED"


def _conclude(partner: Partner, asked: Asked, command: str, body: Object) -> None:
    """Tell the result and do it; what turns out to be impossible is rejected."""
    result, deed = partner.told.result, None
    if result == "ACCEPTED":
        try:
            deed = life.ordered(partner, command, body, asked)
        except life.NotPossible:
            result = "REJECTED"
    silent = command == "STOP_SESSION" and partner.conduct.breaks("stop_never_concludes")
    if not silent and not partner.conduct.breaks("command_never_concludes"):
        post_result(partner, asked, str(body["response_url"]), {"result": result}, "commands")
    if deed:
        deed()


def post_result(partner: Partner, asked: Asked, url: str, body: Object, module: str) -> None:
    """To a response_url, once, whatever becomes of it. Spec: CMD-14"""
    assert asked.peer is not None
    heard = asked.request.headers
    headers = {"X-Correlation-ID": heard["x-correlation-id"]} if heard.get("x-correlation-id") else {}
    ours, theirs = (
        (heard[f"ocpi-{side}-country-code"], heard[f"ocpi-{side}-party-id"])
        if f"ocpi-{side}-country-code" in heard and f"ocpi-{side}-party-id" in heard
        else None
        for side in ("to", "from")
    )
    for _ in range(2 if partner.conduct.breaks("result_sent_twice") else 1):
        try:
            call(
                partner, asked.peer, "POST", url, body, module, SENDER, headers=headers, owner=ours, to=theirs
            )
        except CallFailed:
            """The log shows it; the eMSP has its timeout."""


def take_result(partner: Partner, asked: Asked) -> Answer:
    """A CommandResult, or one of a charging profile, for a request of ours."""
    pending = partner.pending.get(asked.rest[0] if asked.rest else "")
    if pending is None:
        raise Refused("unknown request", 2001, 404)
    body = asked.request.json
    if not isinstance(body, dict) or "result" not in body:
        raise Refused("/result: required")
    pending["result"] = body
    if (key := asked.rest[0]) in partner.relays:
        partner.later(0, lambda: routing.relay_result(partner, key, body))
    return Answer()


def authorize(partner: Partner, asked: Asked) -> Answer:
    """May this Token charge now? Spec: 2.2.1 mod_tokens_post_method"""
    token = partner.find_own("tokens", asked.rest[0])
    wanted = asked.request.query.get("type", "RFID")
    breaks = partner.conduct.breaks
    if token is None or (
        token["type"] != wanted and asked.version != "2.1.1" and not breaks("token_type_ignored")
    ):
        if not breaks("authorizes_anybody"):
            raise Refused("unknown Token", 2000 if asked.version == "2.1.1" else 2004, 404)
        token = next(iter(partner.holdings.own["tokens"].values()))
    place = asked.request.json if asked.request.body else None
    if partner.told.needs_location and not place:
        raise Refused("which Location?", 2002)
    allowed = partner.told.allowed or VERDICTS.get(token["uid"], "ALLOWED")
    made: Object = {"allowed": allowed}
    if allowed == "ALLOWED" and place:
        made["location"] = place
    if asked.version != "2.1.1":
        made |= {
            "token": partner.written("tokens", token, asked.version),
            "authorization_reference": partner.reference(),
        }
    return Answer(made)
