"""Bodies as they are kept beside attributes: text as it is where it is short, else gzip in Base64.

DynamoDB's answers are read without binary attributes (`aws.parser`), hence Base64.
"""

from __future__ import annotations

import base64
import zlib

PLAIN = 1024
_MARK = "gzip:"


def packed(body: str, most: int | None = None) -> tuple[str, int]:
    """A body as it is stored, cut at so many bytes, and how many bytes the whole has."""
    data = body.encode(errors="replace")
    size = len(data)
    if most is not None and size > most:
        data = data[:most].decode(errors="ignore").encode()
    if size <= PLAIN and not body.startswith(_MARK):
        return data.decode(), size
    return _MARK + base64.b64encode(zlib.compress(data, 1, wbits=31)).decode(), size


def unpacked(kept: str) -> str:
    """The body that was packed."""
    if not kept.startswith(_MARK):
        return kept
    return zlib.decompress(base64.b64decode(kept[len(_MARK) :]), wbits=31).decode()
