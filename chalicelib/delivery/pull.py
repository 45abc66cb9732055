"""Pulls: a partner's objects fetched page by page, one page per message.

A crawl that is cut off goes on at its page. It ends whatever the partner does:
links that lead in circles, totals that lie, pages that never bring anything
new. One bad object is set aside and the rest of its page kept.

Contract: design section 8; TRA-38 to TRA-41, TRA-58, TRA-95, TOK-03, AMB-33
"""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import logs
from chalicelib.aws import queues
from chalicelib.delivery import diff
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.objects import ingest
from chalicelib.ocpi import modules
from chalicelib.ocpi.errors import InvalidParameters, ServerError
from chalicelib.ocpi.paging import PageQuery
from chalicelib.ocpi.timestamps import later, wire_timestamp
from chalicelib.partner import REGISTERED, host_of
from chalicelib.partners import health, parties
from chalicelib.store import feeds, pages
from chalicelib.store.object_items import Key
from chalicelib.store.pulls import COMPLETED, FAILED, RUNNING, Pull, Pulls

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.partner_client.client import Answer
    from chalicelib.wiring import Platform

HOUR = 3600
PAGE = 100
# Seconds a delta reaches back before the start of the crawl it follows: clocks differ.
OVERLAP = 300
MOST_PAGES = 20_000
MOST_OBJECTS_OF_A_PAGE = 2_000
MOST_IDLE_PAGES = 3
# Modules whose objects end by no longer being listed; of Sessions and CDRs old ones just age (AMB-33).
HIDDEN_WHEN_ABSENT = ("locations", "tariffs", "tokens")

_NEXT = re.compile(r'<([^>]*)>\s*(?:;[^,]*?)?;\s*rel\s*=\s*"?next"?', re.IGNORECASE)


class Unusable(Exception):
    """A page that is none; it may be better later."""


def work(platform: Platform, message: Mapping[str, Any]) -> None:
    """Begin pulls, or fetch the page that is next in one."""
    partner = platform.partners.get(message["partner"])
    if partner is None or partner.state != REGISTERED:
        return
    if message["task"] == "page":
        _Crawl(platform, partner, message["module"]).page(message["job"])
        return
    for module in [message["module"]] if message.get("module") else offered(platform, partner):
        begin(
            platform,
            partner,
            module,
            full=bool(message.get("full")),
            date_from=message.get("date_from", ""),
            afresh=bool(message.get("afresh")),
        )


def offered(platform: Platform, partner: Partner) -> list[str]:
    """The modules that a partner lets us pull and that the parties we host receive."""
    roles = platform.settings.roles
    found = []
    for row in modules.MODULES:
        side = row.interface(modules.RECEIVER)
        if not row.kind or side is None or not roles & set(side.offered_by):
            continue
        if (
            partner.endpoint(row.id, modules.SENDER)
            and partner.version in row.versions
            and _owns(platform, partner, row.id)
        ):
            found.append(row.id)
    return found


def begin(
    platform: Platform,
    partner: Partner,
    module: str,
    *,
    full: bool = False,
    date_from: str = "",
    afresh: bool = False,
) -> Pull:
    """The job for a module: one under way, taken up again, or a new one. `afresh`: a new one in any case.

    Without `full` and `date_from` it fetches what changed since the last complete crawl.
    """
    pulls = Pulls(platform)
    now = platform.clock()
    found = pulls.get(partner.id, module)
    if found.state != RUNNING or afresh:
        if not full and not date_from and found.synced_at:
            date_from = later(found.synced_at, -OVERLAP)
        fresh = Pull(
            partner.id,
            module,
            job=uuid.uuid4().hex[:12],
            state=RUNNING,
            url=_first_url(partner.endpoint(module, modules.SENDER) or "", date_from),
            date_from=date_from,
            started_at=now,
            synced_at=found.synced_at,
        )
        if not pulls.put(fresh, found):
            return pulls.get(partner.id, module)
        found = fresh
        interval = platform.settings.pull_interval
        if interval:
            splay = 0.75 + 0.5 * random.random()  # noqa: S311
            pulls.remind(partner.id, f"schedule#{module}", interval * splay)
    platform.queues.send(queues.PULL, [_message(found)])
    return found


