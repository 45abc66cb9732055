"""Partners in DynamoDB: who presents which token, who owns which party, who answers.

Everything a handshake changes is changed in one transaction (ARC-06). A partner is
remembered for some seconds, and forgotten at once where it was changed: by own writes,
and by another process's once the head of the `directory`, which counts all changes, was
looked at again. Nobody believes the head for longer than SEEN_WITHIN, and the operator's
word is answered only after that: then it holds in every process.
"""

from __future__ import annotations

import base64
import dataclasses
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib import partner as _partners
from chalicelib.ocpi.errors import Unauthorized
from chalicelib.ocpi.messages import presented_tokens
from chalicelib.partner import PARTNER_UNREGISTERED, PARTNER_UPDATED, Health, Partner, Presented, Role
from chalicelib.store import partner_transaction as changes
from chalicelib.store.directory import Directories, Directory, batches
from chalicelib.store.dynamodb import text
from chalicelib.store.partner_health import PartnerHealth
from chalicelib.store.partner_items import (
    CLAIM,
    CURRENT,
    INVITATION,
    PARTNER,
    PENDING,
    TOKEN,
    Token,
    claims,
    hashed,
    partner_of,
    token_item,
    token_of,
)
from chalicelib.store.partner_transaction import Claimed, Raced
from chalicelib.store.pulls import Pulls

__all__ = ["Claimed", "Partners", "Raced"]

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

CACHE_SECONDS = 10.0
# Seconds for which nobody asks again whether a partner that is remembered was changed.
SEEN_WITHIN = 0.25
# Once nobody remembers a partner as it was before it registered, it is told all of it again: what somebody
# changed meanwhile was announced without it, and whoever registered it may have died before telling it.
CATCH_UP, CATCH_UP_SECONDS = "catch-up#", CACHE_SECONDS + 5


def event_id(changed: Partner, event: str) -> str:
    """The id of the event of a change, the same when it is told again."""
    return f"{event}-{changed.id}-{changed.revision}"


@dataclasses.dataclass(frozen=True)
class _Remembered:
    """A partner as it was read, after the directory had this version, and until when that is believed."""

    partner: Partner
    version: int
    read_at: float
    until: float


