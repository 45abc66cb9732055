"""The operator's page: what it shows, what its buttons ask for, and that it works in a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.actions import console, dispatch

NOW = "2026-11-22T12:00:00Z"
PLATFORM: Any = SimpleNamespace(
    clock=lambda: NOW,
    versions_url="https://ocpi.example.com/api/ocpi/versions",
    settings=SimpleNamespace(prefix="ocpi-dev"),
)
IN_AWS = {"operator": "arn:aws:lambda:eu-central-1:1:function:ocpi-dev-operator", "widgetContext": {}}


def partner(name: str, **rest: Any) -> dict[str, Any]:
    return {
        "id": name.lower().replace(" ", "-"),
        "name": name,
        "state": "REGISTERED",
        "version": "2.2.1",
        "roles": [{"role": "EMSP", "country_code": "BE", "party_id": "BEC"}],
        "health": {"state": "OK", "last_success": "2026-11-22T11:57:00Z"},
        "backlog": 0,
        **rest,
    }


DATA: dict[str, Any] = {
    "status": {"oldest_undelivered": "2026-11-22T09:00:00Z"},
    "partners": {
        "partners": [
            partner("Blue Mobility"),
            partner(
                "Slow Roaming",
                version="2.1.1",
                backlog=12,
                health={
                    "state": "UNREACHABLE",
                    "last_success": "2026-11-22T08:58:00Z",
                    "reason": "connection timed out",
                },
            ),
            partner("Green Drive", state="SUSPENDED", version="2.3.0"),
            partner("New Partner", state="INVITED", version=None, roles=[], health={"state": "UNKNOWN"}),
        ]
    },
    "deliveries": {
        "deliveries": [
            {
                "id": "d1",
                "partner": "blue-mobility",
                "module": "locations",
                "owner": "NL/EXA",
                "object_id": "LOC1",
                "part": "3256",
                "state": "REFUSED",
                "attempts": 1,
                "reason": "2001: evses/0/connectors/0/standard: unknown value",
            }
        ]
    },
    "commands": {
        "commands": [
            {
                "id": "c1",
                "direction": "RECEIVED",
                "partner": "blue-mobility",
                "command": "START_SESSION",
                "state": "CONCLUDED",
                "response": {"result": "ACCEPTED"},
                "result": {"result": "ACCEPTED"},
                "created_at": "2026-11-22T11:40:00Z",
            },
            {
                "id": "c2",
                "direction": "RECEIVED",
                "partner": "slow-roaming",
                "command": "UNLOCK_CONNECTOR",
                "state": "PENDING",
                "response": {"result": "ACCEPTED"},
                "created_at": "2026-11-22T11:59:50Z",
            },
        ]
    },
}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the operator's actions answer; a test may change it."""
    known = json.loads(json.dumps(DATA))

    def perform(platform: Any, payload: dict[str, Any]) -> dict[str, Any]:
        if payload["action"] not in known:
            return {"ok": False, "error": {"code": "internal", "message": "no <luck>", "pointer": ""}}
        data = known[payload["action"]]
        if payload.get("state"):
            rows = [each for each in data["deliveries"] if each["state"] == payload["state"]]
            data = {"deliveries": rows}
        return {"ok": True, "data": data}

    monkeypatch.setattr(dispatch, "perform", perform)
    return known


def buttons(html: str) -> list[tuple[str, dict[str, Any]]]:
    """(label, payload) of every button; CloudWatch ties an action to the element before it."""
    found = re.findall(r'<a class="btn">([^<]*)</a><cwdb-action ([^>]*)>([^<]*)</cwdb-action>', html)
    assert len(found) == html.count("<cwdb-action")
    return [(label, json.loads(unescape(payload))) for label, _, payload in found]


def test_every_button_asks_the_operator_function_after_a_confirmation(answers: dict[str, Any]) -> None:
    html = console.page(PLATFORM, IN_AWS)
    assert ("Suspend", {"action": "suspend", "partner": "blue-mobility"}) in buttons(html)
    assert ("Send again", {"action": "redeliver", "id": "d1"}) in buttons(html)
    for attributes in re.findall(r"<cwdb-action ([^>]*)>", html):
        assert f'endpoint="{IN_AWS["operator"]}"' in attributes
        assert re.search(r'confirmation="[^"]+"', attributes)


def test_a_suspended_partner_can_only_be_resumed_and_an_invited_one_has_no_buttons(
    answers: dict[str, Any],
) -> None:
    asked = [payload for _, payload in buttons(console.page(PLATFORM, IN_AWS)) if "partner" in payload]
    assert [each["action"] for each in asked if each["partner"] == "green-drive"] == ["resume"]
    assert not [each for each in asked if each["partner"] == "new-partner"]


def test_health_backlog_refusals_and_commands_are_shown(answers: dict[str, Any]) -> None:
    html = console.page(PLATFORM, IN_AWS)
    for words in (
        "connection timed out",
        ">12<",
        "2001: evses/0/connectors/0/standard: unknown value",
        "locations",
        "NL/EXA/LOC1/3256",
        "START_SESSION",
        "3 h ago",
        "https://ocpi.example.com/api/ocpi/versions",
    ):
        assert words in html, words


