"""The operator's page: partners, what waits, what was refused and commands, with buttons.

In AWS it is a custom widget of the CloudWatch dashboard: CloudWatch calls the
`widget` function, shows its HTML and turns `<cwdb-action>` into a button that
calls the operator function with the viewer's own permissions. Without a
`widgetContext` (the local platform) the same HTML comes in a page that does
that by a script. Everything shown is asked of the operator's actions, and
nothing changes here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.actions import dispatch

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

DESCRIPTION = """### Partners
Who is connected, whether they can be reached, what waits for them and what they refused.
Buttons call the operator function after a confirmation.

``` yaml
operator: ARN of the operator function
```"""

LIMIT = 15
FAILED = ("REFUSED", "GIVEN_UP")


def page(platform: Platform, event: Mapping[str, Any]) -> Any:
    """The HTML for the widget, or the whole local page; what the widget is, where CloudWatch asks."""
    if event.get("describe"):
        return {"markdown": DESCRIPTION}
    context = event.get("widgetContext")
    asked = _Asked(platform)
    body = "".join(_sections(asked, str(event.get("operator") or "operator")))
    theme = "dark" if isinstance(context, Mapping) and context.get("theme") == "dark" else "light"
    html = f'<style>{_file("console.css")}</style><div class="ocpi {theme}">{asked.notices()}{body}</div>'
    if context is None:
        title = escape(platform.settings.prefix)
        return _file("console.html").replace("{title}", title).replace("{content}", html)
    return html


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text()


class _Asked:
    """Answers of the operator's actions; an action that fails leaves a notice instead of a page."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._problems: list[str] = []

    def __call__(self, action: str, **fields: Any) -> Mapping[str, Any]:
        answer = dispatch.perform(self.platform, {"action": action, **fields})
        if answer["ok"]:
            return answer["data"] if isinstance(answer["data"], Mapping) else {}
        self._problems.append(f"{action}: {answer['error']['message']}")
        return {}

    def notices(self) -> str:
        return "".join(f'<p class="bad">{escape(problem)}</p>' for problem in self._problems)


def _sections(asked: _Asked, operator: str) -> Iterator[str]:
    now = asked.platform.clock()
    partners = _rows(asked("partners"), "partners")
    failed = [
        each
        for state in FAILED
        for each in _rows(asked("deliveries", state=state, limit=LIMIT), "deliveries")
    ]
    commands = _rows(asked("commands", limit=LIMIT), "commands")
    names = {str(each.get("id")): str(each.get("name") or each.get("id")) for each in partners}
    yield _summary(asked("status"), partners, failed, now)
    yield f"<h4>Partners</h4>{_partners(partners, operator, now)}"
    yield f"<h4>Refused and given up</h4>{_failed(failed, names, operator, now)}"
    yield f"<h4>Commands</h4>{_commands(commands, names, now)}"
    yield f'<p class="dim">Versions URL for partners: <code>{escape(asked.platform.versions_url)}</code></p>'


def _summary(
    status: Mapping[str, Any], partners: list[dict[str, Any]], failed: list[dict[str, Any]], now: str
) -> str:
    registered = [each for each in partners if each.get("state") == "REGISTERED"]
    unreachable = sum(1 for each in registered if _health(each).get("state") == "UNREACHABLE")
    backlog = sum(int(each.get("backlog") or 0) for each in partners)
    oldest = _oldest(status)
    tiles = [
        (str(len(registered)), "registered", ""),
        (str(unreachable), "unreachable", "bad" if unreachable else "good"),
        (str(backlog), "waiting", "warn" if backlog else "good"),
        (_ago(oldest, now) if oldest else "none", "oldest waiting", "warn" if oldest else "good"),
        (f"{len(failed)}{'+' if len(failed) >= LIMIT else ''}", "failed", "bad" if failed else "good"),
    ]
    cells = "".join(
        f'<div class="tile"><b class="{tone}">{escape(number)}</b><span>{label}</span></div>'
        for number, label, tone in tiles
    )
    return f'<div class="tiles">{cells}</div>'


def _oldest(status: Mapping[str, Any]) -> str:
    """When the oldest undelivered change became due; "" where nothing waits."""
    found = status.get("oldest_undelivered")
    if isinstance(found, Mapping):
        found = found.get("since") or found.get("created_at")
    return found if isinstance(found, str) else ""


def _partners(partners: list[dict[str, Any]], operator: str, now: str) -> str:
    if not partners:
        return _nothing("No partner yet. The test event “2-invite” of the operator function makes the first.")
    rows = []
    for each in partners:
        name, health = str(each.get("id", "")), _health(each)
        reason = health.get("reason") if health.get("state") == "UNREACHABLE" else ""
        seen = health.get("last_success")
        rows.append(
            [
                f'<b>{escape(str(each.get("name") or name))}</b><br><span class="dim">{escape(name)}</span>',
                "<br>".join(escape(_role(role)) for role in each.get("roles") or []) or "–",
                escape(str(each.get("version") or "–")),
                _pill(str(each.get("state", ""))),
                _pill(str(health.get("state") or "UNKNOWN"))
                + (f'<br><span class="dim">reached {escape(_ago(seen, now))}</span>' if seen else "")
                + (f'<br><span class="dim">{escape(str(reason)[:80])}</span>' if reason else ""),
                escape(str(each.get("backlog") or 0)),
                _buttons(each, name, operator),
            ]
        )
    return _table(["Partner", "Roles", "OCPI", "State", "Health", "Waiting", ""], rows)


