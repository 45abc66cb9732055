"""A hub converts objects on their way between two parties that speak different versions.

Nothing is stored of them; what a 2.1.1 object leaves unsaid is found in the Tokens
that eMSPs broadcast through this hub.

Spec: CNV-P1 to CNV-P7, CNV-15, CNV-65, CNV-107
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.hub import content
from chalicelib.objects import tokens
from chalicelib.objects.stored_object import Finder
from chalicelib.ocpi import reading, writing
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.timestamps import wire_timestamp

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


@dataclass
class Conversion:
    """From the words of one version to those of another, and the JSON Pointers of what was lost.

    `owner` is whose the objects are where 2.1.1 does not say it, `emsp` whose Tokens they name.
    """

    platform: Platform
    before: str
    after: str
    owner: Party | None = None
    emsp: Party | None = None
    # Of an authorization: the uid asked about, and its type.
    uid: str = ""
    type: str = ""
    losses: list[str] = field(default_factory=list)

    def read(self, kind: str, data: Any, partial: bool = False) -> Any:
        """The object in 2.3.0. Raises InvalidParameters."""
        now = wire_timestamp(self.platform.clock())
        return reading.read(
            kind,
            data,
            self.before,
            owner=self.owner,
            partial=partial,
            now=now,
            token=lambda id: self._token(id, data),
            emsp=self.emsp,
        ).object

    def write(self, kind: str, canonical: dict[str, Any], partial: bool = False, at: str = "") -> Any:
        """The object in the words of the other side; None where it has none for it."""
        find = Finder(self.platform)
        written = writing.write(kind, canonical, self.after, find=find, partial=partial, now=find.now)
        self.losses += [at + loss.pointer for loss in written.losses]
        return written.object

    def whole(self, kind: str, data: Any, partial: bool = False, at: str = "") -> Any:
        """An object of the one version in the words of the other. Raises InvalidParameters."""
        return self.write(kind, self.read(kind, data, partial), partial, at)

    def _token(self, auth_id: str, said: Any) -> Mapping[str, Any] | None:
        """The Token behind an auth_id, or the one that an authorization is about."""
        if auth_id:
            return content.token(self.platform, auth_id)
        known = content.stored_token(self.platform, [self.owner] if self.owner else [], self.uid, self.type)
        if known is not None:
            return known.canonical
        allowed = isinstance(said, dict) and said.get("allowed") == "ALLOWED"
        return tokens.sketch(self.owner or ("", ""), self.uid, self.type, allowed, self.platform.clock())
