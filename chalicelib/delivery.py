"""The consumers: what the functions behind the doors do with changes, messages and the time of day.

Contract: design section 8
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib import logs

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


def announce(platform: Platform, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Change stream records of the object tables; answers which are to be repeated."""
    from chalicelib import announcing

    return announcing.announce(platform, records)


def push(platform: Platform, message: Mapping[str, Any]) -> None:
    """A message of the push queues."""
    from chalicelib import announcing, pushing, reaching, sweeping

    task = message.get("task")
    if task == "push":
        pushing.push(platform, message)
    elif task == "announce_all":
        announcing.announce_all(platform, message)
    elif task == "probe":
        reaching.probe(platform, message["partner"])
    elif task == "recover":
        sweeping.recover(platform, message)
    elif task == "forget":
        sweeping.forget(platform, message)
    else:
        logs.log("ERROR", "unknown task", task=str(task)[:60])


def pull(platform: Platform, message: Mapping[str, Any]) -> None:
    """A message of the pull queue."""
    from chalicelib import pulling

    pulling.work(platform, message)


def sweep(platform: Platform) -> None:
    """What is due by now."""
    from chalicelib import sweeping

    sweeping.sweep(platform)
