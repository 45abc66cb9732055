"""A list of the other side, walked page by page as a partner does."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urljoin, urlsplit

from conformance.peer import Exchange
from conformance.verdict import Verdict, Warned, fail, require

if TYPE_CHECKING:
    from conformance.trial import Trial

MOST_PAGES = 60
LONG_AGO = "2000-01-01T00:00:00Z"


def next_link(exchange: Exchange) -> str:
    """The URL of `Link: <...>; rel="next"`; empty where there is none."""
    for part in re.split(r",\s*(?=<)", exchange.header("link") or ""):
        found = re.match(r'\s*<([^>]*)>\s*;.*?rel\s*=\s*"?next"?', part, re.I)
        if found:
            return found[1]
    return ""


def number(exchange: Exchange, name: str) -> int | None:
    """An integer header; None where it is absent or no whole number."""
    value = (exchange.header(name) or "").strip()
    return int(value) if value.isdigit() else None


def objects_of(exchange: Exchange) -> list[dict[str, Any]]:
    """The objects of a page. Raises Failed."""
    if not exchange.ok:
        fail(f"the list cannot be had: {exchange.said}", exchange)
    require(isinstance(exchange.data, list), "`data` of a list must be an array", exchange)
    wrong = [each for each in exchange.data if not isinstance(each, dict)]
    require(not wrong, "every entry of the list must be an object", exchange)
    found: list[dict[str, Any]] = exchange.data
    return found


def identity(module: str, each: dict[str, Any]) -> tuple[str, ...]:
    """What makes an object this one, without regard to case."""
    names = {"tokens": ("country_code", "party_id", "uid", "type")}.get(
        module, ("country_code", "party_id", "id")
    )
    if module == "hubclientinfo":
        names = ("country_code", "party_id", "role")
    return tuple(str(each.get(name, "")).upper() for name in names)


class Crawl:
    """First page as the server chooses it, then all pages by their next links."""

    def __init__(self, trial: Trial, module: str) -> None:
        self.trial, self.module = trial, module
        self.exchanges: list[Exchange] = []
        self.pages: tuple[Exchange, ...] = ()  # those of the walk
        self.objects: list[dict[str, Any]] = []
        self.complete = False
        self.astray: Verdict | None = None
        self.verdict: Verdict | None = None

    @property
    def query(self) -> dict[str, Any]:
        """Sessions ask for a date_from (2.1.1 and 2.2.1 mark it required)."""
        return {"date_from": LONG_AGO} if self.module == "sessions" else {}

    @property
    def state(self) -> list[tuple[str, ...]]:
        """What there is and how new it is, in whichever order."""
        found = [(*identity(self.module, each), str(each.get("last_updated"))) for each in self.objects]
        if not self.complete and self.pages:  # what lies beyond may have changed, too
            found.append(("total", str(number(self.pages[-1], "X-Total-Count"))))
        return sorted(found)

    def walk(self) -> None:
        """Ask for every page, once. Raises Failed where the first cannot be had."""
        if self.exchanges:
            return
        self.page()
        self.objects = list(objects_of(self.exchanges[0]))
        while (link := next_link(self.exchanges[-1])) and len(self.exchanges) < MOST_PAGES:
            try:
                self.objects += objects_of(self.follow(link))
            except Verdict as astray:  # TRA-30 says so
                self.astray = astray
                break
        self.pages = tuple(self.exchanges)
        self.complete = not link and self.astray is None

    @property
    def quiet(self) -> bool:
        """Whether nothing came, went or changed its page while we walked, as far as that can be seen."""
        totals = {number(each, "X-Total-Count") for each in self.pages}
        names = {identity(self.module, each) for each in self.objects}
        return self.complete and len(names) == len(self.objects) and totals <= {None, len(names)}

    def page(self, **query: Any) -> Exchange:
        """One page with these parameters."""
        asked = {**self.query, **query} or None
        answer = self.trial.ask("GET", self.module, "SENDER", query=asked)
        until = time.monotonic() + self.trial.options.patience
        while answer.code // 1000 == 3 and self.trial.options.role == "HUB" and time.monotonic() < until:
            # To a new hub, a platform may first have to find out who is behind it.
            time.sleep(0.5)
            answer = self.trial.ask("GET", self.module, "SENDER", query=asked)
        self.exchanges.append(answer)
        return answer

    def follow(self, link: str) -> Exchange:
        """The page behind a next link, verbatim. Raises Warned where it leads to a host they never named."""
        link = urljoin(self.exchanges[-1].url, link)
        if (host := urlsplit(link).netloc) not in self.trial.hosts:
            raise Warned(
                f"the next link leads to another host, {host or link}: not followed", self.exchanges[-1]
            )
        headers = self.trial.routing(self.module, "SENDER")
        answer = self.trial.prove(self.trial.peer.ask("GET", link, headers=headers, module=self.module))
        self.exchanges.append(answer)
        return answer


def parameters(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
