"""The example objects of tests/examples, read from there, and small ways to vary them."""

from __future__ import annotations

import copy
import functools
from pathlib import Path
from typing import Any

from chalicelib.ocpi import jsontext
from chalicelib.ocpi.models import KINDS

FOLDER = Path(__file__).parent.parent / "examples"
NOW = "2026-02-03T12:00:00Z"
OWNER = ("BE", "BEC")
EMSP = ("NL", "EXA")


def names(version: str) -> list[str]:
    return sorted(path.stem for path in (FOLDER / version).glob("*.json"))


def kind_of(name: str) -> str:
    """`cdr_credit` is a cdr."""
    return next(
        kind for kind in sorted(KINDS, key=len, reverse=True) if name == kind or name.startswith(f"{kind}_")
    )


@functools.cache
def text(name: str, version: str = "2.3.0") -> bytes:
    return (FOLDER / version / f"{name}.json").read_bytes()


def example(name: str, version: str = "2.3.0", /, **changes: Any) -> Any:
    """A fresh copy of an example with some fields set; None takes a field away."""
    body = jsontext.loads(text(name, version)) | changes
    return {field: value for field, value in body.items() if value is not None or field not in changes}


def find(kind: str, country_code: str, party_id: str, key: str) -> Any:
    """What `write` may look up: the example Location and Tariff of BE/BEC."""
    for name in ("location", "tariff"):
        if kind == name and (country_code, party_id) == OWNER and example(name)["id"] == key:
            return example(name)
    return None


def token(auth_id: str) -> Any:
    """What `read` may look up: the example Token."""
    return example("token") if auth_id in ("", example("token")["contract_id"]) else None


def without(body: dict[str, Any], *paths: str) -> dict[str, Any]:
    """A copy that lacks the fields at these JSON Pointers."""
    body = copy.deepcopy(body)
    for path in paths:
        *parents, last = path.strip("/").split("/")
        place: Any = body
        for step in parents:
            place = place[int(step)] if isinstance(place, list) else place[step]
        del place[int(last) if isinstance(place, list) else last]
    return body


def placed(body: Any, path: str, value: Any) -> Any:
    """A copy with the value at this JSON Pointer."""
    body = copy.deepcopy(body)
    *parents, last = path.strip("/").split("/")
    place: Any = body
    for step in parents:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return body
