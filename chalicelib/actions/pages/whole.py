"""The frame around a view: navigation, search and style; in a browser the document and its script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.actions.pages import search
from chalicelib.actions.pages.markup import Markup, join, tag
from chalicelib.actions.pages.page import Page

# view -> what it is called, and the action without which there is none.
WAYS = {
    "home": ("Overview", "partners"),
    "objects": ("Objects", "list"),
    "deliveries": ("Deliveries", "deliveries"),
    "messages": ("Messages", "messages"),
    "refusals": ("Refused of theirs", "refusals"),
    "commands": ("Commands", "commands"),
    "audits": ("Prices", "audits"),
}


def widget(page: Page, title: str, body: Markup, dark: bool) -> str:
    """HTML for a CloudWatch widget, which knows styles and no script."""
    around = _navigation(page) if title else ""
    heading = tag("h1", title) if title and title != "Overview" else ""
    theme = "dark" if dark else "light"
    return tag("style", _file("page.css")) + tag(
        "div", around, page.notices(), heading, body, class_=f"ocpi {theme}"
    )


def browser(page: Page, title: str, body: Markup, done: Markup | None = None) -> str:
    """A document. With `done`, what became of an action, it stays until somebody goes on."""
    prefix = page.platform.settings.prefix
    main = tag("main", done or "", page.notices(), tag("h1", title), body, id="main", tabindex="-1")
    head = tag(
        "head",
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'),
        tag("title", f"{title}, {prefix}"),
        Markup(f"<style>{_file('page.css')}</style>"),
    )
    made = tag("p", f"As of {page.now[11:19]} UTC.", id="made", role="status")
    asking = tag(
        "dialog",
        tag("p", id="question"),
        tag("button", "Cancel", type="button", class_="btn", id="no"),
        tag("button", "Yes", type="button", class_="btn main", id="yes"),
        id="asking",
        aria_labelledby="question",
    )
    document = tag(
        "body",
        tag("a", "To the content", href="#main", class_="skip"),
        tag("header", tag("b", prefix), _navigation(page)),
        main,
        tag("footer", made),
        asking,
        Markup(f"<script>{_file('page.js')}</script>"),
        class_="ocpi web",
        data_refresh=None if done else "15",
    )
    return f'<!doctype html><html lang="en">{head}{document}</html>'


def response(text: str, status: int = 200) -> dict[str, Any]:
    """An HTTP answer as a function URL takes it; nothing but our own style and script runs in it."""
    policy = (
        f"default-src 'none'; style-src '{_digest('page.css')}'; script-src '{_digest('page.js')}'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    kind = "text/html" if status == 200 else "text/plain"
    headers = {
        "Content-Type": f"{kind}; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return {"statusCode": status, "headers": headers, "body": text}


def _navigation(page: Page) -> Markup:
    here = page["view"] or "home"
    links = [
        tag("b", label, aria_current="page") if view == here else page.frame.link(label, view)
        for view, (label, action) in WAYS.items()
        if page.knows(action)
    ]
    if page.platform.settings.roles & {"HUB"}:
        links.append(page.frame.link("Hub", "hub"))
    return join([tag("nav", *links, aria_label="Pages"), search.form(page)])


@cache
def _file(name: str) -> Markup:
    return Markup(Path(__file__).with_name(name).read_text().strip())


def _digest(name: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(_file(name).encode()).digest()).decode()
