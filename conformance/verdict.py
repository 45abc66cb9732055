"""How a check ends: it returns (pass), or raises one of these: a reason, and the exchange that shows it."""

from __future__ import annotations

from typing import NoReturn

from conformance.peer import Exchange

PASS, FAIL, WARN, SKIPPED = "pass", "fail", "warn", "skipped"


class Verdict(Exception):
    """A reason, and the exchange that shows it."""

    name = FAIL

    def __init__(self, reason: str, exchange: Exchange | None = None) -> None:
        super().__init__(reason)
        self.reason, self.exchange = reason, exchange


class Failed(Verdict):
    """The rule is broken; where it is only advice the runner makes a warning of it."""


class Warned(Verdict):
    """Allowed, and yet not what a partner expects."""

    name = WARN


class Skipped(Verdict):
    """The check says nothing: there was nothing to try it on."""

    name = SKIPPED


def fail(reason: str, exchange: Exchange | None = None) -> NoReturn:
    raise Failed(reason, exchange)


def require(condition: object, reason: str, exchange: Exchange | None = None) -> None:
    """Fail with the reason unless the condition holds."""
    if not condition:
        raise Failed(reason, exchange)


def advise(condition: object, reason: str, exchange: Exchange | None = None) -> None:
    """Warn with the reason unless the condition holds."""
    if not condition:
        raise Warned(reason, exchange)


def given(condition: object, reason: str, exchange: Exchange | None = None) -> None:
    """Skip with the reason unless the condition holds: what another check judges, or nobody has to offer."""
    if not condition:
        raise Skipped(reason, exchange)


def require_success(exchange: Exchange, what: str = "") -> Exchange:
    """Fail unless the answer is HTTP 2xx with an OCPI code 1xxx."""
    if not exchange.ok:
        raise Failed(f"{what or exchange.method} was not successful: {exchange.said}", exchange)
    return exchange


def require_refusal(exchange: Exchange, code: int = 0, what: str = "") -> Exchange:
    """Fail where a wrong request was taken for a right one, or the server fell over it.

    With `code`, another OCPI code than this one is a warning: the refusal is what matters.
    """
    if exchange.problem or exchange.status >= 500:
        raise Failed(
            f"{what or 'the request'} was not refused but broke the server: {exchange.said}", exchange
        )
    if exchange.ok:
        raise Failed(f"{what or 'the request'} was accepted: {exchange.said}", exchange)
    if code and exchange.code != code:
        raise Warned(f"refused, but not with status_code {code}: {exchange.said}", exchange)
    return exchange


def require_no_faults(faults: list[str], what: str, exchange: Exchange | None = None) -> None:
    """Fail with the first faults of an object, if it has any."""
    if faults:
        more = f" (and {len(faults) - 5} more)" if len(faults) > 5 else ""
        raise Failed(f"{what}: " + "; ".join(faults[:5]) + more, exchange)
