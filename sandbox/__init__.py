"""A sandbox partner: a small OCPI platform to try with, that does as it is told. See docs/sandbox.md.

It shares no code with the platform it tries: two faults must not agree.
"""

from sandbox.partner import Partner
from sandbox.verbs import VerbFailed

__all__ = ["Partner", "VerbFailed"]
