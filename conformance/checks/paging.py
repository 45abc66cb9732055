"""Lists: pages, totals, links, filters, order. Each rule is a row for each list there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance import VERSIONS
from conformance.check import NEWER, SHOULD, check, letter
from conformance.lists import MOST_PAGES, Crawl, identity, next_link, number, objects_of, parameters
from conformance.peer import Exchange
from conformance.shapes import date_fault, earlier, moment
from conformance.trial import WANTED, Trial
from conformance.verdict import Failed, Skipped, advise, fail, given, require

Rule = Callable[[Trial, Crawl], None]
LISTS = ("locations", "sessions", "cdrs", "tariffs", "tokens", "hubclientinfo")


def listed(id: str, title: str, asks: str, expects: str, **more: Any) -> Callable[[Rule], Rule]:
    """Declare a row for each list: `TRA-37/a` for locations, `/b` for sessions, and so on.

    `first` is the number of letters that other rules of the same ID have taken.
    """

    def declare(tried_by: Rule) -> Rule:
        first = more.pop("first", 0)
        for index, module in enumerate(LISTS, first):
            _declare_one(f"{id}/{letter(index)}", title, asks, expects, module, tried_by, more)
        return tried_by

    return declare


def _declare_one(
    id: str, title: str, asks: str, expects: str, module: str, tried_by: Rule, more: dict[str, Any]
) -> None:
    def run(trial: Trial) -> None:
        trial.endpoint(module, "SENDER")
        for _ in range(3):
            try:
                tried_by(trial, trial.crawl(module, judged=id.startswith(("TRA-20", "TRA-30", "TRA-37"))))
                return
            except Failed:
                if trial.known[f"crawl/{module}"].verdict or not trial.moved(module):
                    raise
        raise Skipped("the list changes too fast to be judged")

    run.__module__ = __name__
    run.__doc__ = tried_by.__doc__
    versions = more.get("versions", VERSIONS)
    if module == "hubclientinfo":
        versions = tuple(each for each in versions if each in NEWER)
    given = {**more, "versions": versions, "module": module, "interface": "SENDER"}
    given.setdefault("roles", roles_for(module))
    check(id, f"{title} ({module})", asks.format(module), expects, **given)(run)


def roles_for(module: str, interface: str = "SENDER") -> tuple[str, ...]:
    """The roles that ask the other side for this interface."""
    return tuple(role for role, wanted in WANTED.items() if (module, interface) in wanted)


def two_objects(crawl: Crawl) -> list[dict[str, object]]:
    """The objects of a list with two at least. Raises Skipped."""
    if len(crawl.objects) < 2:
        raise Skipped(f"the list has {len(crawl.objects)} objects; two are needed")
    return crawl.objects


@listed(
    "TRA-20",
    "A list is an array of objects",
    "GET {0}, and {0}?date_from=2099-01-01T00:00:00Z",
    "HTTP 200, 1000, `data` is an array, also where there is nothing",
)
def list_is_an_array(trial: Trial, crawl: Crawl) -> None:
    objects_of(crawl.exchanges[0])
    page = crawl.page(date_from="2099-01-01T00:00:00Z")
    if page.ok:
        require(isinstance(page.data, list), "`data` of an empty list must be an array", page)


@listed("TRA-37", "Every page says X-Total-Count and X-Limit", "GET {0}", "both headers, whole numbers")
def pages_say_totals(trial: Trial, crawl: Crawl) -> None:
    for page in [each for each in crawl.exchanges if each.ok]:
        for name in ("X-Total-Count", "X-Limit"):
            require(number(page, name) is not None, f"{name} is {page.header(name)!r}", page)


@listed(
    "TRA-34",
    "X-Total-Count is the number of objects there are",
    "GET all pages of {0}",
    "as many objects as said",
)
def total_is_exact(trial: Trial, crawl: Crawl) -> None:
    if not crawl.complete:
        raise Skipped("the list is too long to be walked to its end")
    last = crawl.pages[-1]
    total = number(last, "X-Total-Count")
    given(total is not None, "no X-Total-Count: TRA-37", last)
    require(total == len(crawl.objects), f"{total} promised, {len(crawl.objects)} came", last)
    page = crawl.page(limit=1)
    total = number(page, "X-Total-Count")
    require(
        total == len(crawl.objects), f"{total} promised with limit=1, there are {len(crawl.objects)}", page
    )


@listed(
    "TRA-30",
    "The pages are linked to the last one, and no further",
    "GET {0}?limit=1, then each next link",
    '`Link: <...>; rel="next"` on each page but the last',
)
def pages_are_linked(trial: Trial, crawl: Crawl) -> None:
    for each in crawl.pages:
        if link := next_link(each):
            require(link.lower().startswith("http"), f"the link is no absolute URL: {link}", each)
    if crawl.astray:
        raise crawl.astray
    objects = two_objects(crawl)
    size = max(1, len(objects) // 4)
    page = crawl.page(limit=size)
    seen = [identity(crawl.module, each) for each in objects_of(page)]
    followed: set[str] = set()
    while link := next_link(page):
        require(link.lower().startswith("http"), f"the link is no absolute URL: {link}", page)
        require(link not in followed, "the links lead in a circle", page)
        given(len(followed) < MOST_PAGES, "the list is too long to be walked to its end")
        followed.add(link)
        page = crawl.follow(link)
        seen += [identity(crawl.module, each) for each in objects_of(page)]
        if not objects_of(page):
            break
    missing = {identity(crawl.module, each) for each in objects} - set(seen)
    require(
        not missing,
        f"by limit={size} and the links, {len(missing)} of {len(objects)} objects never came",
        page,
    )
    require(len(seen) == len(set(seen)), "an object came on two pages", page)


@listed("TRA-27", "No page has more objects than limit says", "GET {0}?limit=1", "one object at most")
def limit_is_kept(trial: Trial, crawl: Crawl) -> None:
    page = crawl.page(limit=1)
    require(len(objects_of(page)) <= 1, f"{len(objects_of(page))} objects came for limit=1", page)


@listed("TRA-26", "offset counts from zero", "GET {0}?offset=1&limit=1", "the second object of the list")
def offset_counts_from_zero(trial: Trial, crawl: Crawl) -> None:
    objects = two_objects(crawl)
    for at in (0, 1):
        page = crawl.page(offset=at, limit=1)
        found = [identity(crawl.module, each) for each in objects_of(page)]
        require(found[:1] == [identity(crawl.module, objects[at])], f"offset={at} shows {found[:3]}", page)


@listed(
    "TRA-30",
    "Beyond the end there is an empty page",
    "GET {0}?offset=1000000",
    "an empty array, no next link",
    first=6,
)
def beyond_the_end(trial: Trial, crawl: Crawl) -> None:
    page = crawl.page(offset=1_000_000, limit=10)
    advise(page.ok or page.status >= 500, f"an empty page is expected: {page.said}", page)
    require(not objects_of(page), "objects came from beyond the end", page)
    require(not next_link(page), "a next link leads further beyond the end", page)


@listed(
    "TRA-31",
    "The next link keeps the filters",
    "GET {0}?date_from=...&limit=1, then the next link",
    "the same window on the next page",
)
def next_link_keeps_filters(trial: Trial, crawl: Crawl) -> None:
    objects = two_objects(crawl)
    times = sorted(
        (str(each["last_updated"]) for each in objects if not date_fault(each.get("last_updated"))),
        key=lambda text: str(moment(text)),
    )
    given(times, "no object with a last_updated is listed")
    start = times[len(times) // 2]
    within = [each for each in objects if not earlier(each.get("last_updated"), start)]
    if len(within) < 2 or len(within) == len(objects):
        raise Skipped("the objects have no two times that part them")
    page = crawl.page(date_from=start, limit=1)
    link = next_link(page)
    require(link or len(objects_of(page)) > 1, "no next link though there is more", page)
    crawled = [*objects_of(page)]
    while link and len(crawled) <= len(objects):
        page = crawl.follow(link)
        crawled += objects_of(page)
        link = next_link(page)
    outside = [each for each in crawled if earlier(each.get("last_updated"), start)]
    require(not outside, f"by the links came {len(outside)} objects from before date_from", page)
    require(
        len(crawled) == len(within), f"{len(within)} objects are in the window, {len(crawled)} came", page
    )


@listed(
    "TRA-32",
    "A limit beyond the server's own is capped, and said so",
    "GET {0}?limit=1000000",
    "X-Limit and the limit of the next link are what is served",
)
def limit_is_capped(trial: Trial, crawl: Crawl) -> None:
    page = crawl.page(limit=1_000_000)
    got, limit = len(objects_of(page)), number(page, "X-Limit")
    given(limit is not None, "no X-Limit: TRA-37", page)
    link = next_link(page)
    given(link, "all there is came on one page")
    asked = f"{got} objects came and there are more"
    require(
        limit != 1_000_000, f"X-Limit says what was asked for, {limit}, and not what is served: {asked}", page
    )
    advise(got == limit, f"X-Limit says {limit}, {asked}", page)
    said = parameters(link).get("limit")
    advise(said in (None, str(limit)), f"the next link asks for limit={said}, X-Limit says {limit}", page)


@listed(
    "TRA-35",
    "X-Limit is the most that a page may hold",
    "GET {0} and {0}?limit=1",
    "no page has more objects than X-Limit",
)
def x_limit_is_the_most(trial: Trial, crawl: Crawl) -> None:
    for page in (crawl.exchanges[0], crawl.page(limit=1)):
        trial.prove(page)
        limit, got = number(page, "X-Limit"), len(objects_of(page))
        given(limit is not None, "no X-Limit: TRA-37", page)
        assert limit is not None
        require(limit >= got, f"X-Limit says {limit}, {got} objects came", page)
        # In 2.1.1 it is the number of objects returned, as an upper limit.
        advise(limit or not trial.newer, "X-Limit says that no page may hold anything", page)


@listed(
    "TRA-23",
    "date_from is inclusive",
    "GET {0}?date_from=<last_updated of an object>",
    "the object is there",
    versions=NEWER,
)
def date_from_is_inclusive(trial: Trial, crawl: Crawl) -> None:
    chosen = _dated(crawl)
    page = crawl.page(date_from=chosen["last_updated"])
    found = _until(crawl, page, chosen)
    require(found, "an object with exactly this last_updated is not in the list", page)


@listed(
    "TRA-24",
    "date_to is exclusive",
    "GET {0}?date_to=<last_updated of an object>",
    "the object is not there",
    versions=NEWER,
)
def date_to_is_exclusive(trial: Trial, crawl: Crawl) -> None:
    chosen = _dated(crawl)
    page = crawl.page(date_to=chosen["last_updated"])
    require(not _until(crawl, page, chosen), "an object with exactly this last_updated is in the list", page)


@listed(
    "TRA-22",
    "date_from and date_to leave out what lies outside",
    "GET {0} with a date_from in the future, and with a date_to in the past",
    "an empty list, a total of 0",
    versions=VERSIONS,
)
def dates_leave_out(trial: Trial, crawl: Crawl) -> None:
    for query in ({"date_from": "2099-01-01T00:00:00Z"}, {"date_to": "2001-01-01T00:00:00Z"}):
        page = crawl.page(**query)
        require(not objects_of(page), f"{len(objects_of(page))} objects came for {query}", page)
        if (total := number(page, "X-Total-Count")) is not None:
            require(total == 0, f"X-Total-Count is {total}", page)


def _dated(crawl: Crawl) -> dict[str, object]:
    usable = [each for each in crawl.objects if not date_fault(each.get("last_updated"))]
    usable = [each for each in usable if "." not in str(each["last_updated"])] or usable
    if not usable:
        raise Skipped("no object with a last_updated is listed")
    return usable[len(usable) // 2]


def _until(crawl: Crawl, page: Exchange, chosen: dict[str, object]) -> bool:
    """Whether the object is on this page or one of those behind it."""
    wanted = identity(crawl.module, chosen)
    for _ in range(60):
        if any(identity(crawl.module, each) == wanted for each in objects_of(page)):
            return True
        if not (link := next_link(page)):
            return False
        page = crawl.follow(link)
    return False


@listed(
    "TRA-28",
    "The order of a list is the same each time",
    "GET {0} twice",
    "the same objects in the same order",
)
def order_is_stable(trial: Trial, crawl: Crawl) -> None:
    objects = two_objects(crawl)
    again = objects_of(crawl.page())
    first = [identity(crawl.module, each) for each in objects[: len(again)]]
    other = [identity(crawl.module, each) for each in again]
    common = set(first) & set(other)
    same = [each for each in first if each in common] == [each for each in other if each in common]
    require(same, "the second time the objects came in another order", crawl.exchanges[-1])


@listed(
    "TRA-29",
    "What changes or comes while a list is walked moves no other object",
    "GET all pages of {0} again when everything else was tried",
    "the objects in the order of the first walk; new ones behind them",
    force=SHOULD,
    stage="last",
)
def change_moves_nothing(trial: Trial, crawl: Crawl) -> None:
    first: Crawl = trial.known[f"first/{crawl.module}"]
    objects = first.objects
    if len(objects) < 2:
        raise Skipped("the list had less than two objects at first")
    later = Crawl(trial, crawl.module)
    later.walk()
    # Where something was removed between two pages, an older object may have slipped through the first walk.
    given(first.quiet and later.quiet, "the list changed while it was walked, so its order says nothing")
    before = [identity(crawl.module, each) for each in objects]
    after = [identity(crawl.module, each) for each in later.objects]
    stayed = [each for each in after if each in set(before)]
    kept = set(stayed)
    require(stayed == [each for each in before if each in kept], "objects changed places", later.exchanges[0])
    if len(stayed) < len(after) and after[: len(stayed)] != stayed:
        fail("new objects came before older ones", later.exchanges[0])
