"""Ending a program of ours by Ctrl-C or SIGTERM, whichever moment that comes at."""

from __future__ import annotations

import signal
import time
from typing import Any


class Ended:
    """Whether the end was asked for.

    No `threading.Event`: the handler runs in the thread that it interrupts, which may
    just hold the lock that setting an event takes.
    """

    def __init__(self) -> None:
        self.asked_for = False
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, self._note)

    def _note(self, *_: Any) -> None:
        self.asked_for = True

    def wait(self) -> None:
        """Until then."""
        while not self.asked_for:
            time.sleep(0.1)
