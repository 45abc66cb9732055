"""The roster of a hub: what its partners are told by hubclientinfo is looked at again when it may differ.

Who tells is `hub.client_info`, from a queue; the sweep looks again by itself.

Contract: design section 12; HCI-01, HCI-02
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import logs
from chalicelib.tasks import TellWhoIsThere

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


def changed(platform: Platform) -> None:
    """Have a hub tell who is there now; nothing where this is no hub. A queue that is down undoes nothing."""
    if not platform.settings.hub:
        return
    try:
        platform.queues.send([TellWhoIsThere()])
    except Exception as problem:
        logs.log_exception("roster not looked at; the sweep will", problem)
