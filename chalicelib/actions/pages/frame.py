"""The places that show the page, and how each says "go there" and "do that".

CloudWatch allows no script and no address: a link or button is an element
followed by a `<cwdb-action>` that calls the operator function with the viewer's
own permissions. In a browser they are links and forms that work without a script.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from chalicelib.actions.pages.markup import Markup, dim, join, tag, text

# Forms that only look: what is written into them is the view's own fields.
LOOKING = ("search", "objects", "messages", "statement")


@dataclass(frozen=True)
class Entry:
    """A field of a form. `kind` is that of an input, or `choice` with `options`."""

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    required: bool = False
    value: str = ""
    options: Sequence[tuple[str, str]] = ()


class Frame(Protocol):
    """A place that shows views."""

    def link(self, label: Any, view: str, **fields: Any) -> Markup:
        """Leads to another view."""

    def button(self, label: str, payload: Mapping[str, Any], question: str) -> Markup:
        """Performs an action of the operator after a question."""

    def form(self, name: str, label: str, entries: Sequence[Entry], **fields: str) -> Markup:
        """Sends what was written, and the fields, to the form of this name, or the view where it looks."""


class Widget:
    """A custom widget of a CloudWatch dashboard; `operator` is the ARN of the operator function."""

    def __init__(self, operator: str) -> None:
        self._operator = operator

    def link(self, label: Any, view: str, **fields: Any) -> Markup:
        asked = {"view": view, **{name: str(value) for name, value in fields.items() if value}}
        return self._call(tag("a", label, class_="link"), asked, "widget")

    def button(self, label: str, payload: Mapping[str, Any], question: str) -> Markup:
        return self._call(tag("a", label, class_="btn"), {"perform": payload}, "popup", question)

    def form(self, name: str, label: str, entries: Sequence[Entry], **fields: str) -> Markup:
        display = "widget" if name in LOOKING else "popup"
        pressed = self._call(tag("a", label, class_="btn"), {"form": name, **fields}, display)
        return join([tag("form", inputs(name, entries)), pressed])

    def _call(self, shown: Markup, asked: Mapping[str, Any], display: str, question: str = "") -> Markup:
        """What is shown and, right after it as CloudWatch wants it, what clicking it calls."""
        event = {"console": {**asked, "operator": self._operator}}
        action = tag(
            "cwdb-action",
            json.dumps(event),
            action="call",
            display=display,
            endpoint=self._operator,
            confirmation=question or None,
        )
        return Markup(shown + action)


class Browser:
    """A browser, by the local platform or a console of its own; `back` is the query of the view shown."""

    def __init__(self, back: str = "") -> None:
        self._back = back

    def link(self, label: Any, view: str, **fields: Any) -> Markup:
        chosen = {name: str(value) for name, value in fields.items() if value}
        return tag("a", label, href="?" + urlencode({"view": view, **chosen}))

    def button(self, label: str, payload: Mapping[str, Any], question: str) -> Markup:
        return tag(
            "form",
            tag("input", type="hidden", name="perform", value=json.dumps(payload)),
            self._way_back(),
            tag("button", label, class_="btn", type="submit"),
            method="post",
            class_="inline",
            data_question=question or None,
        )

    def form(self, name: str, label: str, entries: Sequence[Entry], **fields: str) -> Markup:
        get = name in LOOKING
        hidden = tag("input", type="hidden", name="view" if get else "form", value=name)
        return tag(
            "form",
            hidden,
            *(tag("input", type="hidden", name=field, value=value) for field, value in fields.items()),
            "" if get else self._way_back(),
            inputs(name, entries),
            tag("button", label, class_="btn main", type="submit"),
            method="get" if get else "post",
            role="search" if name == "search" else None,
            class_="looking" if get and name != "search" else None,
        )

    def _way_back(self) -> Markup:
        return tag("input", type="hidden", name="back", value=self._back)


def inputs(form: str, entries: Sequence[Entry]) -> Markup:
    """The fields of a form, each with its label."""
    return join(_entry(form, each) for each in entries)


def _entry(form: str, entry: Entry) -> Markup:
    id = f"{form}-{entry.name}"
    common = {"id": id, "name": entry.name, "required": entry.required}
    hint = {"aria_describedby": f"{id}-hint" if entry.hint else None}
    if entry.kind == "choice":
        options = [
            tag("option", label, value=value, selected=value == entry.value) for value, label in entry.options
        ]
        field = tag("select", *options, **common, **hint)
    else:
        off = "off" if entry.kind == "password" else None
        field = tag("input", type=entry.kind, value=entry.value or None, autocomplete=off, **common, **hint)
    told = dim(text(entry.hint)) if entry.hint else ""
    return tag(
        "div",
        tag("label", entry.label, for_=id),
        field,
        tag("span", told, id=f"{id}-hint") if told else "",
        class_="entry",
    )
