"""The page at `/` of a platform on this machine: where to go from here; and its documents as text."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from localrun import ROOT

DOCS = "/local/docs/"

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{prefix}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }}
code {{ font-size: .95em; overflow-wrap: anywhere; }}
dt {{ margin-top: 1rem; font-weight: 600; }} dd {{ margin: 0; }}
</style></head><body>
<h1>OCPI platform on this machine</h1>
<p>Hosted: {parties}. Partners begin at <code>{versions_url}</code> with a token from an invitation.</p>
<dl>
<dt><a href="/local/console">Console</a></dt>
<dd>partners, what waits and what was refused; the operator's page</dd>
<dt><a href="/local/events">Events</a></dt>
<dd>what the back end hears, as JSON; <code>?after=ID</code> for those after one</dd>
<dt>Command line</dt>
<dd><code>.venv/bin/python manage.py --url {base_url} help</code></dd>
<dt>Documents</dt>
<dd>{documents}</dd>
</dl>
</body></html>
"""


def page(platform: Any, base_url: str) -> str:
    """The HTML."""
    settings = platform.settings
    links = [f'<a href="{DOCS}{escape(name)}">{escape(name)}</a>' for name in documents()]
    return _PAGE.format(
        prefix=escape(settings.prefix),
        parties=escape(", ".join(f"{each.role} {'/'.join(each.party)}" for each in settings.parties)),
        versions_url=escape(f"{platform.base_url or base_url}/ocpi/versions"),
        base_url=escape(base_url),
        documents=", ".join(links),
    )


def documents() -> dict[str, Path]:
    """The documents of the project by name."""
    found = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
    return {each.name: each for each in found if each.exists()}


def document(name: str) -> str | None:
    """The text of one; None where there is none of this name."""
    found = documents().get(name)
    return found.read_text(encoding="utf-8") if found else None