class _Crawl:
    """One job of a partner and module at work."""

    def __init__(self, platform: Platform, partner: Partner, module: str) -> None:
        self.platform, self.partner, self.module = platform, partner, module
        self.pulls = Pulls(platform)

    def page(self, job: str) -> None:
        """Fetch the page that is next, store its objects, and name the one after it."""
        pull = self.pulls.get(self.partner.id, self.module)
        if pull.job != job or pull.state != RUNNING:
            return
        if health.waits(self.partner):
            return  # taken up again when it recovers
        try:
            answer = self._fetch(pull)
            page = _objects(answer)
        except PartnerRefused as refusal:
            self._end(pull, pull, FAILED, f"refused: {refusal}"[:300])
            return
        except PartnerUnreachable as problem:
            self._again(pull, problem.reason, problem)
            return
        except Unusable as problem:
            self._again(pull, str(problem), None)
            return
        self._advance(pull, answer, page)

    def _fetch(self, pull: Pull) -> Answer:
        receivers = modules.serving_roles(self.module, modules.RECEIVER)
        hosted = next(iter(self.platform.settings.hosted(*receivers)), None)
        return health.call(
            self.platform,
            self.partner,
            "GET",
            pull.url,
            module=self.module,
            from_party=hosted,
            to_party=self.partner.party_for(parties.owners(self.module)),
        )

    def _advance(self, pull: Pull, answer: Answer, page: list[Any]) -> None:
        """Store a page and go on, end, or give up on a partner that leads nowhere."""
        cut = page[:MOST_OBJECTS_OF_A_PAGE]
        kept, aside = self._store(pull, cut)
        content = diff.digest(cut)
        total = _total(answer)
        moved = replace(
            pull,
            pages=pull.pages + 1,
            objects=pull.objects + len(kept),
            set_aside=pull.set_aside + aside + (len(page) - len(cut)),
            total=total if total >= 0 else pull.total,
            first_total=total if pull.pages == 0 else pull.first_total,
            attempts=0,
            last_page=content,
            idle=pull.idle + 1 if not cut or content == pull.last_page else 0,
            reason="",
            due_at="",
        )
        if not moved.date_from and self.module in HIDDEN_WHEN_ABSENT:
            self.pulls.saw(pull, pull.pages, kept)
        if 0 <= total < pull.total and (back := _one_back(pull.url)):
            self._go(pull, replace(moved, url=back))  # an object left the window: TRA-39
            return
        link = _next_link(answer, pull.url)
        problem = self._dead_end(moved, link) if link else ""
        if problem:
            self._end(pull, moved, FAILED, problem)
        elif link:
            steps = moved.pages
            seen = diff.digest(link)
            mark = seen if steps & (steps - 1) == 0 else moved.checkpoint  # at powers of two
            self._go(pull, replace(moved, url=link, checkpoint=mark))
        else:
            self._end(pull, moved, COMPLETED, "")

    def _dead_end(self, pull: Pull, link: str) -> str:
        if host_of(link) not in self.partner.hosts():
            return f"the next page is at {host_of(link)[:100]}, a host that the partner did not announce"
        if diff.digest(link) in (pull.checkpoint, diff.digest(pull.url)):
            return "the links to the next page lead in a circle"
        if pull.idle >= MOST_IDLE_PAGES:
            return f"{pull.idle} pages in a row brought nothing new"
        if pull.pages >= MOST_PAGES:
            return f"more than {MOST_PAGES} pages"
        return ""

    def _go(self, pull: Pull, moved: Pull) -> None:
        if self.pulls.put(moved, pull):
            self.platform.queues.send(queues.PULL, [_message(moved)])

    def _again(self, pull: Pull, reason: str, problem: PartnerUnreachable | None) -> None:
        """The same page once more, by the schedule."""
        delays = self.platform.settings.retry_delays(HOUR)
        if pull.attempts >= len(delays):
            self._end(pull, pull, FAILED, reason[:300])
            return
        wait = max(delays[pull.attempts], (problem and problem.retry_after) or 0)
        due = later(self.platform.clock(), wait + (30 if wait <= queues.LONGEST_DELAY else 0))
        moved = replace(pull, attempts=pull.attempts + 1, reason=reason[:300], due_at=due)
        if self.pulls.put(moved, pull) and wait <= queues.LONGEST_DELAY:
            self.platform.queues.send(queues.PULL, [_message(moved)], delay=wait)

    def _store(self, pull: Pull, page: Iterable[Any]) -> tuple[list[str], int]:
        """The partitions of the objects that were stored, or known already; how many were set aside."""
        parties = self._owners()
        kept, aside = [], 0
        for each in page:
            try:
                outcome = ingest.receive(
                    self.platform, self.module, each, self.partner.version, parties, via=self.partner.id
                )
                kept.append(outcome.key.partition)
            except InvalidParameters as problem:
                finding = problem.status_message
            except (ClientError, BotoCoreError, ServerError):
                raise
            except Exception as problem:
                logs.log_exception("pulled object not understood", problem, module=self.module)
                finding = f"internal: {type(problem).__name__}"
            else:
                continue
            aside += 1
            self.pulls.set_aside(pull, _name(each), each, finding)
        return kept, aside

    def _owners(self) -> list[tuple[str, str]]:
        theirs = parties.speaks_for(self.platform, self.partner, parties.owners(self.module))
        return sorted(theirs or self.partner.parties)

    def _end(self, pull: Pull, moved: Pull, state: str, reason: str) -> None:
        now = self.platform.clock()
        hidden = 0
        whole = state == COMPLETED and not moved.date_from
        if whole and self.module in HIDDEN_WHEN_ABSENT and not moved.set_aside and _stable(moved):
            hidden = self._hide(moved)
        ended = replace(moved, state=state, reason=reason, ended_at=now, url="", due_at="")
        if state == COMPLETED:
            ended = replace(ended, synced_at=ended.started_at)
        if not self.pulls.put(ended, pull):
            return
        detail = {
            "partner": self.partner.id,
            "module": self.module,
            "state": state,
            "pages": ended.pages,
            "objects": ended.objects,
            "set_aside": ended.set_aside,
            "hidden": hidden,
            **({"total": ended.total} if ended.total >= 0 else {}),
            **({"date_from": ended.date_from} if ended.date_from else {}),
            **({"reason": reason} if reason else {}),
        }
        self.platform.backend.emit("PullCompleted", detail, id=f"pull#{ended.id}")

    def _hide(self, pull: Pull) -> int:
        """Hide what a complete crawl no longer lists (AMB-33); how many that were."""
        seen = self.pulls.seen(pull)
        names = [feeds.name("/".join(party)) for party in self._owners()]
        heads = self.platform.objects.feeds.heads(self.module, names)
        cursor: str | None = ""
        absent: list[Key] = []
        while cursor is not None:
            query = PageQuery(limit=500, cursor=cursor)
            page = pages.page(self.platform.objects, self.module, heads, query)
            cursor = page.cursor
            absent += [
                each.key
                for each in page.objects
                if each.key.partition not in seen
                and not each.parts[0].hidden
                and each.last_updated < pull.started_at
            ]
        for key in absent:
            self.platform.objects.hide(key, True)
        return len(absent)