def _buttons(partner: Mapping[str, Any], name: str, operator: str) -> str:
    label = str(partner.get("name") or name)
    match partner.get("state"):
        case "REGISTERED":
            choices = [
                ("Send all", "push", f"Announce everything {label} is entitled to?"),
                ("Fetch", "pull", f"Fetch what changed at {label}?"),
                ("Send again", "redeliver", f"Send again everything {label} refused or did not get?"),
                ("Suspend", "suspend", f"Stop all traffic with {label}, both directions?"),
            ]
        case "SUSPENDED":
            choices = [("Resume", "resume", f"Resume traffic with {label}?")]
        case _:
            return ""
    return "".join(
        _button(text, operator, {"action": action, "partner": name}, question)
        for text, action, question in choices
    )


def _failed(failed: list[dict[str, Any]], names: Mapping[str, str], operator: str, now: str) -> str:
    if not failed:
        return _nothing("Nothing was refused or given up.")
    rows = []
    for each in failed[:LIMIT]:
        partner = str(each.get("partner", ""))
        what = "/".join(str(each[part]) for part in ("owner", "object_id", "part") if each.get(part))
        payload = {"action": "redeliver", "id": each.get("id")}
        rows.append(
            [
                escape(names.get(partner, partner)),
                f'{escape(str(each.get("module", "")))}<br><span class="dim">{escape(what)}</span>',
                f"{_pill(str(each.get('state', '')))}<br>"
                f'<span class="dim">attempts: {escape(str(each.get("attempts") or 0))}</span>',
                escape(str(each.get("reason") or "–")[:200]),
                _button(
                    "Send again", operator, payload, f"Send {what} to {names.get(partner, partner)} again?"
                ),
            ]
        )
    return _table(["Partner", "Object", "State", "What the partner said", ""], rows)


def _commands(commands: list[dict[str, Any]], names: Mapping[str, str], now: str) -> str:
    if not commands:
        return _nothing("No commands yet.")
    rows = []
    for each in commands[:LIMIT]:
        partner = str(each.get("partner", ""))
        sent = each.get("direction") == "SENT"
        rows.append(
            [
                escape(_ago(each.get("created_at"), now)),
                f"{'to' if sent else 'from'} {escape(names.get(partner, partner))}",
                escape(str(each.get("command", ""))),
                _pill(_outcome(each.get("response")) or "–"),
                _pill(_outcome(each.get("result")) or str(each.get("state", ""))),
            ]
        )
    return _table(["When", "Partner", "Command", "Response", "Result"], rows)


def _outcome(answer: Any) -> str:
    """ACCEPTED of `{"result": "ACCEPTED"}` or of the bare word."""
    return str(answer.get("result") or "") if isinstance(answer, Mapping) else str(answer or "")


def _rows(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = data.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _health(partner: Mapping[str, Any]) -> Mapping[str, Any]:
    health = partner.get("health")
    return health if isinstance(health, Mapping) else {}


def _role(role: Any) -> str:
    if not isinstance(role, Mapping):
        return str(role)
    return f"{role.get('role', '')} {role.get('country_code', '')}/{role.get('party_id', '')}"


GOOD = ("OK", "REGISTERED", "ACCEPTED", "CONCLUDED", "COMPLETED")
BAD = ("UNREACHABLE", "REFUSED", "GIVEN_UP", "REJECTED", "FAILED", "TIMEOUT", "UNREGISTERED")


def _pill(word: str) -> str:
    tone = "good" if word in GOOD else "bad" if word in BAD else "warn" if word == "SUSPENDED" else "dim"
    return f'<span class="pill {tone}">{escape(word.replace("_", " ").lower())}</span>'


def _button(text: str, operator: str, payload: Mapping[str, Any], question: str) -> str:
    """A link and, right after it as CloudWatch wants it, what clicking it calls."""
    return (
        f'<a class="btn">{escape(text)}</a>'
        f'<cwdb-action action="call" display="popup" endpoint="{escape(operator)}" '
        f'confirmation="{escape(question)}">{escape(json.dumps(payload), quote=False)}</cwdb-action>'
    )


def _table(heads: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """Cells are HTML already; each knows its head, for where rows are shown as cards."""
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-head="{escape(name)}">{cell}</td>' for name, cell in zip(heads, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _nothing(text: str) -> str:
    return f'<p class="dim">{escape(text)}</p>'


def _ago(then: Any, now: str) -> str:
    """`3 min ago`; the text itself where it is no time."""
    try:
        seconds = int((_instant(now) - _instant(str(then))).total_seconds())
    except (ValueError, TypeError):
        return str(then or "–")
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "just now"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
