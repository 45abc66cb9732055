"""What an action of the operator is made of: its fields, and who performs it.

Contract: design section 5
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


class Fields(BaseModel):
    """The fields of an action; unknown ones are refused, so that a typo does not pass silently."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Action:
    """One thing the operator may ask for; `pages`: its `cursor` is for its caller, and of one query."""

    perform: Callable[[Platform, Any], Any]
    fields: type[Fields]
    summary: str
    pages: bool = True
