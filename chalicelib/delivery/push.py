"""Pushes: one object, one partner, the state it has now.

Whoever has the lease of the delivery reads the object, compares it with what
the partner knows, sends the difference and writes down what it knows then.
Nothing is replayed: a newer state takes the place of an older one.

Contract: design section 8; TRA-51 to TRA-53, TRA-92 to TRA-94, AMB-05, AMB-12, AMB-34, AMB-35, ARC-14, ARC-15
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from msgspec.structs import replace as replace_task

from chalicelib import logs, schedule
from chalicelib.aws import queues
from chalicelib.delivery import outcomes
from chalicelib.delivery.diff import Step
from chalicelib.delivery.due import Due
from chalicelib.deployment import function_name
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.objects import checks, hub_client_info, tokens
from chalicelib.ocpi import jsontext, modules
from chalicelib.ocpi.errors import ServerError
from chalicelib.ocpi.timestamps import later
from chalicelib.partner import REGISTERED, SPEC, SUSPENDED
from chalicelib.partners import health, parties
from chalicelib.store.deliveries import LostLease
from chalicelib.store.delivery_items import GIVEN_UP, REFUSED, UNSURE, WAITING, Delivery, Target
from chalicelib.store.pulls import Pulls
from chalicelib.tasks import PushObject

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.partner_client.answer import Answer
    from chalicelib.wiring import Platform

# Seconds until a delivery is looked at again that met another one of the same Location.
SHORTLY = 2
# Requests under way at once to a partner that is slow or fails, so that the others have workers left; how
# long one may take, and after how many seconds the next asks again: doubled each time, up to some minutes.
SLOTS, SLOT_SECONDS, ASK_AGAIN, LATEST = 2, 60, 3, 300
# How often one worker looks again at an object that changes all the time, before others get their turn.
MOST_ROUNDS = 20


# What the next attempt at the same message may not meet again.
TRANSIENT = (ClientError, BotoCoreError, ServerError, queues.NotSent, LostLease)


class Busy(Exception):
    """Another delivery of the same Location is under way; this one comes again shortly."""


class UnknownThere(Exception):
    """The partner does not know the Location of the EVSE it was sent: it gets the whole."""


def push(platform: Platform, task: PushObject) -> None:
    """Send a partner what it does not know of an object."""
    target = task.target
    partner = platform.partners.get(target.partner)
    if partner is None or partner.state not in (REGISTERED, SUSPENDED):
        return
    if not partner.endpoint(target.key.module, modules.RECEIVER) or tokens.stays_here(target.key):
        return
    if function_name.get() == "push" and health.queue_for(partner) != queues.PUSH:
        platform.queues.send([task], queues.PUSH_SLOW)
        return
    if function_name.get() == "push_slow" and not task.probe and not health.waits(partner):
        _in_turn(platform, partner, task)
    else:
        _look(platform, partner, task)


def _in_turn(platform: Platform, partner: Partner, task: PushObject) -> None:
    """Take one of the partner's few places at the workers that all who are slow share, or come again."""
    pulls = Pulls(platform)
    slot = pulls.take_slot(partner.id, "push", SLOTS, SLOT_SECONDS)
    if not slot:
        wait = min(LATEST, ASK_AGAIN * 2.0**task.turned)
        again = replace_task(task, turned=task.turned + 1)
        platform.queues.send([again], queues.PUSH_SLOW, schedule.spread(wait, 0.3))
        return
    try:
        _look(platform, partner, task)
    finally:
        pulls.forget(partner.id, slot)


def _look(platform: Platform, partner: Partner, task: PushObject) -> None:
    """Look at what is due of an object, and send it."""
    target = task.target
    try:
        work = _Push(platform, partner, target, task.thorough, task.probe)
        with logs.about(target.subject):
            work.run(whole=task.whole, attempt=task.attempt, gone=task.gone)
    except Busy:
        platform.queues.send([task], health.queue_for(partner), SHORTLY)
    except LostLease as lost:
        # Whoever took over, or wrote the record of a whole Location, may not have seen what this was about.
        logs.log(
            "WARNING", "delivery was taken over and is looked at again", partner=partner.id, record=str(lost)
        )
        # Nor is known which of two requests arrived last: the partner is sent all of it.
        again = replace_task(task, attempt=None, whole=True)
        platform.queues.send([again], health.queue_for(partner), SHORTLY)


