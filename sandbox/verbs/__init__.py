"""What a sandbox can be told to do: the verbs behind `POST /do`, `Partner.do` and the command line."""

from sandbox.verbs import asking, behaving, charging, connections, objects
from sandbox.verbs.table import VERBS, VerbFailed, described, run

__all__ = [
    "VERBS",
    "VerbFailed",
    "asking",
    "behaving",
    "charging",
    "connections",
    "described",
    "objects",
    "run",
]
