"""The tools with which answers, objects and requests are spoiled; `breaks` and `oddities` name what is done.

Each function here makes one that acts at a point of `conduct`: on an Answer, a Reply, an object or a Call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from sandbox.conduct import Asked, Call, Reply
from sandbox.holding import Holdings
from sandbox.messages import Answer
from sandbox.parties import CONFIGURATION

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]
OnReply = Callable[["Partner", Asked, Reply], None]
OnAnswer = Callable[["Partner", Asked, Answer], None]
OnObject = Callable[[str, str, Object], Any]  # module, version, the object
OnCall = Callable[["Partner", Call], None]
Test = Callable[[Asked, Reply], bool]


# On what goes onto the wire.


def lists(asked: Asked, reply: Reply) -> bool:
    return asked.lists and isinstance(reply.body, dict) and isinstance(reply.body.get("data"), list)


def errors(asked: Asked, reply: Reply) -> bool:
    return reply.status >= 400


def functional(asked: Asked, reply: Reply) -> bool:
    return bool(asked.side) and asked.module not in CONFIGURATION


def configuration(asked: Asked, reply: Reply) -> bool:
    return asked.module in ("versions", "details", "credentials", "hubclientinfo")


def always(asked: Asked, reply: Reply) -> bool:
    return True


def header(name: str, value: str | None = None, where: Test = always) -> OnReply:
    """Set it, or leave it out."""

    def do(partner: Partner, asked: Asked, reply: Reply) -> None:
        if where(asked, reply):
            reply.headers.pop(name, None)
            if value is not None:
                reply.headers[name] = value

    return do


def headers_like(beginning: str, value: str | None = None, where: Test = always) -> OnReply:
    """All whose name begins so, or with one of several, left out or set."""

    def do(partner: Partner, asked: Asked, reply: Reply) -> None:
        for name in [each for each in reply.headers if each.startswith(tuple(beginning.split()))]:
            header(name, value, where)(partner, asked, reply)

    return do


def envelope(change: Callable[[Object], Any], where: Test = always) -> OnReply:
    """Change the envelope, or put something in its place."""

    def do(partner: Partner, asked: Asked, reply: Reply) -> None:
        if where(asked, reply) and isinstance(reply.body, dict):
            found = change(reply.body)
            reply.body = reply.body if found is None else found

    return do


def leave_out(name: str) -> Callable[[Object], None]:
    return lambda body: body.pop(name, None) and None


def say(name: str, value: Any) -> Callable[[Object], None]:
    """Set a field, where the object has it."""
    return lambda body: body.update({name: value}) if name in body else None


def status(before: int, after: int, code: int = 0, where: Test = always) -> OnReply:
    """Another HTTP status, and another status_code if given, in place of this status."""

    def do(partner: Partner, asked: Asked, reply: Reply) -> None:
        if reply.status == before and where(asked, reply):
            reply.status = after
            if code and isinstance(reply.body, dict):
                reply.body["status_code"] = code

    return do


def link(change: Callable[[str, str], str | None]) -> OnReply:
    """Another URL, or none, in the link to the next page; `change` is given it and the URL asked."""

    def do(partner: Partner, asked: Asked, reply: Reply) -> None:
        found = re.match(r"<([^>]*)>", reply.headers.get("Link", ""))
        if found:
            changed = change(found[1], partner.base_url + asked.request.target)
            if changed is None:
                del reply.headers["Link"]
            else:
                reply.headers["Link"] = changed if changed.startswith("<") else f'<{changed}>; rel="next"'

    return do


# What was asked.


def body_of(asked: Asked) -> Object:
    """The object that was sent; an empty one where it is none."""
    try:
        found = asked.request.json if asked.request.body else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def received(partner: Partner, module: str, id: Any) -> bool:
    """Whether an object of that id was sent to us."""
    holdings: Holdings = partner.holdings
    return str(id).upper() in [key[2] for key in holdings.received[module]]


def of_peer(asked: Asked, partner: Partner) -> bool:
    """Whether the party in the path is one of the peer that asks."""
    known = partner.peers.presenting(asked.request.headers.get("authorization", ""))
    roles = known[0].roles if known else []
    return [each.upper() for each in asked.rest[:2]] in [
        [r.get("country_code"), r.get("party_id")] for r in roles
    ]


# On the answer, before its envelope.


def data(change: Callable[[Any], Any], module: str, method: str = "GET") -> OnAnswer:
    """Other `data` in what this module answers to this method."""

    def do(partner: Partner, asked: Asked, answer: Answer) -> None:
        if (
            asked.module == module
            and method in ("", asked.method)
            and isinstance(answer.data, dict | list | str)
        ):
            answer.data = deepcopy(answer.data)
            changed = change(answer.data)
            answer.data = answer.data if changed is None else changed

    return do


def endpoints(change: Callable[[Object], Any]) -> OnAnswer:
    """Every endpoint of the version details changed; one that becomes None is left out."""

    def do(found: Any) -> None:
        changed = [change(each) for each in found["endpoints"]]
        found["endpoints"] = [each for each in changed if each is not None]

    return data(do, "details")


# On objects of ours, wherever they are written.


def fields(module: str, change: Callable[[Object], Any]) -> OnObject:
    """Change every object of this module."""
    return lambda found, version, thing: change(thing) if found == module else None


def without(module: str, *names: str) -> OnObject:
    return fields(module, lambda thing: [thing.pop(each, None) for each in names])


def inside(module: str, path: str, change: Callable[[Object], Any]) -> OnObject:
    """Change every object below, `path` as in `evses/connectors`."""

    def do(found: str, version: str, thing: Object) -> None:
        if found == module:
            for each in below(thing, path.split("/")):
                change(each)

    return do


def below(thing: Object, path: list[str]) -> Iterator[Object]:
    if not path:
        yield thing
        return
    found = thing.get(path[0])
    for each in found if isinstance(found, list) else [found]:
        if isinstance(each, dict):
            yield from below(each, path[1:])


def everywhere(change: Callable[[str, Any], Any]) -> OnObject:
    """Every value at every depth becomes what `change` makes of its name and itself."""

    def walk(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            value = {key: walk(key, each) for key, each in value.items()}
        elif isinstance(value, list):
            value = [walk(name, each) for each in value]
        return change(name, value)

    def do(module: str, version: str, thing: Object) -> None:
        changed = {name: walk(name, value) for name, value in thing.items()}
        thing.clear()
        thing.update(changed)

    return do


# On requests of our own.


def call_header(name: str, value: str | None = None) -> OnCall:
    def do(partner: Partner, call: Call) -> None:
        for each in [each for each in call.headers if each.lower().startswith(name.lower())]:
            del call.headers[each]
        if value is not None:
            call.headers[name] = value

    return do


def call_body(change: Callable[[Any], Any], method: str, module: str = "") -> OnCall:
    """Another body in requests of this method."""

    def do(partner: Partner, call: Call) -> None:
        if call.method == method and module in ("", call.module) and isinstance(call.body, dict):
            call.body = change(dict(call.body))

    return do