class Partners:
    """The table of partners."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.table = f"{deployment.settings.prefix}-partners"
        self._known: dict[str, _Remembered] = {}
        self._tokens: dict[str, tuple[float, Token]] = {}
        self.directories = Directories(deployment, self.table)
        self._read = batches(deployment, self.table)
        self._outbound: dict[str, str] = {}
        self.health = PartnerHealth(deployment, self)

    # Who asks.

    def authenticate(self, authorization: str) -> tuple[Partner, Presented]:
        """The partner whose token this Authorization header carries, Base64 or raw (AMB-02).

        An invitation's token never gives more than an invited partner has, also
        when the connection it repairs still stands. Raises Unauthorized.
        """
        readings = presented_tokens(authorization)
        if not readings:
            raise Unauthorized("an Authorization header of the form 'Token <credentials token>' is required")
        found = self._lookup([hashed(token) for token, _ in readings])
        for clear, form in readings:
            token = found.get(hashed(clear))
            if token is None or (token.valid_until and token.valid_until <= self._deployment.clock()):
                continue
            partner = self.get(token.partner)
            if partner is None and token.kind == PENDING:
                partner = token.candidate
            if partner is None or partner.state == _partners.UNREGISTERED:
                continue
            if token.kind != PENDING:
                self.enter(partner)
            if token.replaces:
                self._settle(token)
            if token.kind == INVITATION and partner.state != _partners.SUSPENDED:
                partner = dataclasses.replace(partner, state=_partners.INVITED)
            kind = INVITATION if token.kind == INVITATION else CURRENT
            return partner, Presented(clear, form, kind)
        raise Unauthorized("unknown credentials token")

    def _lookup(self, hashes: list[str]) -> dict[str, Token]:
        """The known tokens among these, with the same work whether or not there are any."""
        now = time.monotonic()
        for hash in hashes:
            until, token = self._tokens.get(hash, (0.0, None))
            if token is not None and until > now:
                return {hash: token}
        keys = [{"id": text(TOKEN + hash)} for hash in (*hashes, hashed(f"none {hashes[0]}"))[:2]]
        found = {}
        for item in self._read(keys):
            token = token_of(item)
            found[token.hash] = token
            self._tokens[token.hash] = (now + CACHE_SECONDS, token)
        return found

    def _settle(self, token: Token) -> None:
        """A new token is in use: those it replaces are over (AMB-15)."""
        for old in token.replaces:
            self._client.delete_item(TableName=self.table, Key={"id": text(TOKEN + old)})
            self._tokens.pop(old, None)
        self._client.update_item(
            TableName=self.table,
            Key={"id": text(TOKEN + token.hash)},
            UpdateExpression="REMOVE replaces",
            ConditionExpression="attribute_exists(id)",
        )
        self._tokens.pop(token.hash, None)

    # Whom we know.

    def get(self, id: str, fresh: bool = False) -> Partner | None:
        """The partner of this id; `fresh`: as it is now, not as it was some seconds ago."""
        partner = None if fresh else self._remembered(id)
        if partner is None:
            answer = self._client.get_item(
                TableName=self.table, Key={"id": text(PARTNER + id)}, ConsistentRead=True
            )
            partner = partner_of(answer["Item"]) if "Item" in answer else None
            if partner is None:
                self._known.pop(id, None)
            else:
                self.remember(partner)
        return partner

    def _remembered(self, id: str) -> Partner | None:
        """A partner as it was read, unless some process may have changed one since."""
        found, now = self._known.get(id), time.monotonic()
        if found is None or found.until <= now:
            return None
        if found.read_at + SEEN_WITHIN < now and found.version != self.directories.version(SEEN_WITHIN):
            return None
        return found.partner

    def enter(self, partner: Partner, *, look: bool = False) -> None:
        """Enter a partner that the directory does not have: one that an earlier release registered.

        Where the directory was not read yet, nothing is done unless it is to `look`.
        """
        known = self.directories.now() if look else self.directories.known
        if known and partner.id not in known.partners and partner.id not in self.directories.now().partners:
            changes.transact(self._client, self.directories.counted(partner, new=True))
            self.directories.forget()

    def seen_by_all(self) -> None:
        """Wait until no process goes by what it read before a change that was just made."""
        time.sleep(SEEN_WITHIN)

    def directory(self, fresh: bool = False) -> Directory:
        """All partners and who is behind their hubs, as of this request; `fresh`: their health, too."""
        return self.directories.now(fresh)

    def all(self, fresh: bool = False) -> list[Partner]:
        """Every partner there is or was, oldest first; `fresh`: also their health as it is now."""
        found = self.directory(fresh).partners
        return sorted(found.values(), key=lambda each: (each.created_at, each.id))

    def registered(self) -> list[Partner]:
        """The partners that traffic flows with."""
        return [each for each in self.directory().living() if each.state == _partners.REGISTERED]

    # Tokens we present.

    def outbound_token(self, partner: Partner) -> str:
        """The credentials token that the partner gave us, in clear: for a header, never for a log."""
        if not partner.outbound:
            raise Raced(f"there is no token for {partner.id}")
        if partner.outbound not in self._outbound:
            answer = self._deployment.clients.kms.decrypt(
                CiphertextBlob=base64.b64decode(partner.outbound),
                EncryptionContext={"partner": partner.id},
            )
            self._outbound[partner.outbound] = answer["Plaintext"].decode()
        return self._outbound[partner.outbound]

    def encrypt(self, id: str, token: str) -> str:
        """The token as it may be stored; only for this partner can it be read again."""
        answer = self._deployment.clients.kms.encrypt(
            KeyId=f"alias/{self._deployment.settings.prefix}",
            Plaintext=token.encode(),
            EncryptionContext={"partner": id},
        )
        return base64.b64encode(answer["CiphertextBlob"]).decode()

    def tokens(self, hashes: tuple[str, ...]) -> list[Token]:
        """The inbound tokens, of these, that are valid now."""
        if not hashes:
            return []
        found = [token_of(item) for item in self._read([{"id": text(TOKEN + hash)} for hash in hashes])]
        now = self._deployment.clock()
        return [each for each in found if not each.valid_until or each.valid_until > now]

    # What a handshake changes.

    def expect(self, token: Token, seconds: int) -> None:
        """Let a token be presented from now on, for so long unless a handshake makes it more (ARC-05)."""
        self._client.put_item(TableName=self.table, Item=token_item(token, self._epoch() + seconds))
        self._tokens.pop(token.hash, None)

    def forget(self, hash: str) -> None:
        """Let a token be unknown."""
        self._client.delete_item(TableName=self.table, Key={"id": text(TOKEN + hash)})
        self._tokens.pop(hash, None)

    def change(
        self,
        before: Partner | None,
        after: Partner,
        *,
        issued: Token | None = None,
        expires_in: int = 0,
        consumed: str = "",
        grace: tuple[Token, ...] = (),
        ended: Partner | None = None,
        keeps: tuple[Role, ...] = (),
        event: str = "",
    ) -> Partner:
        """Make `before` be `after`, tokens and claimed parties with it: all of it or nothing.

        `issued` becomes valid (for `expires_in` seconds, 0: for good); `consumed`, the hash of an
        invitation, must still be unused. Tokens of `before` and `ended` that are not named are over,
        but for those in `grace`. `ended` is an older connection whose parties this one takes over, all
        but the roles that it `keeps` and goes on with. `event` is told by the sweep, should whoever calls
        this die before telling it.
        Raises Raced and Claimed, with nothing written.
        """
        revision = before.revision if before else 0
        after = dataclasses.replace(after, revision=revision + 1)
        answered = issued is not None and issued.kind == CURRENT
        if answered:
            well = Health(_partners.OK, self._deployment.clock(), after.health.last_failure)
            after = dataclasses.replace(after, health=well)
        actions: list[dict[str, Any]] = [changes.update(self.table, after, revision, answered)]
        mine = {after.id, *([ended.id] if ended else [])}
        over = _without(ended, keeps) if ended is not None else None
        wanted, had = claims(after), claims(before)
        for claim in sorted(wanted):
            actions.append(changes.claim(self.table, claim, after.id, mine))
        for claim in sorted((had | claims(ended)) - wanted - claims(over)):
            actions.append(changes.delete(self.table, CLAIM + claim))
        if ended is not None and over is not None:
            actions.append(changes.update(self.table, over, ended.revision))
        kept = {token.hash for token in grace} | ({issued.hash} if issued else set())
        dropped = {*(before.inbound if before else ()), *(ended.inbound if ended else ())} - kept
        dropped -= {*after.inbound, *(over.inbound if over else ())}
        for token in grace:
            actions.append(changes.put(self.table, token_item(token, self._epoch() + 3600)))
        if issued is not None:
            actions.append(
                changes.put(self.table, token_item(issued, self._epoch() + expires_in if expires_in else 0))
            )
        if consumed:
            actions.append(
                changes.delete(self.table, TOKEN + consumed, ConditionExpression="attribute_exists(id)")
            )
        for hash in sorted(dropped - {consumed}):
            actions.append(changes.delete(self.table, TOKEN + hash))
        actions += self._reminders(after, event)
        actions += self.directories.counted(after, new=not revision)
        if over is not None:
            actions += self._reminders(over, PARTNER_UPDATED if keeps else PARTNER_UNREGISTERED)
        try:
            changes.transact(self._client, actions)
        finally:
            for hash in (*dropped, *kept, consumed):
                self._tokens.pop(hash, None)
            for each in mine:
                self._known.pop(each, None)
            self.directories.forget()
        return after

    def _reminders(self, changed: Partner, event: str) -> list[dict[str, Any]]:
        """Have the sweep bring one that came, or clean up after one that left, up to date."""
        if not event and changed.state not in (_partners.REGISTERED, _partners.UNREGISTERED):
            return []
        pulls = Pulls(self._deployment)
        told = {"event": text(event_id(changed, event))} if event else {}
        return [changes.put(pulls.table, pulls.reminder(changed.id, CATCH_UP, CATCH_UP_SECONDS) | told)]

    def told(self, changed: Partner, event: str) -> None:
        """The event of a change has been told: the sweep need not."""
        Pulls(self._deployment).keep_without_event(
            changed.id, CATCH_UP, CATCH_UP_SECONDS, event_id(changed, event)
        )

    def holder(self, claim: str) -> Partner | None:
        """The connection that owns this role of a party now, read afresh."""
        answer = self._client.get_item(
            TableName=self.table, Key={"id": text(CLAIM + claim)}, ConsistentRead=True
        )
        return self.get(answer["Item"]["partner"]["S"], fresh=True) if "Item" in answer else None

    def remember(self, partner: Partner) -> None:
        """Believe this for some seconds."""
        now = time.monotonic()
        self._known[partner.id] = _Remembered(
            partner, self.directories.last_version, now, now + CACHE_SECONDS
        )
        if self.directories.known is not None:
            self.directories.known.remember(partner)

    def _epoch(self) -> int:
        return int(datetime.fromisoformat(self._deployment.clock()).timestamp())

    @property
    def _client(self) -> Any:
        return self._deployment.clients.dynamodb


def _without(older: Partner, keeps: tuple[Role, ...]) -> Partner:
    """An older connection that goes on with these roles, or not at all."""
    over = dataclasses.replace(older, roles=keeps or older.roles, revision=older.revision + 1)
    if keeps:
        return over
    return dataclasses.replace(over, state=_partners.UNREGISTERED, outbound="", inbound=())
