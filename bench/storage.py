"""What storing and serving objects costs: units, round trips and CPU, of requests through `endpoint`.

Units are counted by `bench.meter` on moto in this process. For CPU, DynamoDB's answers are recorded
once and played back behind botocore, so that what is left is ours and the SDK's own work.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from statistics import median
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bench import samples
from bench.meter import Usage
from bench.platform import Bench, measured_platform, seed
from bench.tape import timed
from chalicelib.objects import hosted
from chalicelib.ocpi import jsontext

MANY = int(os.environ.get("OCPI_BENCH_MANY", "20000"))
NEWER = "2026-01-01T00:00:00Z"


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, target)."""
    with measured_platform() as bench:
        return [*_units(bench), *_messages(bench), *_cpu(bench), *_large(bench), *_pages(bench)]


def _units(bench: Bench) -> list[tuple[str, str, str]]:
    rows = []
    for evses in (1, 10):
        whole = a_location(f"L{evses}", evses)
        put = bench.units("PUT", "locations", ("BE", "BEC", f"L{evses}"), "cpo-2.2.1", as_json(whole))
        rows.append((f"PUT of a new Location of {evses} EVSEs", str(put), "<= 2 trips"))
    again = bench.units("PUT", "locations", ("BE", "BEC", "L10"), "cpo-2.2.1", as_json(a_location("L10", 10)))
    rows.append(("PUT of a Location of 10 EVSEs that changes nothing", str(again), "0 WU"))
    changed = as_json({**a_location("L10", 10), "name": "Other"})
    put = bench.units("PUT", "locations", ("BE", "BEC", "L10"), "cpo-2.2.1", changed)
    rows.append(("PUT of a Location of 10 EVSEs with another name", str(put), "<= 2 trips"))
    get = bench.units("GET", "locations", ("BE", "BEC", "L10"), "cpo-2.2.1")
    rows.append(("GET of a Location of 10 EVSEs", str(get), "1 trip"))
    post = bench.units("POST", "cdrs", (), "cpo-2.3.0", as_json(_cdr("C1")))
    rows.append(("POST of a CDR of 50 periods", str(post), "<= 2 trips"))
    hosted.put(bench.platform, "tokens", {**samples.token(), "uid": "KNOWN", "party_id": "EXM"})
    for uid in ("T1", "T2"):
        put = bench.units("PUT", "tokens", ("BE", "EMS", uid), "emsp-2.2.1", as_json(a_token(uid)))
    rows.append(("PUT of a new Token", str(put), "<= 2 trips"))
    asked = bench.units("POST", "tokens", ("KNOWN", "authorize"), "cpo-2.2.1")
    rows.append(("real-time authorization", str(asked), "1 trip"))
    rows += _lists(bench)  # before there is a private Location, which every list has to look for
    return rows + [_opened(bench, many) for many in (10, 100)]


def _lists(bench: Bench) -> list[tuple[str, str, str]]:
    """Statuses and pages of few objects, whose units are those of many (`_large`, `_pages`)."""
    url = ("BE", "BEC", "L10", "3256")
    bench.ask("PATCH", "locations", url, "cpo-2.2.1", a_status("CHARGING", 1))
    patch = bench.units("PATCH", "locations", url, "cpo-2.2.1", a_status("AVAILABLE", 2))
    found = [("PATCH of an EVSE status", str(patch), "<= 6 WU, <= 2 RU, <= 2 trips")]
    for many in (200, 1000):
        seed(bench.platform, "NL/EXA", [a_location(f"U{many}-{at}", 1) for at in range(many)], "2.2.1")
        page = bench.units("GET", "locations", (), "emsp-2.2.1", offset=str(many - 100), limit="50")
        found.append((f"page of 50 Locations of {many:,} or more", str(page), "<= 3 trips"))
    found += _by_status(bench)
    window = bench.units("GET", "locations", (), "emsp-2.2.1", date_from="2099-12-01T00:00:00Z")
    return [*found, ("page with date_from that nothing matches", str(window), "<= 3 trips")]


def _by_status(bench: Bench) -> list[tuple[str, str, str]]:
    """The first and the tenth page of an operator's list by status: the same, however far it came."""
    query = {"module": "locations", "party": "NL/EXA", "status": "AVAILABLE", "limit": 50}
    pages, cursor = [], ""
    while len(pages) < 10:
        data, usage = bench.operate("list", **query, cursor=cursor)
        pages.append(usage)
        cursor = data["cursor"]
    what = "page {} of 50 Locations with an EVSE of a status"
    return [(what.format(at), str(pages[at - 1]), "flat") for at in (1, 10)]


