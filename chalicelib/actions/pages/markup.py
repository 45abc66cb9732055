"""HTML, escaped unless it is Markup already: what a partner says about itself can never become markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from chalicelib.ocpi import jsontext

NONE = "–"
TONES = {
    **dict.fromkeys(
        ("OK", "REGISTERED", "ACTIVE", "ACCEPTED", "CONCLUDED", "COMPLETED", "CONNECTED", "ALLOWED"), "good"
    ),
    **dict.fromkeys(("AGREE", "AGREE_ROUNDING", "WITHIN_TOLERANCE", "SETTLED", "DELIVERED"), "good"),
    **dict.fromkeys(("UNREACHABLE", "REFUSED", "GIVEN_UP", "REJECTED", "FAILED", "TIMEOUT"), "bad"),
    **dict.fromkeys(("UNREGISTERED", "DISAGREE", "OFFLINE", "ERROR", "EXPIRED", "GONE"), "bad"),
    **dict.fromkeys(("SUSPENDED", "WAITING", "INDETERMINATE", "UNPRICEABLE", "OPEN", "WARNING"), "warn"),
}
VOID = ("input", "br")


class Markup(str):
    """Text that is HTML already."""


def text(value: Any) -> Markup:
    """A value for people, escaped; a dash where there is none."""
    if isinstance(value, Markup):
        return value
    if value is None or value == "":
        return Markup(NONE)
    if isinstance(value, bool):
        return Markup("yes" if value else "no")
    if isinstance(value, Mapping):
        return join((f"{name}: {words(each)}" for name, each in value.items()), ", ")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return join((words(each) for each in value), ", ")
    return Markup(escape(str(value)))


def words(value: Any) -> str:
    """A value in one line, not escaped."""
    if isinstance(value, Mapping):
        return " ".join(words(each) for each in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(words(each) for each in value)
    return NONE if value in (None, "") else str(value)


def join(parts: Iterable[Any], between: str = "") -> Markup:
    """The parts that are not empty one after another, escaped unless Markup; `between` is taken as it is."""
    return Markup(between.join(text(each) for each in parts if each is not None and each != ""))


def tag(element: str, /, *children: Any, **attributes: Any) -> Markup:
    """`class_` is `class`, `data_key` `data-key`; True is a bare attribute, None and False are left out."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    inside = "".join(text(each) for each in children if each is not None and each != "")
    return Markup(f"<{element}{written}>" + ("" if element in VOID else f"{inside}</{element}>"))


def dim(*children: Any) -> Markup:
    """Said beside something, in a paler colour."""
    return tag("span", *children, class_="dim")


def lines(*parts: Any) -> Markup:
    """The pieces of HTML that are not empty, each in a line of its own."""
    return join((each for each in parts if each), "<br>")


def pill(word: Any) -> Markup:
    """A state or outcome; its colour never says more than the word."""
    word = str(word or NONE)
    tone = TONES.get(word.upper(), "dim")
    return tag("span", word.replace("_", " ").lower(), class_=f"pill {tone}")


def nothing(sentence: str) -> Markup:
    """What stands where a list is empty."""
    return tag("p", sentence, class_="dim")


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Markup:
    """Rows of cells; each cell knows its head, for where rows are shown as cards."""
    head = tag("tr", *(tag("th", each or Markup("&nbsp;"), scope="col") for each in heads))
    body = [
        tag("tr", *(tag("td", cell, data_head=name) for name, cell in zip(heads, row, strict=True)))
        for row in rows
    ]
    whole = tag(
        "table", tag("caption", caption, class_="unseen"), tag("thead", head), tag("tbody", join(body))
    )
    return tag("div", whole, class_="wide")


def facts(pairs: Iterable[tuple[str, Any]]) -> Markup:
    """Names and values, those without a value left out."""
    told = [
        tag("div", tag("dt", name), tag("dd", value))
        for name, value in pairs
        if value is not None and value not in ("", [], {})
    ]
    return tag("dl", *told, class_="facts")


def section(title: str, *children: Any, level: int = 2) -> Markup:
    """A part of a page under a heading."""
    return tag("section", tag(f"h{level}", title), *children)


def source(value: Any, title: str, opened: bool = False) -> Markup:
    """JSON to unfold, for who wants to see it as it is."""
    made = value if isinstance(value, str) else jsontext.indented(jsontext.dumps(value))
    return tag("details", tag("summary", title), tag("pre", made), open=opened)


def moment(then: Any, now: str) -> Markup:
    """`12:03 UTC, 3 min ago`, with the whole time behind it; the text itself where it is no time."""
    try:
        at, present = _instant(str(then)), _instant(now)
    except (ValueError, TypeError):
        return text(then)
    shown = f"{at:%H:%M} UTC" if at.date() == present.date() else f"{at.day} {at:%b %H:%M} UTC"
    return tag(
        "time", shown, tag("span", f", {age(then, now)}", class_="dim"), datetime=str(then), title=then
    )


def age(then: Any, now: str) -> str:
    """`3 min ago`, `in 2 d`; "" where it is no time."""
    try:
        seconds = int((_instant(now) - _instant(str(then))).total_seconds())
    except (ValueError, TypeError):
        return ""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if abs(seconds) >= size:
            many = f"{abs(seconds) // size} {unit}"
            return f"{many} ago" if seconds > 0 else f"in {many}"
    return "just now" if seconds >= 0 else "within a minute"


def _instant(value: str) -> datetime:
    found = datetime.fromisoformat(value.replace("Z", "+00:00"))
    if found.tzinfo is None:
        raise ValueError("no time zone")
    return found
