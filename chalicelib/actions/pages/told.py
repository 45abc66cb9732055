"""The outcome of an action in sentences; what only machines want is not shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.actions.pages.markup import Markup, facts, join, source, table, tag, words
from chalicelib.actions.pages.page import Page

# Where an error says what is wrong and not what to do.
HINTS = {
    "unknown_partner": "It may have been removed meanwhile: look at the overview.",
    "not_registered": "Only a registered partner can be asked.",
    "busy": "Somebody else changed it at the same moment: try once more.",
    "internal": "It is a fault of ours: the saved query “Errors nobody foresaw” shows where.",
}


def answer(page: Page, payload: Mapping[str, Any], result: Mapping[str, Any]) -> Markup:
    """The answer to an action, for people."""
    if not result.get("ok"):
        return refused(result.get("error") or {})
    data = result.get("data")
    data = data if isinstance(data, Mapping) else {}
    action = str(payload.get("action"))
    if action == "invite":
        return _invited(page, data)
    if action == "held":
        return _held(page, payload, data)
    if action == "reconcile":
        return _reconciled(page, data)
    return tag("div", tag("p", _sentence(page, action, payload, data)), class_="told good", role="status")


def refused(error: Mapping[str, Any]) -> Markup:
    """Why an action was not done."""
    where = str(error.get("pointer") or "").strip("/").replace("/", " ")
    said = f"Not done. {where + ': ' if where else ''}{error.get('message') or 'no reason was given'}"
    hint = HINTS.get(str(error.get("code")))
    return tag("div", tag("p", said), tag("p", hint) if hint else "", class_="told bad", role="alert")


def _invited(page: Page, data: Mapping[str, Any]) -> Markup:
    shown = facts(
        [
            ("Versions URL", tag("code", data.get("versions_url"))),
            ("Token", tag("code", data.get("token"), class_="secret")),
        ]
    )
    return tag(
        "div",
        tag("p", tag("b", "Invited."), " Give the partner these two over a channel you trust. "),
        shown,
        tag("p", "The token is shown this once and kept nowhere; a lost one is replaced by “New token”."),
        class_="told good",
        role="status",
    )


def _held(page: Page, payload: Mapping[str, Any], data: Mapping[str, Any]) -> Markup:
    """What a partner holds of an object of ours, where it differs."""
    who = page.partner(payload.get("partner"))
    what = f"{payload.get('module')} {payload.get('id')}"
    if data.get("object") is None:
        said = tag("p", who, f" does not have {what}.")
        return tag("div", said, class_="told bad", role="status")
    apart = [each for each in data.get("differences") or [] if isinstance(each, Mapping)]
    if not apart:
        said = tag("p", who, f" holds {what} as it is here.")
        return tag("div", said, class_="told good", role="status")
    rows = [[each.get("pointer"), words(each.get("ours")), words(each.get("theirs"))] for each in apart]
    shown = table("Differences", ["Where", "Here", "There"], rows)
    again = {"action": "push", "partner": payload.get("partner"), "module": payload.get("module")}
    press = page.frame.button("Send all of them anew", again, f"Announce all {payload.get('module')} again?")
    said = tag("p", who, f" holds {what} otherwise than it is here:")
    return tag(
        "div", said, shown, press, source(data["object"], "What they hold"), class_="told warn", role="status"
    )


def _reconciled(page: Page, data: Mapping[str, Any]) -> Markup:
    """What does not fit together with partners, each with since when."""
    found = [each for each in data.get("findings") or [] if isinstance(each, Mapping)]
    if not found:
        return tag("div", tag("p", "Everything fits together."), class_="told good", role="status")
    rows = [
        [
            page.moment(each.get("since")),
            str(each.get("kind") or "").replace("_", " ").lower(),
            page.partner(each.get("partner")),
            f"{each.get('owner') or ''}/{each.get('object_id') or ''}".strip("/"),
            each.get("message"),
        ]
        for each in found
    ]
    shown = table("Findings", ["Since", "What", "Partner", "Object", "Why"], rows)
    said = tag("p", _many(len(found), "thing does", "things do"), " not fit together:")
    return tag("div", said, shown, class_="told warn", role="status")


def _sentence(page: Page, action: str, payload: Mapping[str, Any], data: Mapping[str, Any]) -> Any:
    id = str(payload.get("partner") or data.get("partner") or data.get("id") or "")
    name = page.names.get(id) or str(data.get("name") or id)
    match action:
        case "redeliver":
            many = int(data.get("sent") or 0)
            return f"{_many(many, 'delivery is', 'deliveries are')} under way." if many else "Nothing waits."
        case "push":
            modules = ", ".join(str(each) for each in data.get("modules") or [])
            return f"Everything {name} is entitled to is being announced: {modules or 'it receives nothing'}."
        case "pull":
            jobs = data.get("pulls") if isinstance(data.get("pulls"), list) else [data]
            modules = ", ".join(str(each.get("module")) for each in jobs or [])
            return f"Fetching from {name}: {modules or 'it offers nothing to fetch'}."
        case "suspend":
            return f"Traffic with {name} is stopped, both directions, until you resume it."
        case "resume":
            return f"Traffic with {name} is resumed; what was missed is being sent."
        case "register":
            return f"Registered with {data.get('name') or id}, on OCPI {data.get('version')}."
        case "update_registration":
            return f"Tokens with {name} are exchanged and its endpoints fetched anew."
        case "unregister":
            if data.get("problem"):
                return f"Ended at our side. {name} could not be told: {data['problem']}."
            return f"{name} is no longer connected, and an invitation that was open is void."
        case "readmit":
            counts = {name: value for name, value in data.items() if isinstance(value, int) and value}
            told = ", ".join(f"{value} {name}" for name, value in counts.items()) or "nothing to read"
            return join(
                [f"Read again: {told}. ", source(data["errors"], "Why") if data.get("errors") else ""]
            )
    return join(["Done. ", source(data, "The whole answer") if data else ""])


def _many(many: int, one: str, more: str) -> str:
    return f"{many} {one if many == 1 else more}"
