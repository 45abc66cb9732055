"""`KEEP=1`: what moto holds in memory, written to a file and read again by the next start.

Tables with their change streams, queues with their messages, the key that
tokens are encrypted with, and how far streams were read. Written while nothing
else writes, and put in place whole.
"""

from __future__ import annotations

import io
import pickle
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from localrun.emulator import Moto

FORMAT = 1
SECONDS = 5.0
"""Between two looks whether there is something new to be kept."""


class Unusable(Exception):
    """A file that is not what this version keeps; the message says what to do."""


class Kept:
    """The file of one platform's data."""

    def __init__(self, file: Path, moto: Moto) -> None:
        self.file = file
        self._moto = moto
        self._seen = -1

    def load(self) -> bool:
        """Put what was kept into moto; whether there was something. Raises Unusable."""
        try:
            format, found = pickle.loads(self.file.read_bytes())
            if format != (FORMAT, _version()):
                raise ValueError("of another version")
        except FileNotFoundError:
            return False
        except Exception as problem:
            raise Unusable(
                f"KEEP: {self.file} cannot be read ({problem}); remove it, or start without KEEP"
            ) from None
        for (service, region, name), value in found.items():
            getattr(_backends(service)[region], name).update(value)
        return True

    def save(self) -> None:
        """Write what is new since the last time, if anything."""
        changes = self._moto.changes
        assert changes is not None
        with self._moto.still():
            if changes.count == self._seen:
                return
            self._seen = changes.count
            found = {
                (service, region, name): getattr(backend, name)
                for service, names in _HELD.items()
                for region, backend in _backends(service).items()
                for name in names
            }
            text = io.BytesIO()
            _Pickler(text).dump(((FORMAT, _version()), found))
        self.file.parent.mkdir(parents=True, exist_ok=True)
        part = self.file.with_suffix(".part")
        part.write_bytes(text.getvalue())
        part.chmod(0o600)  # credentials tokens are in it, and the key that they are encrypted with
        part.replace(self.file)

    def turn(self) -> float:
        """Save what is new; seconds until it is worth looking again, more of them where it was much."""
        begun = time.monotonic()
        self.save()
        return SECONDS + 20 * (time.monotonic() - begun)


# What each service of moto holds, by the name of the attribute.
_HELD = {
    "dynamodb": ("tables",),
    "sqs": ("queues",),
    "kms": ("keys",),
    "ssm": ("_parameters",),
}


def _backends(service: str) -> Any:
    from moto.backends import get_backend
    from moto.core.models import DEFAULT_ACCOUNT_ID

    return get_backend(service)[DEFAULT_ACCOUNT_ID]  # type: ignore[call-overload]


def _version() -> str:
    import moto

    return str(moto.__version__)


class _Pickler(pickle.Pickler):
    """Writes moto's objects: locks are new ones afterwards, private keys their PEM."""

    def reducer_override(self, thing: Any) -> Any:
        if isinstance(thing, threading.Condition):
            return threading.Condition, ()
        if isinstance(thing, defaultdict) and type(thing) is not defaultdict:
            return dict, (), None, None, iter(thing.items())  # what it holds is put into moto's own one
        if type(thing).__module__.startswith("cryptography.") and hasattr(thing, "private_bytes"):
            from cryptography.hazmat.primitives import serialization as plain

            pem = thing.private_bytes(plain.Encoding.PEM, plain.PrivateFormat.PKCS8, plain.NoEncryption())
            return _private_key, (pem,)
        return NotImplemented


def _private_key(pem: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(pem, None)
