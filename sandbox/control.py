"""What this machine may ask of a sandbox beside OCPI: the page, `POST` and `GET /do`, `/heard`, `/held`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox import page, verbs
from sandbox.breaks import BREAKS
from sandbox.conduct import Reply
from sandbox.holding import Exchange
from sandbox.messages import Request, dumps
from sandbox.oddities import ODDITIES

if TYPE_CHECKING:
    from sandbox.partner import Partner

PATHS = ("/", "/do", "/heard", "/held")
LOOPBACK = ("127.0.0.1", "::1")


def concerns(request: Request) -> bool:
    return request.path in PATHS


def answer(partner: Partner, request: Request, client: str) -> Reply:
    """For this machine only, and not for a web page that asks from its browser."""
    if client not in LOOPBACK or request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return _json({"ok": False, "error": "only from the machine it runs on"}, 403)
    if request.path == "/do" and request.method == "POST":
        return _do(partner, request)
    if request.method != "GET":
        return _json({"ok": False, "error": f"{request.method} is not offered here"}, 405)
    if request.path == "/do":
        return _json({"verbs": verbs.described(), "breaks": _table(BREAKS), "oddities": _table(ODDITIES)})
    if request.path == "/heard":
        query = request.query
        found = partner.log.find(
            query.get("method", ""), query.get("containing", ""), query.get("direction", "")
        )
        return _json([shown(each) for each in found])
    if request.path == "/held":
        return _json(held(partner))
    return Reply(200, page.HEADERS, page.made(partner, [shown(each) for each in partner.log.find()]))


def held(partner: Partner) -> dict[str, Any]:
    """What it was sent, and what is its own."""
    holdings = partner.holdings
    return {
        "held": {module: list(things.values()) for module, things in holdings.received.items()},
        "own": {module: list(things.values()) for module, things in holdings.own.items()},
    }


def shown(exchange: Exchange) -> dict[str, Any]:
    """A message without what would let somebody in."""
    made = dict(vars(exchange))
    if "authorization" in made["headers"]:
        scheme, _, token = made["headers"]["authorization"].partition(" ")
        made["headers"] = {**made["headers"], "authorization": f"{scheme} ...{token[-4:]}"}
    if "credentials" in exchange.url:
        for name in ("body", "answer"):
            made[name] = re.sub(r'("token"\s*:\s*")[^"]*"', r'\1..."', made[name])
    return made


def _do(partner: Partner, request: Request) -> Reply:
    try:
        asked = request.json
        if not isinstance(asked, dict):
            raise ValueError("an object is expected")
        name = str(asked.pop("verb", ""))
    except ValueError as problem:
        return _json({"ok": False, "error": f"no JSON object with a verb: {problem}"}, 400)
    try:
        return _json({"ok": True, "data": partner.do(name, **asked)})
    except verbs.VerbFailed as problem:
        return _json({"ok": False, "error": str(problem)}, 400)


def _table(rows: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "does": each.does, "rules": each.rules, "versions": each.versions}
        for each in rows.values()
    ]


def _json(value: Any, status: int = 200) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, dumps(value) + "\n")
