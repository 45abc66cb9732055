"""Somebody at the operator's page who reads it, clicks what is there, fills in forms, counts clicks."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

VOID = ("input", "br", "meta")


@dataclass
class Form:
    """A form as a browser sees it: where it goes, what it sends, and what its button says."""

    method: str
    fields: dict[str, str] = field(default_factory=dict)
    writable: set[str] = field(default_factory=set)
    labels: list[str] = field(default_factory=list)


class Document(HTMLParser):
    """Links, forms and the words of a page; what is hidden from eyes alone is read, too."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.words = ""
        self._open: list[tuple[str, dict[str, str], int]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in given}
        if tag == "form":
            self.forms.append(Form(attributes.get("method", "get")))
        if tag in ("input", "select") and self.forms and "name" in attributes:
            self.forms[-1].fields[attributes["name"]] = attributes.get("value", "")
            if attributes.get("type") != "hidden":
                self.forms[-1].writable.add(attributes["name"])
        if tag == "option" and "selected" in attributes:
            self.forms[-1].fields[self._of("select")["name"]] = attributes["value"]
        if tag not in VOID:
            self._open.append((tag, attributes, len(self.words)))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, attributes, since = self._open.pop()
            said = " ".join(self.words[since:].split())
            if name == "a" and "href" in attributes:
                self.links.append((said, attributes["href"]))
            if name == "button" and attributes.get("type") == "submit" and self.forms:
                self.forms[-1].labels.append(said)
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if not any(name in ("style", "script") for name, _, _ in self._open):
            self.words += data + " "

    def _of(self, tag: str) -> dict[str, str]:
        return next(attributes for name, attributes, _ in reversed(self._open) if name == tag)


class Walker:
    """Begins at the page's address; each step is one click. What is not there to be clicked fails."""

    def __init__(self, url: str) -> None:
        self.clicks = 0
        self.page = Document("")
        self._go(url)

    def step(self, words: str) -> None:
        """`search WORDS`, `Find name=value name=value`, or the words of a link or button."""
        verb, _, rest = words.partition(" ")
        if verb == "search":
            self.submit("Search", q=rest)
        elif verb == "Find" and "=" in rest:
            self.submit("Find", **dict(each.split("=", 1) for each in rest.split()))
        else:
            self.click(words)

    def click(self, words: str) -> None:
        """The first link, or else button, that says this."""
        for said, href in self.page.links:
            if said == words:
                self.clicks += 1
                return self._go(urljoin(self.url, href))
        return self.submit(words)

    def submit(self, label: str, **written: str) -> None:
        """Fill in the first form with this button and press it."""
        for form in self.page.forms:
            if label in form.labels and written.keys() <= form.writable:
                self.clicks += 1
                fields: dict[str, str] = {**form.fields, **written}
                if form.method == "get":
                    return self._go(f"{self.url.partition('?')[0]}?{urlencode(fields)}")
                return self._go(self.url.partition("?")[0], urlencode(fields).encode())
        labels = [each for form in self.page.forms for each in form.labels]
        raise AssertionError(f"nothing says {label!r}: {[said for said, _ in self.page.links]}, {labels}")

    def _go(self, url: str, body: bytes | None = None) -> None:
        headers: dict[str, Any] = {"Sec-Fetch-Site": "same-origin"} if body else {}
        with urlopen(Request(url, body, headers), timeout=30) as answer:
            self.url, self.page = url, Document(answer.read().decode())
