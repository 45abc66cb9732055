"""Crawls: one page of a partner's list per message, until all that was promised has been seen.

The partner's total says what a crawl has to see. A link leads to the next page
where it is usable: at the announced host, by the scheme of the list, not in a
circle. Without one the crawl goes on by offset while more is promised, and
only one that saw all of it hides what it did not see. With 5 promised in pages
of 2 and no Link: offset 0, 2, 4, complete. A total that is less than what was
listed promises nothing: the crawl goes on as without one, and hides nothing.

Of a partner of several parties each is asked for its list in turn, by OCPI-to
(HUB-04); a list of one that has another's objects is the list of all, and the
last. What was seen is what all lists had, what was promised the sum.

A crawl that is cut off goes on at its page, a page of thousands at its next
object. It ends whatever the partner does: links in circles, totals that lie,
pages that never bring anything new. One bad object is set aside and the rest
of its page kept.

Contract: design section 8; TRA-38 to TRA-41, TRA-58, TRA-59, AMB-33
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib import schedule
from chalicelib.delivery import absent, brought, diff, listing
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.objects import hub_client_info
from chalicelib.ocpi import modules, paging
from chalicelib.ocpi.messages import Party
from chalicelib.partner import SLOW
from chalicelib.partners import health, parties
from chalicelib.store import feeds
from chalicelib.store.pulls import COMPLETED, FAILED, RUNNING, SEEN_DAYS, TOLD_ON_DAYS, Pull, Pulls
from chalicelib.tasks import PullPage

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.partner_client.answer import Answer
    from chalicelib.wiring import Platform

# Objects stored by one message: a function has two minutes.
AT_ONCE = 2_000
# Pages of one partner under way at once, of a slow one one; seconds until another asks again.
SLOTS, ASK_AGAIN = 2, 3
# Longer than a page may take.
SLOT_SECONDS = 130
MOST_PAGES = 20_000
MOST_IDLE_PAGES = 3
# Steps back after totals that dropped, and one more per full page: a total of what is left drops each time.
MOST_BACKS = 5
# Modules whose objects end by no longer being listed; of Sessions and CDRs old ones just age (AMB-33).
HIDDEN_WHEN_ABSENT = ("locations", "tariffs", "tokens")
# How the page that is next was found: by a link, or by trying whether there is more though nothing said so.
LINK, GUESS = "link", "guess"


@dataclass
class Crawl:
    """One job of a partner and module at work; as a `probe` it asks although the partner is unreachable."""

    platform: Platform
    partner: Partner
    module: str
    probe: bool = False

    @property
    def pulls(self) -> Pulls:
        return Pulls(self.platform)

    def page(self, job: str) -> None:
        """Fetch the page that is next, store its objects, and name the one after it."""
        pull = self.pulls.get(self.partner.id, self.module)
        if pull.job != job or pull.state != RUNNING or pull.next_at > self.platform.clock():
            return
        if pull.hiding:
            self._hide(pull, pull, self.pulls.seen(pull))
            return
        if health.waits(self.partner) and not self.probe:
            return  # taken up again when it recovers
        slow = self.partner.health.seconds > SLOW
        slot = self.pulls.take_slot(self.partner.id, "", 1 if slow else SLOTS, SLOT_SECONDS)
        if not slot:  # its other modules are at it; the workers are everybody's
            self.platform.queues.send([next_page(pull)], delay=ASK_AGAIN)
            return
        try:
            self._work(pull)
        finally:
            self.pulls.forget(self.partner.id, slot)

    def _work(self, pull: Pull) -> None:
        asked_at = self.platform.clock()
        try:
            answer = self._fetch(pull)
            page = listing.objects(answer)
        except PartnerRefused as refusal:
            self._refused(pull, refusal)
        except PartnerUnreachable as problem:
            self._again(pull, problem.reason, problem.retry_after)
        except listing.Unusable as problem:
            self._again(pull, str(problem), None)
        else:
            self._take(pull, answer, page, asked_at)

    def _fetch(self, pull: Pull) -> Answer:
        return health.call(
            self.platform,
            self.partner,
            "GET",
            pull.url,
            module=self.module,
            from_party=absent.asked_as(self.platform, self.module),
            to_party=self._asked_of(pull),
        )

    @cached_property
    def _asked(self) -> Sequence[Party | None]:
        """Whose lists there are: of a partner's parties each its own, of a hub and in 2.1.1 one of all."""
        first = self.partner.party_for(parties.owners(self.module))
        if self.partner.is_hub or self.partner.version == modules.V211:
            return [first]
        owners = self._owners()
        return sorted(owners, key=lambda each: each != first) or [first]

    def _asked_of(self, pull: Pull) -> Party | None:
        return self._asked[min(pull.asked, len(self._asked) - 1)]

    # The page

    def _take(self, pull: Pull, answer: Answer, page: list[Any], asked_at: str) -> None:
        """Store a page, or the next objects of a very large one, and go on."""
        first, last = pull.skip, pull.skip + AT_ONCE
        if not first and pull.last_page == diff.digest(page):
            self._advance(pull, replace(pull, attempts=0, reason="", due_at="", next_at=""), answer, page)
            return
        stored = brought.store(
            self.platform, self.partner, self.module, page[first:last], answer.noted, asked_at, self._owners()
        )
        if isinstance(answer.data, dict) and not stored.kept:
            self._again(pull, "the data of a page is no list", None)  # nor one object of a list
            return
        moved = replace(
            pull,
            objects=pull.objects + len(stored.kept),
            set_aside=pull.set_aside + stored.aside,
            stale=pull.stale + stored.stale,
            of_all=int(pull.of_all or len(stored.owners - {self._asked_of(pull)}) > 0),
            attempts=0,
            reason="",
            due_at="",
            next_at="",
        )
        if (self._passes_on or not moved.date_from) and self.module in HIDDEN_WHEN_ABSENT:
            days = TOLD_ON_DAYS if self._passes_on else SEEN_DAYS
            self.pulls.saw(pull, pull.pages, stored.kept, first // AT_ONCE, days)
        if last < len(page):
            self._go(pull, replace(moved, skip=last))
        else:
            self._advance(pull, moved, answer, page)

    def _advance(self, pull: Pull, moved: Pull, answer: Answer, page: list[Any]) -> None:
        """Go on, end, or give up on a partner that leads nowhere."""
        total = paging.total_count(answer.headers.get("x-total-count", ""))
        content = diff.digest(page)
        idle = not page or content == pull.last_page
        moved = replace(
            moved,
            skip=0,
            pages=pull.pages + 1,
            listed=pull.listed + (0 if idle else len(page)),
            total=total if total >= 0 else pull.total,
            first_total=total if pull.pages == pull.began else pull.first_total,
            last_page=content,
            idle=pull.idle + 1 if idle else 0,
        )
        offset = paging.offset_of(pull.url)
        if 0 <= total < pull.total and offset and pull.backs < MOST_BACKS + pull.listed // listing.PAGE:
            # Objects left the window, and those behind them moved up by as many: TRA-39.
            start = max(0, offset - min(listing.PAGE, pull.total - total))
            back = paging.at_offset(pull.url, start)
            self._go(pull, replace(moved, url=back, listed=min(moved.listed, start), backs=pull.backs + 1))
            return
        link = paging.next_link(answer.headers.get("link", ""))
        link = paging.absolute(pull.url, link) or link
        unusable = self._unusable(moved, pull.url, link) if link else ""
        if link and not unusable and not (moved.idle and 0 <= moved.total <= moved.listed):
            self._follow(pull, moved, link)
        else:
            self._go_on(pull, moved, unusable, full=len(page) >= listing.size(answer))

    def _follow(self, pull: Pull, moved: Pull, link: str) -> None:
        problem = self._dead_end(moved)
        if problem:
            self._end(pull, moved, FAILED, problem)
            return
        at_a_power_of_two = moved.pages & (moved.pages - 1) == 0
        mark = diff.digest(link) if at_a_power_of_two else moved.checkpoint
        self._go(pull, replace(moved, url=link, checkpoint=mark, led_by=LINK))

    def _go_on(self, pull: Pull, moved: Pull, unusable: str, *, full: bool) -> None:
        """By offset where more is promised, or may be where nothing is; else that was all."""
        short = moved.listed < moved.total
        unsaid = moved.total < 0 or moved.total < moved.listed
        guess = unsaid and not moved.idle and (full or bool(unusable))
        led_astray = unusable and moved.idle and unsaid and pull.led_by != GUESS
        if not short and not guess and not led_astray:
            self._end(pull, moved, COMPLETED, "")
            return
        problem = self._dead_end(moved)
        if problem:
            promised = f" of {moved.total}" if moved.total >= 0 else ""
            why = f"{moved.listed}{promised} objects were listed: {unusable or problem}"
            self._end(pull, moved, FAILED, why[:300])
            return
        url = paging.at_offset(self._list(pull), moved.listed)
        self._go(pull, replace(moved, url=url, led_by=GUESS if guess else ""))

    def _list(self, pull: Pull) -> str:
        """The first page, of which all others are told apart by their offset."""
        base = self.partner.endpoint(self.module, modules.SENDER) or ""
        return listing.first_url(base, self.module, pull.date_from)

    def _unusable(self, pull: Pull, url: str, link: str) -> str:
        """Why a link is none that we follow, or nothing."""
        problem = listing.unusable(self.partner, url, link, self.platform.settings.allow_private_urls)
        if not problem and (
            diff.digest(link) in (pull.checkpoint, diff.digest(url)) or paging.leads_back(url, link)
        ):
            return "the links to the next page lead in a circle"
        return problem

    def _dead_end(self, pull: Pull) -> str:
        if pull.idle >= MOST_IDLE_PAGES:
            return f"{pull.idle} pages in a row brought nothing new"
        if pull.pages >= MOST_PAGES:
            return f"more than {MOST_PAGES} pages"
        return ""

    def _go(self, pull: Pull, moved: Pull) -> None:
        if self.pulls.put(moved, pull):
            self.platform.queues.send([next_page(moved)])

    # Pages that did not come

    def _refused(self, pull: Pull, refusal: PartnerRefused) -> None:
        """A link that leads to a refusal was none, and where we only tried there is no more."""
        is_early = health.knows_no_token(self.platform, self.partner, refusal)
        is_nowhere = pull.led_by and refusal.http_status == 404
        is_foreign = not refusal.own_word and (not refusal.status_code or self.module in modules.PRICED)
        if not is_nowhere and (is_foreign or is_early):
            self._again(pull, refusal.message, None)
        elif pull.led_by == GUESS:
            self._end(pull, pull, COMPLETED, "")
        elif pull.led_by == LINK:
            why = f"its link to the next page is refused: {refusal}"
            self._go_on(pull, replace(pull, led_by="", attempts=0), why, full=True)
        else:
            self._end(pull, pull, FAILED, f"refused: {refusal}"[:300])

    def _again(self, pull: Pull, reason: str, retry_after: int | None) -> None:
        """The same page once more, by the schedule; nobody fetches it before. A probe does not count."""
        if self.probe:
            return
        steps = self.platform.settings.retry_schedule
        delay = schedule.within(steps, pull.attempts + 1, schedule.HOUR)
        if delay is None:
            self._end(pull, pull, FAILED, reason[:300])
            return
        following = schedule.attempt(self.platform.clock(), delay, retry_after)
        moved = replace(
            pull,
            attempts=pull.attempts + 1,
            reason=reason[:300],
            due_at=following.due_at,
            next_at=following.at,
        )
        if self.pulls.put(moved, pull) and following.by_queue:
            self.platform.queues.send([next_page(moved)], delay=following.delay)

    def _owners(self) -> list[tuple[str, str]]:
        return sorted(parties.spoken_for(self.platform, self.partner, parties.owners(self.module)))

    # The end

    def _end(self, pull: Pull, moved: Pull, state: str, reason: str) -> None:
        """Write down how it ended; what follows is told by `finish`, now or by the sweep."""
        if state == COMPLETED and not moved.of_all and moved.asked + 1 < len(self._asked):
            self._go(pull, self._to_the_next_list(moved))
            return
        if state == COMPLETED and self._may_hide(moved):
            seen = self.pulls.seen(moved)
            if len(seen) == moved.promised:
                self._hide(pull, moved, seen)
                return
        self._ended(pull, moved, state, reason)

    def _to_the_next_list(self, pull: Pull) -> Pull:
        """The same crawl at the first page of the next party's list."""
        return replace(
            pull,
            asked=pull.asked + 1,
            began=pull.pages,
            before=pull.promised if pull.total == pull.first_total else -1,
            url=self._list(pull),
            total=-1,
            first_total=-1,
            listed=0,
            last_page="",
            checkpoint="",
            led_by="",
            idle=0,
            backs=0,
            attempts=0,
        )

    def _ended(self, pull: Pull, moved: Pull, state: str, reason: str) -> None:
        if state == FAILED and len(self._asked) > 1:
            reason = f"{'/'.join(self._asked_of(moved) or ())}: {reason}"[:300]
        ended = replace(
            moved,
            state=state,
            reason=reason,
            ended_at=self.platform.clock(),
            url="",
            due_at="",
            next_at="",
            hiding="",
            untold=1,
        )
        if state == COMPLETED:
            ended = replace(ended, synced_at=ended.started_at, total=moved.promised, before=0)
        if self.pulls.put(ended, pull):
            tell(self.platform, ended)

    @property
    def _passes_on(self) -> bool:
        """Whether we are a hub that tells others what it pulls."""
        return parties.passes_on(self.platform, self.module)

    def _may_hide(self, pull: Pull) -> bool:
        """Whether what a crawl that saw all did not see is no longer listed (AMB-33)."""
        if pull.date_from or self.module not in HIDDEN_WHEN_ABSENT or pull.set_aside:
            return False
        return pull.total == pull.first_total

    def _hide(self, pull: Pull, moved: Pull, seen: set[str]) -> None:
        """Hide some of what a complete crawl no longer lists, and go on with the rest by a message.

        A hub's list says nothing of parties that told it nothing to be kept: theirs came one by one.
        Nor need be in a list what was broadcast to a hub of ours: what an earlier list had is hidden there.
        """
        owners = self._owners()
        if self.partner.is_hub:
            listed = {tuple(key.split("/", 2)[:2]) for key in seen}
            owners = [each for each in owners if each in listed]
        names = [feeds.name("/".join(party)) for party in owners]
        listed_once = self.pulls.seen_before(pull) if self._passes_on else None
        many, at = absent.hide(
            self.platform, self.module, names, seen, pull.started_at, pull.hiding, listed_once
        )
        moved = replace(moved, hidden=moved.hidden + many, hiding=at, due_at="", next_at="")
        if at:
            self._go(pull, replace(moved, skip=pull.skip + 1))
        else:
            if self._passes_on:
                self.pulls.forget_before(pull)
            self._ended(pull, moved, COMPLETED, "")


def tell(platform: Platform, pull: Pull) -> None:
    """Tell the back end how a pull ended, and note that it was told; the sweep repeats it until it is."""
    detail = {
        **pull.progress,
        **({"total": pull.total} if pull.total >= 0 else {}),
        **({"date_from": pull.date_from} if pull.date_from else {}),
        **({"reason": pull.reason} if pull.reason else {}),
    }
    if pull.module == parties.HUBCLIENTINFO and pull.state == COMPLETED and not pull.date_from:
        hub_client_info.heard_all(platform, pull.partner)
    platform.backend.emit("PullCompleted", detail, id=f"pull#{pull.id}")
    Pulls(platform).put(replace(pull, untold=0), pull)


def next_page(pull: Pull) -> PullPage:
    """The task that asks for the page that is next."""
    return PullPage(pull.partner, pull.module, pull.job)
