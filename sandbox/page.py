"""The page at `/`: who this sandbox is, with whom it is connected, what it holds and what it heard.

One file of HTML without scripts; whatever partners sent is shown as text.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from sandbox.messages import dumps

if TYPE_CHECKING:
    from sandbox.partner import Partner

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
}
SHOWN = 100
STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --bad: #c0392b; --good: #2d8a4e; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a7a; --good: #7bd89a; } }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1rem; }
h1 { font-size: 1.3rem; margin: 0 0 .2rem; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
p { margin: .2rem 0; } small { opacity: .7; }
details { border-top: 1px solid var(--line); padding: .35rem 0; }
summary { cursor: pointer; display: flex; flex-wrap: wrap; gap: .1rem .7rem; overflow-wrap: anywhere; }
summary b { min-width: 3.6rem; } .bad { color: var(--bad); } .good { color: var(--good); }
pre { background: var(--soft); padding: .6rem; overflow-x: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; font-size: .85rem; border-radius: .3rem; margin: .4rem 0; }
ul { margin: .2rem 0; padding-left: 1.2rem; } code { overflow-wrap: anywhere; }
"""


def made(partner: Partner, exchanges: list[dict[str, Any]]) -> str:
    """The whole page."""
    who = ", ".join(f"{each.role} {each.country_code}/{each.party_id}" for each in partner.parties)
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width, initial-scale=1'>",
        f"<title>{escape(who)}</title><style>{STYLE}</style>",
        f"<h1>Sandbox partner {escape(who)}</h1>",
        f"<p>OCPI {escape(', '.join(partner.versions))}, <code>{escape(partner.versions_url)}</code></p>",
        _conduct(partner),
        "<h2>Connected with</h2>",
        *(map(_peer, partner.peers.all) if partner.peers.all else ["<p>Nobody yet.</p>"]),
        "<h2>Sent to us, or pulled</h2>",
        *_objects({module: list(found.values()) for module, found in partner.holdings.received.items()}),
        "<h2>Our own</h2>",
        *_objects({module: list(found.values()) for module, found in partner.holdings.own.items()}),
        f"<h2>Heard and sent <small>newest first, the last {SHOWN}</small></h2>",
        *(map(_exchange, reversed(exchanges[-SHOWN:])) if exchanges else ["<p>Nothing yet.</p>"]),
    ]
    return "\n".join(parts) + "\n</html>\n"


def _conduct(partner: Partner) -> str:
    told = partner.conduct.shown()
    lag = partner.lag.total_seconds()
    if not told and not lag:
        return "<p class=good>It behaves.</p>"
    items = [f"{each['name']} ({each['module']}, {each['method']})" for each in told]
    items += [f"its clock is {lag:g} s behind"] if lag else []
    return "<p class=bad>It was told:</p><ul>" + "".join(f"<li>{escape(each)}" for each in items) + "</ul>"


def _peer(peer: Any) -> str:
    roles = ", ".join(
        f"{each.get('role')} {each.get('country_code')}/{each.get('party_id')}" for each in peer.roles
    )
    mark = "good" if peer.state == "REGISTERED" else "bad"
    return _fold(
        f"<b>{escape(peer.name)}</b><span class={mark}>{escape(peer.state)}</span>"
        f"<span>{escape(roles)}</span><small>{escape(peer.version)}</small>",
        dumps(peer.shown()),
    )


def _objects(modules: dict[str, list[Any]]) -> list[str]:
    rows = [
        _fold(f"<b>{escape(module)}</b><span>{len(things)}</span>", dumps(things))
        for module, things in modules.items()
        if things
    ]
    return rows or ["<p>Nothing.</p>"]


def _exchange(each: dict[str, Any]) -> str:
    arrow = "&larr;" if each["direction"] == "heard" else "&rarr;"
    mark = "good" if 200 <= each["status"] < 300 and '"status_code":1' in each["answer"] else "bad"
    headers = "\n".join(f"{name}: {value}" for name, value in each["headers"].items())
    back = "\n".join(f"{name}: {value}" for name, value in each["answer_headers"].items())
    title = (
        f"<b>{arrow} {escape(each['method'])}</b><span>{escape(each['url'])}</span>"
        f"<span class={mark}>{each['status'] or 'no answer'}</span><small>{escape(each['at'])}</small>"
    )
    return _fold(title, each["body"], each["answer"], headers, back)


def _fold(title: str, *texts: str) -> str:
    shown = "".join(f"<pre>{escape(_pretty(each))}</pre>" for each in texts if each)
    return f"<details><summary>{title}</summary>{shown}</details>"


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False)[:20000]
    except ValueError:
        return text[:20000]