def _owns(platform: Platform, partner: Partner, module: str) -> bool:
    if module == "hubclientinfo":
        return parties.is_hub(partner)
    return bool(parties.speaks_for(platform, partner, parties.owners(module)))


def _stable(pull: Pull) -> bool:
    return pull.total < 0 or pull.total == pull.first_total


def _message(pull: Pull) -> dict[str, Any]:
    return {"task": "page", "partner": pull.partner, "module": pull.module, "job": pull.job}


def _first_url(base: str, date_from: str) -> str:
    query = {"date_from": wire_timestamp(date_from)} if date_from else {}
    return f"{base}{'&' if '?' in base else '?'}{urlencode({**query, 'offset': 0, 'limit': PAGE})}"


def _objects(answer: Answer) -> list[Any]:
    """The objects of a page. Raises Unusable when there is no list."""
    if answer.data is None:
        return []
    if not isinstance(answer.data, list):
        raise Unusable("the data of a page is no list")
    return answer.data


def _next_link(answer: Answer, url: str) -> str:
    """Where the next page is, or nothing."""
    header = answer.headers.get("link", "")
    found = _NEXT.search(header)
    return urljoin(url, found.group(1).strip()) if found else ""


def _total(answer: Answer) -> int:
    text = answer.headers.get("x-total-count", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 13 else -1


def _one_back(url: str) -> str:
    """The same page beginning one object earlier; nothing where it is the first or has no offset."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    offset = next((value for name, value in query if name == "offset"), "")
    if not offset.isascii() or not offset.isdigit() or not int(offset):
        return ""
    lowered = [(name, str(int(value) - 1) if name == "offset" else value) for name, value in query]
    kept = [pair for pair in lowered if pair[0] != "cursor"]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def _name(data: Any) -> str:
    """What tells set-aside objects apart: what identifies them where it can be read, else their digest."""
    if isinstance(data, dict):
        for name in ("id", "uid", "role"):
            if isinstance(data.get(name), str) and data[name]:
                return f"{data[name][:200]}#{diff.digest(data)}"
    return diff.digest(data)
