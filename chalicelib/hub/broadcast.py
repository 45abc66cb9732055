"""A hub keeps objects that are meant for all parties, and answers GET-all from what it keeps.

Spec: HUB-15 to HUB-24, HUB-30 to HUB-32, AMB-23, AMB-28
"""

from __future__ import annotations

from chalicelib.hub.asked import Asked
from chalicelib.ocpi.messages import Reply


def broadcast(asked: Asked) -> Reply:
    """Store an object as the requester's own; who may have it is told by delivery."""
    return asked.handled_here(None)


def get_all(asked: Asked) -> Reply:
    """One list of everything of a module that the hub holds for the requester."""
    return asked.handled_here(None)
