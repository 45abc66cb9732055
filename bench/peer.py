"""A Python OCPI library, driven in this process: run by `bench.peers` in that library's own environment.

Its ASGI application is called with nothing around it, no server and no sockets. Objects stay in a dict; the
schemas are the library's own, as its guide builds an adapter. A line of JSON in: a request and how often it
is made. A line of JSON out: CPU seconds of one, and what was answered.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import inspect
import json
import sys
import time
from typing import Any

from py_ocpi import get_application
from py_ocpi.core.enums import ModuleID, RoleEnum
from py_ocpi.modules.locations.v_2_2_1.schemas import Location
from py_ocpi.modules.tokens.v_2_2_1.schemas import AuthorizationInfo, Token
from py_ocpi.modules.versions.enums import VersionNumber

TOKEN = "bench-token"
STORED: dict[tuple[str, str], Any] = {}


class Crud:
    """Objects in a dict, by module and id."""

    @classmethod
    async def get(cls, module: Any, role: Any, id: Any, *_: Any, **__: Any) -> Any:
        return STORED.get((module, str(id)))

    @classmethod
    async def list(cls, module: Any, role: Any, filters: Any, *_: Any, **__: Any) -> Any:
        found = [each for (of, _), each in STORED.items() if of == module]
        end = filters["offset"] + filters["limit"]
        return found[filters["offset"] : end], len(found), end >= len(found)

    @classmethod
    async def create(cls, module: Any, role: Any, data: Any, *_: Any, **__: Any) -> Any:
        STORED[module, str(data.get("uid") or data["id"])] = data
        return data

    @classmethod
    async def update(cls, module: Any, role: Any, data: Any, id: Any, *_: Any, **__: Any) -> Any:
        STORED[module, str(id)] = data
        return data

    @classmethod
    async def do(cls, module: Any, role: Any, action: Any, *_: Any, data: Any = None, **__: Any) -> Any:
        return {"allowed": "ALLOWED", "token": STORED[module, str(data["token_uid"])]}


class Adapter:
    """What is stored, as the library's schemas."""

    @classmethod
    def location_adapter(cls, data: Any, *_: Any) -> Any:
        return Location(**data)

    @classmethod
    def token_adapter(cls, data: Any, *_: Any) -> Any:
        return Token(**data)

    @classmethod
    def authorization_adapter(cls, data: Any, *_: Any) -> Any:
        return AuthorizationInfo(**data)


def application() -> Any:
    """The library's application, with as much of OCPI as is measured where it lets one choose."""
    more: dict[str, Any] = {}
    taken = inspect.signature(get_application).parameters
    if "modules" in taken:
        more["modules"] = [ModuleID.locations, ModuleID.tokens]
    if "authenticator" in taken:
        from py_ocpi.core.authentication.authenticator import Authenticator

        class Known(Authenticator):  # type: ignore[misc]
            @classmethod
            async def get_valid_token_c(cls) -> list[str]:
                return [TOKEN]

            @classmethod
            async def get_valid_token_a(cls) -> list[str]:
                return []

        more["authenticator"] = Known
    return get_application(
        version_numbers=[VersionNumber.v_2_2_1],
        roles=[RoleEnum.cpo, RoleEnum.emsp],
        crud=Crud,
        adapter=Adapter,
        **more,
    )


async def answered(app: Any, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """What the application answers to one request."""
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [
            (b"host", b"ocpi.example.com"),
            (b"authorization", b"Token " + base64.b64encode(TOKEN.encode())),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 443),
    }
    ended = asyncio.Event()
    came = [{"type": "http.request", "body": body, "more_body": False}]
    status, parts = 0, []

    async def receive() -> Any:
        if came:
            return came.pop()
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                ended.set()

    await app(scope, receive, send)
    return status, b"".join(parts)


async def serve() -> None:
    """Answer each line until there are no more."""
    app = application()
    for line in sys.stdin:
        asked = json.loads(line)
        method, path, body = asked["method"], asked["path"], asked["body"].encode()
        gc.freeze()  # what the library holds is none of a request's garbage
        began = time.process_time()
        for _ in range(asked["times"]):
            status, text = await answered(app, method, path, body)
        seconds = (time.process_time() - began) / asked["times"]
        gc.unfreeze()
        print(json.dumps({"seconds": seconds, "status": status, "text": text.decode()}), flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
