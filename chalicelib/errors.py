"""Errors between rooms: an action that cannot be done, a partner that refused or did not answer.

What a partner is told of its own request is an `OcpiError` of `ocpi.errors`.
"""

from __future__ import annotations


class ActionError(Exception):
    """An action that cannot be done: a code for machines, a message for people, a JSON Pointer."""

    def __init__(self, code: str, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.pointer = code, message, pointer


class PartnerRefused(Exception):
    """The partner said no: HTTP 4xx or an OCPI code of 2xxx; the same request would be refused again.

    `own_word`: the partner itself said so of this very request. It may not have where there is no
    OCPI envelope (a proxy's page), where our token was not accepted, and where its code is no refusal's:
    3xxx, a hub's, or 1000 under HTTP 4xx.
    """

    def __init__(self, http_status: int, status_code: int, message: str, own_word: bool = True) -> None:
        super().__init__(f"{http_status or '-'}/{status_code or '-'} {message}")
        self.http_status, self.status_code, self.message = http_status, status_code, message
        self.own_word = own_word

    @property
    def words(self) -> str:
        """What the partner said: its code, where it has one, and its message."""
        return f"{self.status_code} {self.message}" if self.status_code else self.message


class PartnerUnreachable(Exception):
    """No usable answer: worth another attempt, after `retry_after` seconds if the partner named them.

    `outcome_unknown`: the request may have been carried out all the same. `http_status`: that of the
    answer, 0 where none came. `timed_out`: it left, and no answer came in time. `behind_hub`: a hub handed
    on what a party behind it said.
    """

    behind_hub = False

    def __init__(
        self,
        reason: str,
        retry_after: int | None = None,
        outcome_unknown: bool = False,
        http_status: int = 0,
        timed_out: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason, self.retry_after, self.outcome_unknown = reason, retry_after, outcome_unknown
        self.http_status, self.timed_out = http_status, timed_out
