"""Tasks: what a queue message asks for, as values; messages are written and read only here.

A task names an object or a pending request and never carries it: whoever takes it
reads what is true then. `workers` has the table of who does which.

Example: `PushObject("stubs-1", "locations", "BE/BEC", "LOC1")` is
`{"task": "push", "partner": "stubs-1", "module": "locations", "owner": "BE/BEC", "id": "LOC1"}`.

Contract: design section 8; ARC-14
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from chalicelib import logs
from chalicelib.aws.queues import AUDIT, INBOX, PULL, PUSH, PUSH_SLOW, RESULTS, dead
from chalicelib.ocpi import jsontext
from chalicelib.store.delivery_items import Target
from chalicelib.store.object_items import Key


class Task(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="task"):
    """What is asked for; its fields are those of the message, without what is as usual."""

    queue: ClassVar[str] = PUSH

    @property
    def body(self) -> Any:
        """The message."""
        return msgspec.to_builtins(self)

    @property
    def group(self) -> str:
        """The partner whose work it is, "" where it is nobody's: a queue is shared fairly among them."""
        return str(getattr(self, "partner", ""))


class PushObject(Task, frozen=True, tag="push"):
    """Send a partner what it does not know of an object, or of one EVSE of it.

    `whole`: all of it, whatever the partner knows. `thorough`: its EVSEs are looked at, too. `attempt`:
    the repetition after so many. `probe`: although the partner is unreachable. `gone`: it was removed, not
    only forgotten because of its age. `turned`: so often others of the partner were at it.
    """

    partner: str
    module: str
    owner: str
    id: str
    part: str = ""
    whole: bool = False
    thorough: bool = False
    attempt: int | None = None
    probe: bool = False
    gone: bool = False
    turned: int = 0

    @classmethod
    def to(cls, target: Target, **how: Any) -> PushObject:
        """The task that asks for a delivery."""
        key = target.key
        owner = f"{key.country_code}/{key.party_id}"
        return cls(target.partner, key.module, owner, key.id, target.part, **how)

    @property
    def target(self) -> Target:
        """The delivery that is asked for."""
        country, _, party = self.owner.partition("/")
        return Target(self.partner, Key(self.module, country, party, self.id), self.part)


class AnnounceAll(Task, frozen=True, tag="announce_all"):
    """Name everything that a partner is entitled to, of one module or of all; `whole` as of a push.

    `owner` ("NL/EXA"): of that party alone.
    """

    partner: str
    module: str = ""
    owner: str = ""
    whole: bool = False
    cursor: str = ""


class AnnounceLate(Task, frozen=True, tag="announce_late"):
    """Name what an index lacked when a partner caught up: the objects of a feed with these numbers.

    `whole` as of a push; `turn`: so often they were looked for already.
    """

    partner: str
    module: str
    feed: str
    first: int
    last: int
    whole: bool = False
    turn: int = 0


class Probe(Task, frozen=True, tag="probe"):
    """See whether an unreachable partner is back."""

    queue: ClassVar[str] = PUSH_SLOW
    partner: str


class Recover(Task, frozen=True, tag="recover"):
    """Send a partner that is back what waits for it; `again`: what was put aside meanwhile.

    `early`: also what has its next attempt still to come.
    """

    partner: str
    again: bool = False
    early: bool = False
    cursor: dict[str, Any] | None = None


class Forget(Task, frozen=True, tag="forget"):
    """Forget what waits for a partner that has left."""

    partner: str
    cursor: str = ""


class TellWhoIsThere(Task, frozen=True, tag="client_info"):
    """Bring what a hub tells of its parties up to what is true now."""


class AskWhoIsThere(Task, frozen=True, tag="alive"):
    """Ask partners of a hub that were silent whether they are there."""

    queue: ClassVar[str] = PUSH_SLOW
    partners: list[str]


class StartPull(Task, frozen=True, tag="start"):
    """Fetch what a partner has of one module, or of all that it offers, without one."""

    queue: ClassVar[str] = PULL
    partner: str
    module: str = ""
    without: str = ""
    full: bool = False
    date_from: str = ""
    afresh: bool = False


class PullPage(Task, frozen=True, tag="page"):
    """Fetch the page that is next in a job; `probe` as of a push."""

    queue: ClassVar[str] = PULL
    partner: str
    module: str
    job: str
    probe: bool = False


class AdvanceRequest(Task, frozen=True, tag="advance"):
    """Take a command or profile request one step further; the record says which, `step` tells people.

    The `partner` is not in the message.
    """

    queue: ClassVar[str] = RESULTS
    id: str
    step: str = "advance"
    partner: str = ""

    @property
    def body(self) -> Any:
        return {"task": self.step, "id": self.id}


class AuditCdr(Task, frozen=True, tag="audit"):
    """Price a CDR that was stored."""

    queue: ClassVar[str] = AUDIT
    country_code: str
    party_id: str
    id: str

    @property
    def key(self) -> Key:
        """The CDR."""
        return Key("cdrs", self.country_code, self.party_id, self.id)


class LintTariff(Task, frozen=True, tag="lint"):
    """Look at a Tariff that a partner sent."""

    queue: ClassVar[str] = AUDIT
    country_code: str
    party_id: str
    id: str

    @property
    def key(self) -> Key:
        """The Tariff."""
        return Key("tariffs", self.country_code, self.party_id, self.id)


class Reconcile(Task, frozen=True, tag="reconcile"):
    """Look at what does not fit together with a partner, or with each; on from a `place`, so far `back`."""

    queue: ClassVar[str] = AUDIT
    partner: str = ""
    back: int = 0
    place: str = ""


class PerformAction(Task, frozen=True):
    """Do what the operator's own systems, or an action that is not done yet, ask for."""

    queue: ClassVar[str] = INBOX
    payload: Any

    @property
    def body(self) -> Any:
        return self.payload


class SeeChange(Task, frozen=True):
    """Look at a change that could not be announced: for people, as a stream's own dead letters are."""

    queue: ClassVar[str] = dead("announce")
    about: dict[str, Any]

    @property
    def body(self) -> Any:
        return self.about


_KINDS: dict[str, type[Task]] = {
    str(each.__struct_config__.tag): each
    for each in (
        PushObject,
        AnnounceAll,
        AnnounceLate,
        Probe,
        Recover,
        Forget,
        TellWhoIsThere,
        AskWhoIsThere,
        StartPull,
        PullPage,
        AuditCdr,
        LintTariff,
        Reconcile,
    )
}


def read(queue: str, text: str) -> Task | None:
    """The task in the text of a message; None, and a line in the log, where nobody knows what it asks for.

    Raises where it is no message at all.
    """
    message = jsontext.loads(text)
    if queue == INBOX:
        return PerformAction(message)
    if queue == RESULTS:
        return AdvanceRequest(str(message["id"]), str(message.get("task")))
    kind = _KINDS.get(message.get("task"))
    if kind is None:
        logs.log("ERROR", "unknown task", task=str(message.get("task"))[:60])
        return None
    return msgspec.convert(message, kind)