def _opened(bench: Bench, many: int) -> tuple[str, str, str]:
    """A Token whose eMSP sees one of so many private Locations by it."""
    for at in range(many):
        allowed = [{"uid": f"N{many}-{at}", "type": "RFID"}]
        private = {**samples.location(1), "publish": False, "publish_allowed_to": allowed}
        hosted.put(bench.platform, "locations", {**private, "id": f"N{many}-{at}"})
    for uid in (f"N{many}-0", f"N{many}-1"):
        put = bench.units("PUT", "tokens", ("BE", "EMS", uid), "emsp-2.2.1", as_json(a_token(uid)))
    return f"PUT of a new Token that opens 1 of {many} private Locations", str(put), "flat"


def _messages(bench: Bench) -> list[tuple[str, str, str]]:
    """What the same requests use with OCPI_MESSAGES: one more batch write each."""
    rows = []
    kept = bench.platform.messages
    requests: dict[str, tuple[str, str, tuple[str, ...], str, bytes]] = {
        "PUT of a Location of 10 EVSEs": (
            "PUT",
            "locations",
            ("BE", "BEC", "L10"),
            "cpo-2.2.1",
            as_json({**a_location("L10", 10), "name": "Third"}),
        ),
        "PATCH of an EVSE status": (
            "PATCH",
            "locations",
            ("BE", "BEC", "L1", "3256"),
            "cpo-2.2.1",
            a_status("BLOCKED", 3),
        ),
        "POST of a CDR of 50 periods": ("POST", "cdrs", (), "cpo-2.3.0", as_json(_cdr("C8"))),
        "page of 100 Locations": ("GET", "locations", (), "emsp-2.2.1", b""),
    }
    for what, request in requests.items():
        bench.units(*request)
        for mode in ("refused", "all"):
            kept._mode = mode
            usage = bench.units(*request)
            kept._mode = "none"
            # The second time nothing changes: what is left of its writes is the message.
            again = bench.units(*request)
            more = usage.write - again.write, usage.trips - again.trips
            rows.append(
                (f"{what}, OCPI_MESSAGES={mode}", f"+{more[0]:g} WU, +{more[1]} round trips", "+1 trip")
            )
    return rows


def _large(bench: Bench) -> list[tuple[str, str, str]]:
    rows = []
    seed(bench.platform, "BE/BEC", [a_location("L1000", 1000)], "2.2.1")
    for evses in (1, 1000):
        url = ("BE", "BEC", f"L{evses}", "3256")
        bench.ask("PATCH", "locations", url, "cpo-2.2.1", a_status("CHARGING", 1))
        patch = bench.units("PATCH", "locations", url, "cpo-2.2.1", a_status("AVAILABLE", 2))
        rows.append(
            (
                f"PATCH of an EVSE status, Location of {evses} EVSEs",
                str(patch),
                "<= 6 WU, <= 2 RU, <= 2 trips",
            )
        )
    return rows


def _cpu(bench: Bench) -> list[tuple[str, str, str]]:
    """Our own CPU time beside that of the SDK's calls in the same request."""
    rows = []
    requests = {
        "PUT of a 10-EVSE Location": ("PUT", "locations", ("BE", "BEC", "L10"), a_location("L10", 10)),
        "PATCH of an EVSE status": ("PATCH", "locations", ("BE", "BEC", "L10", "3256"), None),
        "GET of a 10-EVSE Location": ("GET", "locations", ("BE", "BEC", "L10"), None),
        "POST of a 50-period CDR": ("POST", "cdrs", (), _cdr("C9")),
    }
    for version in ("2.3.0", "2.2.1", "2.1.1"):  # the Location is stored in the version that is asked for
        for what, (method, module, segments, body) in requests.items():
            text = b""
            if method in ("PUT", "POST") and body is not None:
                from chalicelib.ocpi import writing

                kind = "location" if module == "locations" else "cdr"
                text = as_json(writing.write(kind, body, version).object)
            elif method == "PATCH":
                text = a_status("CHARGING", 3)
            token = f"cpo-{version}"
            whole, sdk = timed(bench, method, module, segments, token, text)
            ratio = (whole - sdk) / sdk
            measured = f"{(whole - sdk) * 1e3:.2f} ms, {ratio:.2f} x SDK"
            rows.append(
                (f"{what}, {version}: our CPU", measured, "<= 0.5 x" if version == "2.3.0" else "+ 0.3 x")
            )
    return rows


