"""Profile subscribers are partners that set a charging profile for a Session and so hear of its changes.

Spec: CHP-30, CHP-31, CHP-40
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib.ocpi.timestamps import later
from chalicelib.store.requests import AsyncRequest

if TYPE_CHECKING:
    from chalicelib.ocpi.messages import Party
    from chalicelib.wiring import Platform

SESSION_REMEMBERED = 60 * 24 * 3600


def was_set(platform: Platform, request: AsyncRequest, owner: Party | None = None) -> None:
    """Remember that this partner set a profile for the session, before it is told so."""
    platform.requests.join(
        _senders(owner or request.ours, request.session),
        f"{request.partner} {request.their_party} {request.body.get('session_id') or request.session}",
        later(platform.clock(), SESSION_REMEMBERED),
    )


def members(platform: Platform, owner: Party, session_id: str) -> Iterable[str]:
    """Who set a profile for this Session: partner's id, party, and the id it knows the Session by, each."""
    return platform.requests.members(_senders(owner, session_id))


def asked(platform: Platform, owner: Party, session_id: str) -> None:
    """Remember that we asked this CPO about this session, which we may not have stored (SCSP)."""
    platform.requests.join(_asked(owner, session_id), "asked", later(platform.clock(), SESSION_REMEMBERED))


def was_asked(platform: Platform, owner: Party, session_id: str) -> bool:
    """Whether we asked this CPO about this Session."""
    return bool(platform.requests.members(_asked(owner, session_id)))


def _senders(owner: Party, session_id: str) -> str:
    return f"profile-senders#{'/'.join(owner)}/{session_id.upper()}"


def _asked(owner: Party, session_id: str) -> str:
    return f"profile-asked#{'/'.join(owner)}/{session_id.upper()}"
