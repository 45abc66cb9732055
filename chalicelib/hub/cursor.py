"""A hub seals a partner's next link, so that who follows it can neither read nor change it.

Spec: AMB-26; design section 12, "What is changed on the way"
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.ocpi import jsontext
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.messages import Party

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# What our cursors begin with, so that others are told apart.
PREFIX = "hub."
# What the key encrypts at once, in bytes.
LONGEST = 4096


@dataclass(frozen=True)
class NextPage:
    """Where the next page is, at whom, and for whom."""

    to: Party
    requester: Party
    url: str


def seal(platform: Platform, partner: str, place: str, page: NextPage) -> str | None:
    """The cursor that leads there, for this partner and list alone; None where the link is too long."""
    plain = jsontext.dumps(["/".join(page.to), "/".join(page.requester), page.url]).encode()
    if len(plain) > LONGEST:
        return None
    sealed = platform.clients.kms.encrypt(
        KeyId=f"alias/{platform.settings.prefix}",
        Plaintext=plain,
        EncryptionContext={"cursor": place, "for": partner},
    )
    return PREFIX + base64.urlsafe_b64encode(sealed["CiphertextBlob"]).decode().rstrip("=")


def opened(platform: Platform, partner: str, place: str, cursor: str) -> NextPage:
    """What a cursor of ours leads to. Raises InvalidParameters for one that is none of this partner's."""
    text = cursor.removeprefix(PREFIX)
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        answer = platform.clients.kms.decrypt(
            CiphertextBlob=sealed, EncryptionContext={"cursor": place, "for": partner}
        )
    except (binascii.Error, ValueError, ClientError):
        raise InvalidParameters("not a cursor of this list", "?cursor") from None
    to, requester, url = jsontext.loads(answer["Plaintext"])
    return NextPage(_party(to), _party(requester), url)


def _party(text: str) -> Party:
    country, _, party = text.partition("/")
    return country, party