@dataclass
class _Push:
    """One delivery at work; a `thorough` one of a Location looks at its EVSEs, too; a `probe` is sent
    although the partner is unreachable. `apart`: the EVSEs that have a record of their own, by sort key.
    """

    platform: Platform
    partner: Partner
    target: Target
    thorough: bool = False
    probe: bool = False
    due: Due = field(init=False)
    apart: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.due = Due(self.platform, self.partner, self.target, self.thorough)

    def run(self, *, whole: bool = False, attempt: int | None = None, gone: bool = False) -> None:
        """Take the lease, and send until the partner knows what is true, or an attempt fails.

        `whole`: the partner is sent all of it, whatever it knows. `attempt`: this is
        the repetition after so many attempts, nothing when there were others since or it is known.
        `gone`: the object was removed, and not only forgotten.
        """
        deliveries = self.platform.deliveries
        found = deliveries.take(self.target, gone=gone)
        if found is None:
            if whole:
                raise Busy
            return
        if found.untold:  # whatever becomes of it now
            outcomes.tell_failure(self.platform, found)
            found = replace(found, untold=False)
        late = attempt is not None and (not found.state or found.attempts != attempt)
        if late and not found.gone and deliveries.release(found):
            return
        for _ in range(MOST_ROUNDS):
            try:
                outcome = self._attempt(found, whole, whole or attempt is not None)
            except Busy:
                deliveries.release(found, look_again=False)
                raise
            except UnknownThere:
                known = dict.fromkeys(found.known, UNSURE)
                deliveries.release(replace(found, known=known, state="", reason=""), look_again=False)
                _Push(self.platform, self.partner, Target(self.partner.id, self.target.key)).run(whole=True)
                return
            except TRANSIENT:
                raise  # the queue brings the message again, when the lease has ended
            except Exception as problem:
                self._stumbled(found, problem)
                raise
            outcome = replace(
                outcome, target=self.due.target, whole=(whole or found.whole) and outcome.state != ""
            )
            done = deliveries.release(outcome, look_again=outcome.state != WAITING)
            outcomes.tell(self.platform, self.partner, found, outcome)
            if done:
                return
            gone = outcome.gone or deliveries.read(self.target).gone
            found = replace(outcome, lease_id=found.lease_id, gone=gone)
            whole, attempt = False, None
        deliveries.release(found, look_again=False)
        raise Busy

    def _stumbled(self, found: Delivery, problem: Exception) -> None:
        """Our own mistake: shown to the operator; the message ends in the dead-letter queue."""
        reason = f"internal: {type(problem).__name__}; the log has the details"
        unsure = replace(found, known=dict.fromkeys(found.known, UNSURE))
        outcome = outcomes.refused(self.platform, unsure, reason, "")
        if found.reason == reason:  # once told is enough
            outcome = replace(outcome, attempts=found.attempts, since=found.since, untold=found.untold)
        self.platform.deliveries.release(outcome, look_again=False)
        outcomes.tell(self.platform, self.partner, found, outcome)

    # One attempt

    def _attempt(self, found: Delivery, whole: bool, asked: bool) -> Delivery:
        """What the record says after the one attempt that is due, if any; `asked`: it is due in any case."""
        found = self._trusted(found)
        if self.target.part:
            self._check_location()
        step, problem, mark = self._step(found, whole)
        if found.state == REFUSED and found.refused == mark and not whole:
            return found  # it said no to exactly this
        if problem:
            return outcomes.refused(self.platform, found, problem, mark)
        if not asked and found.refused == mark and _settled(found, self.platform.clock()):
            return found
        if step is None:
            return outcomes.delivered(found, found.known, self._agreement, found.remote_url, found.revision)
        partner = self.platform.partners.get(self.partner.id) or self.partner
        wait = self._wait(found, partner, mark)
        return self._send(found, step, mark) if wait is None else wait

    def _wait(self, found: Delivery, partner: Partner, mark: str) -> Delivery | None:
        """The record of what may not be sent now, None where it may."""
        reason = health.waits(partner)
        if self.probe and partner.state == REGISTERED:
            reason = ""
        away = "" if reason else self.due.away()
        if hub_client_info.SUSPENDED in away:  # it does not come back (HCI-13)
            return outcomes.refused(self.platform, found, away, mark)
        if reason:
            return outcomes.put_off(self.platform, found, reason)
        if away:  # its hub says when it is back, and should that get lost we look again
            return outcomes.paused(self.platform, found, away, later(self.platform.clock(), schedule.HOUR))
        if partner.health.paused_until > self.platform.clock() and partner.policy != SPEC:
            reason = "the partner asked to wait (Retry-After)"
            return outcomes.paused(self.platform, found, reason, partner.health.paused_until)
        until = "" if self.probe else health.held_until(self.platform, partner, self._place)
        if until:
            reason = f"its {self.target.key.module} fail: {partner.health.reason}"[:300]
            return outcomes.paused(self.platform, found, reason, until)
        return None

    @property
    def _place(self) -> str:
        """What is held back alone where it fails: the partner's receiver of this module."""
        return f"push#{self.target.key.module}"

    @property
    def _agreement(self) -> str:
        """The version and the registration under which the partner is told things now."""
        return f"{self.partner.version} {self.partner.registered_at}"

    def _trusted(self, found: Delivery) -> Delivery:
        """The record without what was known in another version or before the partner registered anew.

        A CDR that was delivered stays delivered (CDR-01).
        """
        stale = found.agreement not in ("", self._agreement)
        if found.known and stale and self.target.key.module != "cdrs":
            return replace(found, known={}, refused="")
        return found

    def _step(self, found: Delivery, whole: bool) -> tuple[Step | None, str, str]:
        """The request that is due, or why there can be none; and the mark of the state it is about.

        Raises Busy where it would send EVSEs of which one is just being sent by itself.
        """
        is_whole = self.target.key.module == "locations" and not self.target.part
        is_whole = is_whole and (whole or found.whole or not found.known)
        if is_whole:
            self._alone(found)
        step, problem, mark = self.due.step(found, whole)
        if step is not None and step.evses and not is_whole:
            self._alone(found)
            # What was read before may be older than an EVSE that was sent by itself meanwhile.
            step, problem, mark = self.due.step(found, whole)
        return step, problem, mark

    # A Location and its EVSEs never overtake each other: whoever sends an EVSE has its lease and looks at
    # the Location's; whoever sends the whole has the Location's and looks at those of the EVSEs.

    def _check_location(self) -> None:
        """Raises Busy while the whole is being sent, UnknownThere when the partner has not got it."""
        head = self.platform.deliveries.read(Target(self.partner.id, self.target.key))
        if head.lease > self.platform.clock():
            raise Busy
        if head.lease or not head.known or head.agreement != self._agreement:
            raise UnknownThere
        if all(value == UNSURE for value in head.known.values()):
            raise UnknownThere

    def _alone(self, found: Delivery) -> None:
        """Wait until no EVSE of the Location is being sent. Raises Busy when that takes long.

        None is of which the partner never had the Location: an EVSE is sent only after it.
        """
        if found.is_new and not found.known:
            return
        for _ in range(8):
            now = self.platform.clock()
            parts = self.platform.deliveries.parts(self.target)
            if not any(each.lease > now for each in parts):
                self.apart = frozenset(each.target.sort_key for each in parts if not each.is_packed)
                return
            time.sleep(0.1 + random.random() * 0.1)  # noqa: S311
        raise Busy

    # The request and its outcomes

    def _send(self, found: Delivery, step: Step, mark: str) -> Delivery:
        try:
            answer = self._request(step)
        except PartnerRefused as refusal:
            return self._refused(found, step, mark, refusal)
        except PartnerUnreachable as problem:
            return self._unreached(found, step, mark, problem)
        if step.evses:
            self.platform.deliveries.know_parts(
                self.target, self._agreement, step.evses, step.revisions, self.apart
            )
        remote_url = answer.headers.get("location", "")[:1000] if step.method == "POST" else found.remote_url
        return outcomes.delivered(found, step.known, self._agreement, remote_url, step.revision)

    def _refused(self, found: Delivery, step: Step, mark: str, refusal: PartnerRefused) -> Delivery:
        """Final where the partner itself said so; not where a proxy may have, and money hangs on it."""
        if step.method == "PATCH" and refusal.http_status not in (401, 403):
            return self._send_whole(found, refusal, mark)
        not_final = PartnerUnreachable(outcomes.words(refusal), http_status=refusal.http_status)
        is_early = health.knows_no_token(self.platform, self.partner, refusal)
        if not refusal.own_word and (self.target.key.module in modules.PRICED or is_early):
            return self._unreached(found, step, mark, not_final)
        if step.method == "DELETE" and refusal.http_status == 404:
            return outcomes.delivered(found, {}, self._agreement, "", 0)
        if step.method == "POST" and outcomes.has_it_already(found, refusal):
            return outcomes.delivered(found, step.known, self._agreement, found.remote_url, step.revision)
        if self.target.part and outcomes.unknown(refusal):
            raise UnknownThere from None
        if outcomes.unknown(refusal) and self._may_not_know_the_party():
            return self._unreached(found, step, mark, not_final)
        return outcomes.refused(self.platform, found, outcomes.words(refusal), mark)

    def _may_not_know_the_party(self) -> bool:
        """Whether whose object it is joined our hub just now: its ClientInfo is told beside its objects."""
        if not self.platform.settings.hub:
            return False
        owner = parties.reached(self.platform, self.target.key.party)
        return any(health.is_joining(self.platform, each) for each in (owner, self.partner) if each)

    def _unreached(self, found: Delivery, step: Step, mark: str, problem: PartnerUnreachable) -> Delivery:
        """What was sent may or may not have arrived."""
        unsure = found.known.keys() | step.touched
        known = {name: UNSURE if name in step.touched else found.known[name] for name in unsure}
        if self.probe:
            return outcomes.put_off(self.platform, replace(found, known=known), problem.reason[:300])
        return outcomes.unreached(self.platform, self.partner, replace(found, known=known), problem, mark)

    def _send_whole(self, found: Delivery, refusal: PartnerRefused, mark: str) -> Delivery:
        """After a PATCH that the partner could not apply: the whole object in the same attempt (TRA-51)."""
        if self.target.part and outcomes.unknown(refusal):
            raise UnknownThere from None
        step, problem, mark = self._step(replace(found, known={}), True)
        if problem or step is None:
            return outcomes.refused(self.platform, found, problem or outcomes.words(refusal), mark)
        return self._send(replace(found, known=dict.fromkeys(found.known, UNSURE)), step, mark)

    def _request(self, step: Step) -> Answer:
        """The last answer of those it is for: several where only some behind a hub may see it."""
        key = self.target.key
        for party in self.due.to or (None,):
            answer = health.call(
                self.platform,
                self.partner,
                step.method,
                self.due.url(step.segments, step.query),
                body=None if step.body is None else jsontext.dumps(checks.bent(self.partner, step.body)),
                module=key.module,
                from_party=self.due.speaker,
                to_party=party,
                place=self._place,
            )
        return answer


def _settled(found: Delivery, now: str) -> bool:
    """Whether a state that could not be sent was given up, or has its next attempt still to come."""
    return found.state == GIVEN_UP or (found.state == WAITING and found.next_attempt_at > now)
