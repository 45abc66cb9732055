"""What the kit's own platform lists, and what it was sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

PAGE = 2
Answer = tuple[int, int, Any, dict[str, str]]


class Holdings:
    """Own objects by module in `lists`; what came in `held`, by `MODULE/COUNTRY/PARTY/ID`.

    An Answer is HTTP status, OCPI code, data and headers.
    """

    def __init__(self) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.held: dict[str, Any] = {}

    def single(self, module: str, id: str) -> Answer:
        """One object of ours."""
        found = [each for each in self.lists.get(module, []) if each.get("id") == id]
        return (200, 1000, found[0], {}) if found else (404, 2001, None, {})

    def receive(self, method: str, module: str, rest: list[str], body: Any, url: str) -> Answer:
        """A push to one of our Receiver interfaces."""
        key = "/".join([module, *rest]).upper()
        if method == "GET":
            return (200, 1000, self.held[key], {}) if key in self.held else (404, 2001, None, {})
        if method == "POST" and isinstance(body, dict):
            key = f"{module}/{body.get('id')}".upper()
            new = key not in self.held
            self.held[key] = body
            return (201 if new else 200), 1000, None, {"Location": f"{url}/{body.get('id')}"}
        if method == "PUT":
            new = key not in self.held
            self.held[key] = body
            return (201 if new else 200), 1000, None, {}
        if method == "PATCH" and isinstance(body, dict):
            if key not in self.held:
                return 404, 2001, None, {}
            self.held[key] = {**self.held[key], **body}
            return 200, 1000, None, {}
        if method == "DELETE":
            return (200, 1000, None, {}) if self.held.pop(key, None) else (404, 2001, None, {})
        return 405, 2000, None, {}

    def authorize(self, uid: str, version: str) -> Answer:
        """A driver of ours at their charge point."""
        found = [each for each in self.lists.get("tokens", []) if each.get("uid", "").upper() == uid.upper()]
        if not found:
            return 404, 2001 if version == "2.1.1" else 2004, None, {}
        shown: dict[str, Any] = {} if version == "2.1.1" else {"token": found[0]}
        return 200, 1000, {"allowed": "ALLOWED", **shown}, {}

    def page(self, module: str, query: dict[str, str], url: str) -> Answer:
        """A page of our list; its next link has a parameter that only who follows it verbatim sends."""
        objects = [
            each
            for each in self.lists.get(module, [])
            if query.get("date_from", "") <= each["last_updated"] < query.get("date_to", "9999")
        ]
        offset, limit = int(query.get("offset") or 0), min(int(query.get("limit") or PAGE), PAGE)
        headers = {"X-Total-Count": str(len(objects)), "X-Limit": str(limit)}
        if offset + limit < len(objects):
            kept: dict[str, Any] = {name: query[name] for name in ("date_from", "date_to") if name in query}
            following = urlencode({**kept, "offset": offset + limit, "limit": limit, "kit": "verbatim"})
            headers["Link"] = f'<{url}?{following}>; rel="next"'
        return 200, 1000, objects[offset : offset + limit], headers