def _pages(bench: Bench) -> list[tuple[str, str, str]]:
    rows = []
    platform = bench.platform
    # 5 % here and there, and the last 5 % together, are younger than the others.
    many = [
        each if at % 20 == 7 or at >= MANY * 19 // 20 else as_older(each)
        for at, each in enumerate(a_location(f"Q{at:05}", 1) for at in range(MANY))
    ]
    seed(platform, "NL/EXA", many, "2.2.1")
    first: Usage | None = None
    for offset in (0, 1_000, MANY - 100):
        usage = bench.units("GET", "locations", (), "emsp-2.2.1", offset=str(offset), limit="100")
        first = first or usage
        rows.append(
            (
                f"page of 100 at offset {offset:,} of {MANY:,} Locations",
                str(usage),
                "<= 1.1 x the first, <= 3 trips",
            )
        )
    for offset in (1_000, MANY - 100):
        ratio, first_ms, late_ms = _compared(bench, "0", str(offset))
        measured = f"{ratio:.2f} x ({late_ms:.1f} ms, the first {first_ms:.1f} ms)"
        rows.append((f"CPU of the page at offset {offset:,} to the first", measured, "<= 1.1 x"))
    window = bench.units("GET", "locations", (), "emsp-2.2.1", date_from="2099-12-01T00:00:00Z")
    rows.append((f"page with date_from that nothing of {MANY:,} matches", str(window), "<= 3 trips"))
    rows += _windows(bench)
    return rows


def _windows(bench: Bench) -> Iterator[tuple[str, str, str]]:
    """Crawls with date_from and without, per page: the first page of a window counts it, the rest do not."""
    whole = _crawl(bench)
    for name, window in (
        ("5 % scattered, 5 % together", {"date_from": NEWER}),
        ("all", {"date_from": "2020-01-01T00:00:00Z"}),
    ):
        usage, pages, found = _crawl(bench, **window)
        ratio = usage.read / pages / (whole[0].read / whole[1])
        measured = (
            f"{usage.read / pages:.1f} RU, {usage.write / pages:.2f} WU, {usage.trips / pages:.1f} trips,"
            f" {ratio:.2f} x"
        )
        yield f"crawl with date_from, {found:,} of {MANY:,} match: {name}, a page", measured, "<= 2 x without"


def _crawl(bench: Bench, **query: str) -> tuple[Usage, int, int]:
    """A crawl by links: what it uses, how many pages it has, how many objects it promised and brought."""
    usage, pages, found = bench.meter.watch(), 0, 0
    following = {**query, "limit": "100"}
    while following:
        found += bench.ask("GET", "locations", (), "emsp-2.2.1", **following).count('"charging_when_closed"')
        pages += 1
        link = bench.headers.get("Link", "")[1:].partition(">")[0]
        following = dict(parse_qsl(urlsplit(link).query))
    assert found == int(bench.headers["X-Total-Count"]), (found, bench.headers)
    return usage, pages, found


def as_older(location: dict[str, Any]) -> dict[str, Any]:
    """The Location as if nothing of it had changed for long."""
    text = jsontext.dumps(location).replace(samples.TIME, "2025-03-01T12:00:00Z")
    older: dict[str, Any] = jsontext.loads(text)
    return older


def _compared(bench: Bench, one: str, other: str) -> tuple[float, float, float]:
    """How much CPU a page at an offset takes to one at another, and both in ms: medians, turn by turn."""
    turns = [
        [
            timed(bench, "GET", "locations", (), "emsp-2.2.1", b"", 5, 1, offset=offset, limit="100")[0]
            for offset in (one, other)
        ]
        for _ in range(15)
    ]
    first, late = (median(times) for times in zip(*turns, strict=True))
    return median(each[1] / each[0] for each in turns), first * 1e3, late * 1e3


def a_location(id_: str, evses: int) -> dict[str, Any]:
    return {**samples.location(evses), "id": id_, "country_code": "BE", "party_id": "BEC"}


def _cdr(id_: str) -> dict[str, Any]:
    return {**samples.cdr(), "id": id_, "country_code": "BE", "party_id": "BEC"}


def a_token(uid: str) -> dict[str, Any]:
    return {**samples.token(), "uid": uid, "country_code": "BE", "party_id": "EMS"}


def a_status(status: str, minute: int) -> bytes:
    return as_json({"status": status, "last_updated": f"2026-03-02T12:{minute:02}:00Z"})


def as_json(value: Any) -> bytes:
    return jsontext.dumps(value).encode()
