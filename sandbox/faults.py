"""Faults a sandbox can be told: it answers wrongly, late, or not at all. Broken rules are in `breaks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.conduct import Asked, Misconduct, Reply
from sandbox.messages import NOTHING, Answer

if TYPE_CHECKING:
    from sandbox.partner import Partner

HANG_UP = 0  # the status of an answer that is none
CUT = "X-Cut"  # a mark for the server, never sent
FOREVER = 1 << 30

LINKS = {
    "missing": "no_link",
    "single_quoted": "link_single_quoted",
    "other_host": "link_on_other_host",
    "not_found": "link_leads_nowhere",
    "loop": "link_loops",
    "relative": "relative_link",
    "without_dates": "link_forgets_dates",
    "after_the_last": "link_on_last_page",
}


def failing(status: int, retry_after: int, module: str, method: str, times: int) -> Misconduct:
    """This HTTP status, whatever is asked."""

    def do(partner: Partner, asked: Asked) -> Answer:
        answer = Answer(status=status, code=3000, message="told to fail")
        if retry_after:
            answer.headers["Retry-After"] = str(retry_after)
        return answer

    return Misconduct("fail", "request", do, module, method, times or FOREVER)


def refusing(id: str, code: int, message: str, module: str, method: str, times: int) -> Misconduct:
    """This status_code under HTTP 200, for an object or for all of a module that are written."""

    def do(partner: Partner, asked: Asked) -> Answer | None:
        writes = asked.side and asked.method in ("POST", "PUT", "PATCH", "DELETE")
        return Answer(code=code, message=message) if writes and (not id or _names(asked, id)) else None

    return Misconduct("refuse", "request", do, module, method, times or FOREVER)


def _names(asked: Asked, id: str) -> bool:
    if id in asked.rest:
        return True
    try:
        body = asked.request.json if asked.request.body else {}
    except ValueError:
        return False
    return isinstance(body, dict) and id in (body.get("id"), body.get("uid"))


def silent(seconds: float, module: str, method: str, times: int) -> Misconduct:
    """No answer; after so many seconds, or when mended, the connection is closed."""

    def do(partner: Partner, asked: Asked) -> Answer:
        partner.conduct.wait("silent", seconds)
        return Answer(status=HANG_UP)

    return Misconduct("silent", "request", do, module, method, times or FOREVER)


def slow(seconds: float, module: str, method: str, times: int) -> Misconduct:
    """The right answer, so much later."""
    return Misconduct(
        "slow",
        "request",
        lambda partner, asked: partner.conduct.wait("slow", seconds),
        module,
        method,
        times or FOREVER,
    )


def lying(by: int, module: str) -> Misconduct:
    """X-Total-Count is so much more, or less, than there is."""

    def do(partner: Partner, asked: Asked, reply: Reply) -> None:
        if asked.lists and "X-Total-Count" in reply.headers:
            reply.headers["X-Total-Count"] = str(max(0, int(reply.headers["X-Total-Count"]) + by))

    return Misconduct("lie", "reply", do, module)


def saying(
    status: int, body: Any, headers: dict[str, str], module: str, method: str, times: int
) -> Misconduct:
    """Exactly this, whatever is asked; text goes onto the wire as it is."""

    def do(partner: Partner, asked: Asked, reply: Reply) -> None:
        reply.status, reply.body = status, "" if body is NOTHING else body
        reply.headers = {"Content-Type": "application/json", **headers}

    return Misconduct("say", "reply", do, module, method, times or FOREVER)


def cutting(module: str, method: str, times: int) -> Misconduct:
    """Half of the answer, then the connection is closed."""

    def do(partner: Partner, asked: Asked, reply: Reply) -> None:
        reply.headers[CUT] = "1"

    return Misconduct("cut", "reply", do, module, method, times or FOREVER)
