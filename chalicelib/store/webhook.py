"""The webhook's endpoint in DynamoDB: the secrets that sign for it, and whether it said that it is gone.

One item of the table of partners. Secrets are encrypted with the key of the
stack and readable for this use only; the newest one is shown to the operator
once. While one is exchanged both sign, so that the back end may change over
whenever it likes.

Spec: Standard Webhooks; design section 5, Events
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.ocpi.timestamps import later
from chalicelib.store.dynamodb import RACES, Item, number, text

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

ID = "webhook"
PREFIX = "whsec_"
SECRET_BYTES = 32
CONTEXT = {"use": ID}


@dataclass(frozen=True)
class Endpoint:
    """What is known of the endpoint; `secret` and `previous` are encrypted, times are the platform's."""

    secret: str
    made_at: str
    shown: bool = False
    previous: str = ""
    previous_until: str = ""
    gone_at: str = ""
    gone_url: str = ""
    revision: int = 1

    def is_gone(self, url: str) -> bool:
        """Whether this very URL answered that it is gone, and nobody took that back."""
        return bool(self.gone_at) and self.gone_url == url


class Webhooks:
    """The one endpoint of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._table = f"{deployment.settings.prefix}-partners"
        self._clear: dict[str, str] = {}

    def endpoint(self) -> Endpoint:
        """The endpoint as it is now; its first secret is made when it is first asked for."""
        for _ in range(RACES):
            found = self._read()
            if found is not None:
                return found
            fresh = Endpoint(self._encrypted(_new_secret()), self._deployment.clock())
            if self._written(fresh, "attribute_not_exists(id)"):
                return fresh
        raise RuntimeError("the webhook's secret could not be made")

    def known(self) -> Endpoint | None:
        """The endpoint as it is now, None where none is needed yet; nothing is made or written."""
        return self._read()

    def keys(self, endpoint: Endpoint) -> list[str]:
        """The secrets that sign now, the newest first, in clear: `whsec_...`."""
        found = [endpoint.secret]
        if endpoint.previous and endpoint.previous_until > self._deployment.clock():
            found.append(endpoint.previous)
        return [self._decrypted(each) for each in found]

    def show(self) -> tuple[Endpoint, str]:
        """The endpoint, and its secret in clear if nobody has seen that before, else ""."""
        before = self.endpoint()
        if before.shown:
            return before, ""
        after = self._change(lambda known: None if known.shown else dataclasses.replace(known, shown=True))
        return (after, self._decrypted(after.secret)) if after else (self.endpoint(), "")

    def rotate(self, overlap: int) -> tuple[Endpoint, str]:
        """A new secret, in clear; the one before signs beside it for `overlap` seconds."""
        clear, now = _new_secret(), self._deployment.clock()
        fresh = self._encrypted(clear)
        after = self._change(
            lambda known: dataclasses.replace(
                known,
                secret=fresh,
                made_at=now,
                shown=True,
                previous=known.secret if overlap else "",
                previous_until=later(now, overlap) if overlap else "",
            )
        )
        assert after is not None
        return after, clear

    def gone(self, url: str) -> None:
        """This URL answered that it is gone: nothing more is sent to it until `resume`."""
        now = self._deployment.clock()
        self._change(
            lambda known: (
                None if known.is_gone(url) else dataclasses.replace(known, gone_at=now, gone_url=url)
            )
        )

    def resume(self) -> Endpoint:
        """Send again to an endpoint that was gone."""
        self._change(
            lambda known: dataclasses.replace(known, gone_at="", gone_url="") if known.gone_at else None
        )
        return self.endpoint()

    def _change(self, change: Callable[[Endpoint], Endpoint | None]) -> Endpoint | None:
        """Make the endpoint what `change` says, whoever writes meanwhile; None where that is no change."""
        for _ in range(RACES):
            before = self.endpoint()
            after = change(before)
            if after is None:
                return None
            after = dataclasses.replace(after, revision=before.revision + 1)
            if self._written(after, "revision = :before", {":before": number(before.revision)}):
                return after
        raise RuntimeError("the webhook is being changed by others")

    def _read(self) -> Endpoint | None:
        answer = self._deployment.clients.dynamodb.get_item(
            TableName=self._table, Key={"id": text(ID)}, ConsistentRead=True
        )
        if "Item" not in answer:
            return None
        item = answer["Item"]
        values = {name: next(iter(value.values())) for name, value in item.items() if name != "id"}
        return Endpoint(**{**values, "revision": int(values["revision"])})

    def _written(self, endpoint: Endpoint, condition: str, values: Item | None = None) -> bool:
        """Whether it was written; not where somebody else was faster."""
        item: Item = {"id": text(ID)}
        for name, value in dataclasses.asdict(endpoint).items():
            if isinstance(value, bool):
                item[name] = {"BOOL": value}
            else:
                item[name] = number(value) if isinstance(value, int) else text(value)
        more: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        try:
            self._deployment.clients.dynamodb.put_item(
                TableName=self._table, Item=item, ConditionExpression=condition, **more
            )
        except ClientError as problem:
            if problem.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _encrypted(self, clear: str) -> str:
        answer = self._deployment.clients.kms.encrypt(
            KeyId=f"alias/{self._deployment.settings.prefix}",
            Plaintext=clear.encode(),
            EncryptionContext=CONTEXT,
        )
        return base64.b64encode(answer["CiphertextBlob"]).decode()

    def _decrypted(self, secret: str) -> str:
        if secret not in self._clear:
            answer = self._deployment.clients.kms.decrypt(
                CiphertextBlob=base64.b64decode(secret), EncryptionContext=CONTEXT
            )
            self._clear[secret] = answer["Plaintext"].decode()
        return self._clear[secret]


def headers(keys: Sequence[str], id: str, timestamp: int, body: str) -> dict[str, str]:
    """The headers of a POST to the back end, signed with each of these secrets."""
    return {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "ocpi",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(keys, id, timestamp, body),
    }


def signature(keys: Sequence[str], id: str, timestamp: int, body: str) -> str:
    """The value of `webhook-signature`: one signature per key, over `id.timestamp.body`."""
    signed = f"{id}.{timestamp}.{body}".encode()
    return " ".join(
        "v1,"
        + base64.b64encode(
            hmac.digest(base64.b64decode(key.removeprefix(PREFIX)), signed, hashlib.sha256)
        ).decode()
        for key in keys
    )


def _new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
