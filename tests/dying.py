"""A process that dies at a chosen call, and a partner that goes away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def go_away(hand: Any, partner: Any) -> None:
    """Take a partner down, the connections that were kept with it too."""
    partner.down()
    hand.platform.partner_client.__dict__.pop("_exchange", None)


class Killed(BaseException):
    """The process died: nothing in it catches this."""


@contextmanager
def dying_before(call: int) -> Iterator[list[str]]:
    """Die before the AWS or partner call of this number (from 0); gives the calls that were made."""
    from botocore.client import BaseClient

    from chalicelib.partner_client.client import PartnerClient

    made: list[str] = []
    api, partner = BaseClient._make_api_call, PartnerClient.call

    def counted(name: str) -> None:
        if len(made) == call:
            raise Killed(name)
        made.append(name)

    def api_call(self: Any, operation: str, parameters: Any) -> Any:
        counted(operation)
        return api(self, operation, parameters)

    def partner_call(self: Any, *arguments: Any, **more: Any) -> Any:
        counted("PARTNER")
        return partner(self, *arguments, **more)

    setattr(BaseClient, "_make_api_call", api_call)
    setattr(PartnerClient, "call", partner_call)
    try:
        yield made
    finally:
        setattr(BaseClient, "_make_api_call", api)
        setattr(PartnerClient, "call", partner)


def die_everywhere(
    scenario: Callable[[], Any], before: Callable[[], Any], after: Callable[[str], None], step: int = 1
) -> int:
    """Run a scenario dying before its first call, its second (or each `step`th), and so on, until it lives.

    `before` prepares each run; `after` is told the last call that was made. Answers
    before which call it died last.
    """
    call = 0
    while True:
        before()
        try:
            with dying_before(call) as made:
                scenario()
        except Killed:
            after(made[-1] if made else "")
            call += step
            assert call < 200, "it never lives"
            continue
        after("")
        return call
