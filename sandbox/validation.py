"""Whether what we are sent is what its version says: required fields, types, limits, values.

Spec: the object tables of every module
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def check(kind: str, thing: Any, version: str, partial: bool = False) -> None:
    """Raises Refused (2001) naming the field; with `partial` required fields may be missing."""
