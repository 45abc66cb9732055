"""What an answer looks like to people: tables of its lists, lines of the rest, and a few answers by hand."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cli import cells
from cli.show import Column, Screen, columns, outline, write

Columns = Mapping[str, Sequence[Column]]

DELIVERIES = columns(
    "state:whole partner module object=@object tries=attempts:n since:age next=next_attempt_at:age reason"
)
ALIKE = columns("state:whole partner module many:whole since:age for_example=@object cause")
AWAY = columns("partner:whole heard=last_success:age failed=last_failure:age reason")
APART = columns("pointer ours:whole theirs")
ENDPOINTS = columns("module=identifier:whole interface=role:whole url")
FAILING = columns("partner:whole module:whole next=next_attempt_at:age")


def people(screen: Screen, data: Any, chosen: Columns, module: str = "") -> Iterator[RenderableType]:
    """Any answer: its tables, and what else it says."""
    if not isinstance(data, Mapping):
        yield outline(data)
        return
    data = {name: value for name, value in data.items() if name not in ("cursor", "total")}
    tables = {name: value for name, value in data.items() if is_table(value)}
    empty = [name for name, value in data.items() if value == [] and (name in chosen or len(data) == 1)]
    rest = {name: value for name, value in data.items() if name not in tables and name not in empty}
    if rest:
        yield screen.fields(rest)
    for name, rows in tables.items():
        if len(data) > 1:
            yield screen.heading(words(name))
        yield screen.table(rows, chosen.get(f"{name}/{module}") or chosen.get(name, ()))
    if empty and not tables and not rest:
        yield Text(f"no {' and no '.join(map(words, empty))}", style="dim")
    elif not data:
        yield Text("done")


def is_table(value: Any) -> bool:
    """Whether a value is a list of rows, and not of parties, which fit in one cell."""
    if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
        return False
    return not all({"country_code", "party_id"} <= each.keys() and len(each) <= 4 for each in value)


def words(name: str) -> str:
    return name.replace("_", " ")


def status(screen: Screen, data: Any) -> Iterator[RenderableType]:
    """The overview: what this platform is, its partners, what waits and since when."""
    rest = dict(data)
    platform = rest.pop("platform", None) or {}
    oldest = rest.get("oldest_undelivered")
    since = oldest.get("since") if isinstance(oldest, Mapping) else oldest
    for name in ("partners", "health"):
        if isinstance(rest.get(name), Mapping):
            counts = rest[name].items()
            rest[name] = ", ".join(f"{many} {state}" for state, many in counts) or "none"
    rest["oldest_undelivered"] = f"{cells.age(since)} ({cells.moment(since)})" if since else "none"
    errors = rest.get("errors")
    if isinstance(errors, list) and all(isinstance(each, Mapping) and "cause" in each for each in errors):
        rest["errors"] = _alike(errors)
    yield from people(
        screen, {**platform, **rest}, {"errors": ALIKE, "unreachable": AWAY, "failing": FAILING}
    )


def partner(screen: Screen, data: Any) -> Iterator[RenderableType]:
    """A partner, with every time as an age."""
    yield from people(screen, cells.aged(data), {"endpoints": ENDPOINTS})


CARD: Columns = {
    "traffic": columns(
        "module way=@way requests:n refused:n failed:n half_ms=p50_ms:n 95%_ms=p95_ms:n "
        "late_s=lag_p50_s:n last=last_at:age"
    ),
    "why_not": columns("module way=@way outcome:whole times=count:n example:below reason"),
    "refused_objects": columns("module code:whole pointer times=count:n example:below message"),
    "breaks": columns("answers=count:n of:n example:below message"),
    "agreement": columns(
        "module listed_there=theirs:n held_here=ours:n unusable=set_aside:n came_since:n agrees at:age"
    ),
    "quirks": columns("name:whole times=count:n told"),
    "tariffs": columns("tariff severity:whole pointer message"),
}


def _alike(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Equal refusals of one partner and module in one row: how many of the newest, and one of them."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for each in rows:
        key = tuple(str(each.get(name) or "") for name in ("state", "partner", "module", "cause"))
        groups.setdefault(key, []).append(each)
    return [{**members[0], "many": f"{len(members)} ×"} for members in groups.values()]


def invited(screen: Screen, data: Any) -> Iterator[RenderableType]:
    """The invitation, and what to do with it."""
    yield from people(screen, data, {})
    if isinstance(data, Mapping) and data.get("token"):
        screen.note(
            "The token is shown this once. Send it with the versions URL to the partner, on a safe way."
        )


def put(screen: Screen, data: Any) -> Iterator[RenderableType]:
    """How many objects were taken, and every fault of the others with its id and pointer."""
    from cli.rows import FAULTS

    lists = {name: value for name, value in data.items() if isinstance(value, list)}
    counts = {name: value for name, value in data.items() if name not in lists}
    numbers = {name: value for name, value in counts.items() if isinstance(value, int)}
    shown = {name: many for name, many in numbers.items() if many or name in ("stored", "unchanged")}
    line = ", ".join(f"{many} {words(name)}" for name, many in shown.items())
    refused = len(
        {each.get("index", each.get("id")) for each in lists.get("errors", []) if isinstance(each, dict)}
    )
    if refused:
        line = (
            f"{line}, {refused} refused"
            if line and "refused" not in numbers
            else line or f"{refused} refused"
        )
    yield Text(line or "nothing to refuse", style="bold red" if refused else "green")
    others = {
        name: value for name, value in counts.items() if name not in numbers and value not in (None, "")
    }
    if others:
        yield screen.fields(others)
    for name, rows in lists.items():
        if rows:
            yield screen.heading(words(name))
            yield screen.table(rows, FAULTS)


def get(screen: Screen, data: Any) -> Iterator[RenderableType]:
    """All of one object."""
    only = data.get("object") if isinstance(data, Mapping) and len(data) == 1 else None
    yield Text(outline(only if only is not None else data))


def held(screen: Screen, data: Any) -> Iterator[RenderableType]:
    """What a partner holds otherwise than we do, and all that it holds."""
    apart = data.get("differences") or []
    said = "it has none" if data.get("object") is None else "the same as here"
    yield screen.fields({"url": data.get("url")})
    yield screen.heading("differences")
    yield screen.table(apart, APART) if apart else Text(said, style="dim")
    if data.get("object") is not None:
        yield screen.heading("theirs")
        yield Text(outline(data["object"]))


def message(screen: Screen, data: Any) -> Iterator[RenderableType]:
    """One request and its answer, whole, and as a line of curl."""
    found = data.get("message", data) if isinstance(data, Mapping) else data
    if not isinstance(found, Mapping):
        yield Text(outline(found))
        return
    rest = {name: value for name, value in found.items() if name != "curl"}
    yield Text(outline(rest))
    curl = found.get("curl")
    if curl:
        yield screen.heading("again, with curl")
        yield Text(shlex.join(curl) if isinstance(curl, list) else cells.printable(str(curl)))


def sections(screen: Screen, data: Any) -> Iterator[RenderableType]:
    """An answer of several parts: each under its heading."""
    if not isinstance(data, Mapping):
        yield Text(outline(data))
        return
    rest = {
        name: value for name, value in data.items() if not isinstance(value, dict) and not is_table(value)
    }
    if rest:
        yield screen.fields({name: value for name, value in rest.items() if value not in (None, [])})
    for name, value in data.items():
        if name in rest or value in ({}, []):
            continue
        yield screen.heading(words(name))
        yield screen.table(value) if is_table(value) else Text(outline(value, 1))


def scorecard(screen: Screen, data: Any) -> Iterator[RenderableType]:
    """How a partner does; the file for people as it is, to be redirected into one."""
    if isinstance(data, Mapping) and isinstance(data.get("html"), str):
        write(data["html"] + "\n")
        return
    card = dict(data.get("scorecard", data)) if isinstance(data, Mapping) else {}
    traffic = [each for each in card.get("traffic") or [] if isinstance(each, Mapping)]
    card["why_not"] = [
        {"module": each.get("module"), "direction": each.get("direction"), **why}
        for each in traffic
        for why in each.get("reasons") or []
    ]
    lists = {name: card.pop(name) for name in CARD if isinstance(card.get(name), list)}
    yield screen.fields(cells.aged(card))
    for name, rows in lists.items():
        if rows:
            yield screen.heading(words(name))
            yield screen.table(rows, CARD[name])


def refusal(screen: Screen, data: Any) -> Iterator[RenderableType]:
    """A refused object as it came, with its faults."""
    yield Text(outline(data.get("refusal", data) if isinstance(data, Mapping) else data))


def named(data: Any) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """The lists of rows of an answer by name."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            if isinstance(value, list) and all(isinstance(each, dict) for each in value):
                yield name, value
