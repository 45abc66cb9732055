"""The operator's page, for whoever shows it: a CloudWatch widget, the local platform, a console of its own.

In AWS the dashboard's first widget calls the `widget` function, whose role only
reads, for the overview; what is clicked there calls the operator function with
the viewer's own permissions, as `{"console": {"view": ...}}`. A browser reaches
the same views as HTTP, through the operator function's URL (IAM) or through
`manage.py console`, and locally at `/local/console`. The views are in `pages/`.

Decision: docs/decisions.md, "The console is the operator function seen by a browser".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from chalicelib.actions import dispatch
from chalicelib.actions.pages import (
    deliveries,
    forms,
    home,
    hub,
    messages,
    money,
    objects,
    partner,
    requests,
    scorecard,
    search,
    statement,
    told,
    whole,
)
from chalicelib.actions.pages.frame import LOOKING, Browser, Frame, Widget
from chalicelib.actions.pages.markup import Markup, nothing
from chalicelib.actions.pages.page import Page, View
from chalicelib.ocpi import jsontext

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

DESCRIPTION = """### Partners
Who is connected, whether they can be reached, what waits for them and what they refused.
Buttons call the operator function after a confirmation.

``` yaml
operator: ARN of the operator function
```"""

VIEWS: dict[str, View] = {
    "home": home.view,
    "partner": partner.view,
    "scorecard": scorecard.view,
    "deliveries": deliveries.every,
    "delivery": deliveries.one,
    "objects": objects.every,
    "object": objects.one,
    "commands": requests.every,
    "command": requests.one,
    "messages": messages.every,
    "message": messages.one,
    "refusals": messages.refused,
    "refusal": messages.refusal,
    "audits": money.every,
    "audit": money.one,
    "disputes": money.disputes,
    "statement": statement.view,
    "hub": hub.view,
    "search": search.view,
}


def page(platform: Platform, event: Mapping[str, Any]) -> Any:
    """The overview for a CloudWatch widget; what the widget is, where CloudWatch asks."""
    if event.get("describe"):
        return {"markdown": DESCRIPTION}
    shown = Page(platform, Widget(str(event.get("operator") or "operator")), {})
    return whole.widget(shown, *_view(shown, "home"), dark=_dark(event))


def answer(platform: Platform, event: Mapping[str, Any]) -> Any:
    """What the operator function answers where it is asked to show something: HTML, or HTTP with it."""
    if "console" in event:
        return _clicked(platform, event)
    return _served(platform, event)


def _clicked(platform: Platform, event: Mapping[str, Any]) -> str:
    """HTML for a widget in which something was clicked."""
    asked = event["console"] if isinstance(event["console"], Mapping) else {}
    frame = Widget(str(asked.get("operator") or "operator"))
    fields = {str(name): str(value) for name, value in asked.items()}
    if "perform" in asked or asked.get("form") not in (None, *LOOKING):
        payload: Any = jsontext.loads(json.dumps(asked.get("perform")))
        shown, done = _perform(platform, frame, fields, payload, _written(event))
        return whole.widget(shown, "", done, dark=_dark(event))
    if asked.get("form") in LOOKING:
        fields |= {"view": fields["form"], **_written(event)}
    shown = Page(platform, frame, fields)
    return whole.widget(shown, *_view(shown, fields.get("view", "")), dark=_dark(event))


def _served(platform: Platform, event: Mapping[str, Any]) -> dict[str, Any]:
    """An HTTP answer to an event as Lambda makes it of a function URL's request."""
    request = event.get("requestContext", {}).get("http", {})
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    query = dict(parse_qsl(str(event.get("rawQueryString") or "")))
    match request.get("method"):
        case "GET" | "HEAD":
            shown = Page(platform, Browser(urlencode(query)), query)
            return whole.response(whole.browser(shown, *_view(shown, query.get("view", "home"))))
        case "POST":
            # A signature says who asks; this, that no other site made the browser ask.
            if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
                return whole.response("for this page only", 403)
            return whole.response(_posted(platform, _form(event)))
    return whole.response("GET or POST", 405)


def _posted(platform: Platform, written: Mapping[str, str]) -> str:
    back = dict(parse_qsl(written.get("back", "")))
    frame = Browser(urlencode(back))
    payload = None
    if "form" not in written:
        try:
            payload = jsontext.loads(written.get("perform", ""))
        except jsontext.MalformedJson:
            payload = {}
    asked, done = _perform(platform, frame, {"form": written.get("form", "")}, payload, written)
    shown = Page(platform, frame, back)
    title, body = _view(shown, back.get("view", "home"))
    return whole.browser(shown, title, body, done=Markup(asked.notices() + done))


def _perform(
    platform: Platform, frame: Frame, fields: Mapping[str, str], payload: Any, written: Mapping[str, str]
) -> tuple[Page, Markup]:
    """Do what a button or a form asks for, and say what became of it."""
    shown = Page(platform, frame, fields)
    if fields.get("form"):
        try:
            payload = forms.payload(fields["form"], written)
        except forms.Unreadable as problem:
            return shown, told.refused({"message": str(problem)})
    result = dispatch.perform(platform, payload)
    return shown, told.answer(shown, payload if isinstance(payload, Mapping) else {}, result)


def _view(shown: Page, name: str) -> tuple[str, Markup]:
    view = VIEWS.get(name or "home")
    return view(shown) if view else ("Not here", nothing("There is no such page."))


def _written(event: Mapping[str, Any]) -> dict[str, str]:
    """What was written into the forms of a widget."""
    context = event.get("widgetContext")
    given = context.get("forms", {}).get("all", {}) if isinstance(context, Mapping) else {}
    return {str(name): str(value) for name, value in given.items()}


def _form(event: Mapping[str, Any]) -> dict[str, str]:
    body = str(event.get("body") or "")
    text = base64.b64decode(body).decode() if event.get("isBase64Encoded") else body
    return dict(parse_qsl(text, keep_blank_values=True))


def _dark(event: Mapping[str, Any]) -> bool:
    context = event.get("widgetContext")
    return isinstance(context, Mapping) and context.get("theme") == "dark"
