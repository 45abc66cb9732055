"""The doors for partners: HTTP shapes, registered from the module table.

A door turns an API Gateway event into a Request and `endpoint`'s answer into
a Response; nothing is decided here. Doors for queues, streams, schedules and
the operator are in `chalicelib/workers.py`.
"""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import unquote

from chalice import Chalice
from chalice import Response as HttpResponse
from chalice.app import Request as HttpRequest

from chalicelib import endpoint, wiring
from chalicelib.ocpi import modules
from chalicelib.ocpi.messages import Request
from chalicelib.workers import bp

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# API Gateway itself answers a method it has no route for, without an envelope (AMB-40); this catches them.
ANY = "x-amazon-apigateway-any-method"

app = Chalice(app_name="ocpi")
app.api.cors = False
app.register_blueprint(bp)


class _EveryMethod(dict[str, Any]):
    """The methods of one path: Chalice itself, too, answers one it does not find without an envelope."""

    def __contains__(self, method: object) -> bool:
        return True

    def __missing__(self, method: str) -> Any:
        return self[ANY]


def _door(path: str, module: str, interface: str = "") -> None:
    """Register one path for the methods OCPI uses, and for every other one."""

    def view(**variables: str) -> HttpResponse:
        return _answer(module, interface, variables)

    name = path.strip("/").replace("/", "_").replace("{", "").replace("}", "").replace("+", "") or "root"
    app.route(path, methods=METHODS, name=name, content_types=["*/*"])(view)
    app.route(path, methods=[ANY], name=f"{name}_any", content_types=["*/*"])(view)


def _answer(module: str, interface: str, variables: dict[str, str]) -> HttpResponse:
    event = cast(HttpRequest, app.current_request)
    platform = wiring.platform()
    base_url = _base_url(event)
    platform.seen_at(base_url)
    names = sorted(name for name in variables if name != "version")
    version, segments = variables.get("version", ""), [variables[name] for name in names]
    if not module:
        path = event.context.get("path") or ""
        module, interface, version, segments = _below_a_module(path[path.find("/ocpi/") + 1 :])
    request = Request(
        method=event.method,
        version=unquote(version),
        interface=interface,
        module=module,
        # API Gateway leaves path variables percent-encoded: decoded once, here (AMB-39).
        segments=tuple(map(unquote, segments)),
        query=dict(event.query_params or {}),
        headers={name.lower(): value for name, value in event.headers.items()},
        body=cast(bytes, event.raw_body) or b"",
        base_url=base_url,
    )
    status, headers, body = endpoint.answer(request, platform)
    return HttpResponse(body=body, status_code=status, headers=dict(headers))


def _below_a_module(path: str) -> tuple[str, str, str, list[str]]:
    """The module, interface, version and segments of a path that is longer than any of its module's are.

    It is answered as other paths below that module: to whom the token belongs, with routing headers.
    A hub passes on those of modules that are not known here.
    """
    match path.split("/"):
        case ["ocpi", version, ("sender" | "receiver") as side, module, *segments] if 0 < len(module) <= 64:
            while segments and not segments[0]:  # `locations//NL/...`, of a URL and a path joined carelessly
                del segments[0]
            return module, side.upper(), version, segments
        case ["ocpi", modules.V211, *_]:
            return "", "", modules.V211, []  # no such path, said as that version says it
    return "", "", "", []


def _base_url(event: HttpRequest) -> str:
    """Where this request reached us: scheme, host and stage; the host as API Gateway knows it."""
    context = event.context
    scheme = event.headers.get("x-forwarded-proto", "https")
    said = event.headers.get("host")
    host = (context.get("domainName") if scheme == "https" else said) or said or "localhost"
    path, tail = context.get("path") or "", "/ocpi"
    stage = path[: path.index(tail)] if tail in path else ""
    return f"{scheme}://{host}{stage}"


_door("/", "")
_door("/{proxy+}", "")
_door("/ocpi/versions", "versions")
_door("/ocpi/{version}", "versions")
_door("/ocpi/{version}/credentials", "credentials")
for _module in modules.MODULES:
    for _interface in _module.interfaces:
        _path = f"/ocpi/{{version}}/{_interface.role.lower()}/{_module.id}"
        for _depth in range(_interface.depth + 1):
            _door(_path + "".join(f"/{{p{at}}}" for at in range(_depth)), _module.id, _interface.role)
for _path, _methods in list(app.routes.items()):
    app.routes[_path] = _EveryMethod(_methods)
