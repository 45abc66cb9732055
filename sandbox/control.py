"""What this machine may ask of a sandbox beside OCPI: `POST /do`, `GET /do`, `/heard`, `/held`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import verbs
from sandbox.conduct import Reply
from sandbox.messages import Request, dumps

if TYPE_CHECKING:
    from sandbox.partner import Partner

PATHS = ("/", "/do", "/heard", "/held")
LOOPBACK = ("127.0.0.1", "::1")


def concerns(request: Request) -> bool:
    return request.path in PATHS


def answer(partner: Partner, request: Request, client: str) -> Reply:
    """For this machine only."""
    if client not in LOOPBACK:
        return _json({"ok": False, "error": "only from the machine it runs on"}, 403)
    if request.path == "/do":
        return _do(partner, request) if request.method == "POST" else _json({"verbs": verbs.described()})
    if request.path == "/heard":
        query = request.query
        found = partner.log.find(
            query.get("method", ""), query.get("containing", ""), query.get("direction", "")
        )
        return _json([vars(each) for each in found])
    if request.path == "/held":
        holdings = partner.holdings
        held = {module: list(things.values()) for module, things in holdings.received.items()}
        own = {module: list(things.values()) for module, things in holdings.own.items()}
        return _json({"held": held, "own": own})
    return _json({})


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


def _json(value: Any, status: int = 200) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, dumps(value) + "\n")
