"""Verbs of conduct: break a rule, fail, be silent, write oddly, be away, forget; and behave again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox import faults
from sandbox.breaks import BREAKS
from sandbox.messages import NOTHING
from sandbox.oddities import ODDITIES
from sandbox.verbs.table import verb

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]


@verb
def break_(partner: Partner, name: str, module: str = "", method: str = "", times: int = 0) -> Object:
    """Break a rule of the table of breaks, everywhere or in one module or method, always or so many times."""
    return _told(partner, _found(BREAKS, "break", name).misconduct(module, method, times))


@verb
def shape(partner: Partner, name: str, module: str = "", times: int = 0) -> Object:
    """Write our objects as real peers do, by the table of oddities."""
    return _told(partner, _found(ODDITIES, "oddity", name).misconduct(module, "", times))


@verb
def mend(partner: Partner, name: str) -> Object:
    """Stop one of the breaks, oddities or faults."""
    ended = partner.conduct.mend(name)
    if not ended:
        raise LookupError(f"nothing of that name is told: {name}")
    return conduct(partner)


@verb
def behave(partner: Partner) -> Object:
    """Stop all breaks, oddities and faults, and let the clock be right."""
    partner.conduct.mend()
    partner.lag = timedelta()
    return conduct(partner)


@verb
def conduct(partner: Partner) -> Object:
    """What is told at the moment."""
    return {"told": partner.conduct.shown(), "lag": partner.lag.total_seconds()}


@verb
def fail(
    partner: Partner,
    status: int = 500,
    module: str = "",
    method: str = "",
    times: int = 0,
    retry_after: int = 0,
) -> Object:
    """Answer this HTTP status, with a Retry-After if given."""
    return _told(partner, faults.failing(status, retry_after, module, method, times))


@verb
def refuse(
    partner: Partner,
    id: str = "",
    code: int = 2001,
    message: str = "told to refuse",
    module: str = "",
    method: str = "",
    times: int = 0,
) -> Object:
    """Refuse what is written with this status_code: the object of that id, or all."""
    return _told(partner, faults.refusing(id, code, message, module, method, times))


@verb
def say(
    partner: Partner,
    status: int = 200,
    body: Any = NOTHING,
    headers: dict[str, str] | None = None,
    module: str = "",
    method: str = "",
    times: int = 0,
) -> Object:
    """Answer exactly this: text as it is, anything else as JSON."""
    return _told(partner, faults.saying(status, body, headers or {}, module, method, times))


@verb
def silent(
    partner: Partner, seconds: float = 60, module: str = "", method: str = "", times: int = 0
) -> Object:
    """Give no answer, and close the connection after so many seconds."""
    return _told(partner, faults.silent(seconds, module, method, times))


@verb
def slow(partner: Partner, seconds: float = 2, module: str = "", method: str = "", times: int = 0) -> Object:
    """Answer rightly, so many seconds later."""
    return _told(partner, faults.slow(seconds, module, method, times))


@verb
def cut(partner: Partner, module: str = "", method: str = "", times: int = 0) -> Object:
    """Send half of each answer and close the connection."""
    return _told(partner, faults.cutting(module, method, times))


@verb
def lie(partner: Partner, by: int = 5, module: str = "") -> Object:
    """Say in X-Total-Count that there is so much more (or less) than there is."""
    return _told(partner, faults.lying(by, module))


@verb
def links(partner: Partner, how: str, module: str = "", times: int = 0) -> Object:
    """Break the links to next pages: missing, single_quoted, other_host, not_found, loop, relative,
    without_dates, after_the_last."""
    if how not in faults.LINKS:
        raise LookupError(f"no way {how} to break links; there are: {', '.join(faults.LINKS)}")
    return break_(partner, faults.LINKS[how], module, "", times)


@verb
def lag(partner: Partner, seconds: float) -> Object:
    """Let our clock be behind by so many seconds, or ahead where negative."""
    partner.lag = timedelta(seconds=seconds)
    return conduct(partner)


@verb
def answers(
    partner: Partner,
    command: str | None = None,
    result: str | None = None,
    profile: str | None = None,
    profile_result: str | None = None,
    allowed: str | None = None,
    needs_location: bool | None = None,
    after: float | None = None,
    timeout: int | None = None,
) -> Object:
    """How commands (CommandResponse, CommandResult), profiles and authorizations are answered, after how many
    seconds results are sent, and how many we say it may take; an empty text: as the data has it."""
    given = {
        "command": command,
        "result": result,
        "profile": profile,
        "profile_result": profile_result,
        "allowed": allowed,
        "needs_location": needs_location,
        "after": after,
        "timeout": timeout,
    }
    for name, value in given.items():
        if value is not None:
            setattr(partner.told, name, value)
    return dict(vars(partner.told))


@verb
def leave(partner: Partner, seconds: float = 10) -> Object:
    """Close the port, and come back after so many seconds."""
    partner.later(0.05, partner.stop)
    partner.later(0.05 + seconds, partner.start)
    return {"back_in": seconds}


@verb
def forget(partner: Partner, connections: bool = False) -> Object:
    """Lose all data, and begin anew with the small network; the connections too, if told so."""
    partner.forget(connections)
    return {"forgotten": True}


@verb
def clear(partner: Partner) -> Object:
    """Forget what was heard and sent, and nothing else."""
    partner.log.clear()
    return {"cleared": True}


def _told(partner: Partner, misconduct: Any) -> Object:
    partner.conduct.tell(misconduct)
    return conduct(partner)


def _found(table: dict[str, Any], what: str, name: str) -> Any:
    if name not in table:
        raise LookupError(f"no {what} {name}; GET /do lists them")
    return table[name]
