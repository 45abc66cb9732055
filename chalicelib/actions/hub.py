"""What the operator of a hub asks: what was passed on between whom.

Contract: design section 12, "What the operator has"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from chalicelib.actions.action import Action, Fields
from chalicelib.errors import ActionError
from chalicelib.store.routes import Routes

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


class RoutesFields(Fields):
    """Which forwards to list: of the last days, newest first."""

    parties: list[str] | None = Field(
        None, description="two parties, such as NL/CPO and DE/MSP: between them, either way"
    )
    module: str = ""
    limit: int = Field(50, ge=1, le=500)
    cursor: str = ""


def routes(platform: Platform, fields: RoutesFields) -> dict[str, Any]:
    """What was passed on lately, and how it ended."""
    pair: tuple[str, str] | None = None
    if fields.parties is not None:
        if len(fields.parties) != 2:
            raise ActionError("invalid", "two parties are required, such as NL/CPO and DE/MSP", "/parties")
        pair = (fields.parties[0].upper(), fields.parties[1].upper())
    try:
        found, cursor = Routes(platform).recent(fields.limit, fields.cursor, pair, fields.module)
    except ValueError as problem:
        raise ActionError("invalid", str(problem), "/cursor") from None
    return {"routes": [each.shown for each in found], "cursor": cursor or None}


ACTIONS = {"routes": Action(routes, RoutesFields, "what a hub passed on between parties, newest first")}