def test_what_a_partner_says_about_itself_cannot_become_markup(answers: dict[str, Any]) -> None:
    evil = '"><script>alert(1)</script>'
    answers["partners"]["partners"] = [
        partner("x") | {"id": evil, "name": evil, "version": evil, "roles": [{"role": evil}]}
    ]
    answers["deliveries"]["deliveries"][0] |= {"reason": evil, "object_id": evil, "partner": evil}
    answers["commands"]["commands"][0] |= {"command": evil, "result": {"result": evil}}
    html = console.page(PLATFORM, IN_AWS)
    assert "<script" not in html
    assert {"action": "suspend", "partner": evil} in [payload for _, payload in buttons(html)]


def test_an_action_that_fails_leaves_the_rest_of_the_page(answers: dict[str, Any]) -> None:
    del answers["commands"]
    html = console.page(PLATFORM, IN_AWS)
    assert "commands: no &lt;luck&gt;" in html
    assert "Blue Mobility" in html


def test_a_platform_without_partners_says_how_to_get_one(answers: dict[str, Any]) -> None:
    for name in ("partners", "deliveries", "commands"):
        answers[name] = {name: []}
    assert "invite" in console.page(PLATFORM, IN_AWS)


def test_cloudwatch_gets_no_script_and_the_local_page_does(answers: dict[str, Any]) -> None:
    assert "<script" not in console.page(PLATFORM, IN_AWS)
    assert console.page(PLATFORM, {}).startswith("<!doctype html>")


def test_the_widget_describes_itself() -> None:
    assert "operator" in console.page(PLATFORM, {"describe": True})["markdown"]


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium here; apt-get install chromium to try the page in a browser"
)

PRESS = """<script>
const wait = () => new Promise(done => setTimeout(done, 100));
(async () => {
  [...document.querySelectorAll("a.btn")].find(each => each.textContent === "Suspend").click(); await wait();
  document.title = at("text").textContent; at("yes").click(); await wait(); await wait();
  document.body.dataset.answer = at("text").textContent; at("yes").click(); await wait(); await wait();
  document.body.dataset.rows = document.querySelectorAll("#widget tbody tr").length;
})();
</script>"""


@pytest.fixture
def browsed(answers: dict[str, Any]) -> Any:
    """The local page on a port, with a finger that presses a button; what was invoked is kept."""
    invoked: list[tuple[str, dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = console.page(PLATFORM, {}).replace("</body>", PRESS + "</body>")
            self._answer("text/html; charset=utf-8", page)

        def do_POST(self) -> None:
            payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = self.path.split("/")[3]
            invoked.append((name, payload))
            answer = console.page(PLATFORM, payload) if name == "widget" else {"ok": True, "data": {}}
            self._answer("application/json", json.dumps(answer))

        def _answer(self, kind: str, text: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *arguments: Any) -> None:
            """The test looks at what was invoked instead."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}/local/console", invoked=invoked)
    server.shutdown()


def chromium(*arguments: str) -> str:
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=120)
    return done.stdout


@needs_browser
def test_a_button_pressed_in_a_browser_asks_calls_the_operator_and_refreshes(browsed: Any) -> None:
    dom = chromium("--virtual-time-budget=5000", "--dump-dom", browsed.url)
    assert "<title>Stop all traffic with Blue Mobility, both directions?</title>" in dom
    assert [name for name, _ in browsed.invoked] == ["operator", "widget"]
    asked = browsed.invoked[0][1]
    assert (asked["action"], asked["partner"]) == ("suspend", "blue-mobility")
    assert 'data-rows="7"' in dom
    assert "&quot;ok&quot;: true" in dom


@needs_browser
@pytest.mark.parametrize("width", [480, 760, 1400])
def test_no_button_is_out_of_sight_at_the_sizes_of_a_widget(
    answers: dict[str, Any], tmp_path: Path, width: int
) -> None:
    measure = """<script>document.body.dataset.right =
      Math.max(...[...document.querySelectorAll(".btn")].map(each => each.getBoundingClientRect().right));
      document.body.dataset.wide = document.documentElement.scrollWidth;
      document.body.dataset.window = innerWidth</script>"""
    page = tmp_path / "page.html"
    page.write_text(console.page(PLATFORM, {}).replace("</body>", measure + "</body>"))
    dom = chromium(f"--window-size={width},900", "--dump-dom", page.as_uri())
    right, wide, window = (
        float(re.search(f'data-{name}="([0-9.]+)"', dom)[1])  # type: ignore[index]
        for name in ("right", "wide", "window")
    )
    assert right <= window
    assert wide <= window


def test_the_widget_function_shows_the_partners_of_a_real_platform(operate: Any, hand: Any) -> None:
    operate("invite", name="Blue Mobility")
    html = hand.functions.call("widget", {"widgetContext": {"theme": "dark"}})
    assert "Blue Mobility" in html
    assert 'class="bad"' not in html.partition("<h4>")[0].partition('<div class="tiles">')[0]


def test_a_button_of_the_dashboard_may_send_where_it_was_pressed_along(operate: Any) -> None:
    """CloudWatch adds `widgetContext` to every call of a widget."""
    assert "partners" in operate("partners", widgetContext={"dashboardName": "ocpi-dev"})
