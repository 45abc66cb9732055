"""Nothing that Python or JavaScript writes for a value that is not there is ever said or stored.

Objects of every module and version lack a value, or have an empty one, at places drawn by chance; then all
that came out is searched: answers, tables, events, pushes, lists, log lines and pages.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from chalicelib.ocpi import models
from chalicelib.store import bodies
from tests.harness import Hand, OperatorRefused
from tests.ocpi.generate import make
from tests.reading.test_nested import dated, places, pointer
from tests.samples import KINDS
from tests.stub import PartnerStub

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
CPO = {"2.1.1": ("BE", "OLD"), "2.2.1": ("BE", "BEC"), "2.3.0": ("BE", "OTH")}
EMSP = {"2.1.1": ("FR", "OLD"), "2.2.1": ("DE", "MSP"), "2.3.0": ("FR", "ABC")}
EMPTY: tuple[Any, ...] = ("missing", None, "", [], {})
CASES = 6
FOREIGN = re.compile(
    r"\b(?:None|NoneType|nan|NaN|True|False|undefined|Decimal|Infinity)\b|\"null\"|datetime\.|<object|\{'|\['"
)


class Said:
    """What was found, each with where it stood."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def look(self, where: str, said: Any) -> None:
        text = said if isinstance(said, str) else json.dumps(said, default=str, ensure_ascii=False)
        for each in FOREIGN.finditer(text):
            self.found.add(f"{where}: {text[max(0, each.start() - 60) : each.end() + 30]}")


def cases(module: str, version: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Bodies without a value somewhere, and where."""
    kind, dice = KINDS[module], Random(f"{module} {version}")
    whole = dated(
        max(
            (make(kind, version, dice) for _ in range(3)), key=lambda each: len(json.dumps(each, default=str))
        )
    )
    name = "uid" if module == "tokens" else "id"
    drawn = [
        (path, how)
        for path, _ in places(models.model(kind), whole, version)
        if path != (name,)
        for how in EMPTY
    ]
    for at, (path, how) in enumerate(dice.sample(drawn, min(CASES, len(drawn)))):
        body = copy.deepcopy(whole)
        body[name] = f"{module}{version}-{at}"
        inner: Any = body
        for step in path[:-1]:
            inner = inner[step]
        if how == "missing":
            inner.pop(path[-1], None)
        else:
            inner[path[-1]] = copy.deepcopy(how)
        yield f"{pointer(path)} {how!r}", body


def owned(body: dict[str, Any], module: str, version: str, party: tuple[str, str]) -> dict[str, Any]:
    """The body as that party's, where its version names one."""
    if "country_code" not in models.model(KINDS[module]).fields(version) or not body.get("country_code"):
        return body
    return {**body, "country_code": party[0], "party_id": party[1]}


def send(
    hand: Hand, said: Said, stub: PartnerStub, module: str, version: str, party: tuple[str, str]
) -> None:
    for where, body in cases(module, version):
        theirs = owned(body, module, version, party)
        path = f"/ocpi/{version}/receiver/{module}"
        if module == "cdrs":
            answer = hand.ask("POST", path, token=stub.token, body=theirs)
        else:
            path = f"{path}/{party[0]}/{party[1]}/{theirs['uid' if module == 'tokens' else 'id']}"
            answer = hand.ask("PUT", path, token=stub.token, body=theirs)
        assert answer.status < 500, (module, version, where)
        said.look(f"answer to {module}{where}", answer.text)
        ours = owned(body, module, version, ("NL", "EXM" if module == "tokens" else "EXA"))
        try:
            told = hand.operate(
                "put", module=module, object=json.loads(json.dumps(ours, default=float)), version=version
            )
        except OperatorRefused as problem:
            told = {"message": problem.message, "pointer": problem.pointer}
        said.look(f"answer to put of {module}{where}", told)


def test_what_is_not_there_is_not_written_down_in_words(
    hand: Hand, capsys: pytest.CaptureFixture[str]
) -> None:
    """TYP-15 to TYP-17: left out, or null; never the text of it."""
    said = Said()
    stubs = {}
    for version in VERSIONS:
        for role, of in (("CPO", CPO), ("EMSP", EMSP)):
            country, party = of[version]
            roles = [{"role": role, "country_code": country, "party_id": party}]
            stubs[version, role] = hand.register_partner(roles, version, f"{role} {version}")
    for module in ("locations", "tariffs", "tokens", "sessions", "cdrs"):
        for version in VERSIONS:
            role, of = ("EMSP", EMSP) if module == "tokens" else ("CPO", CPO)
            send(hand, said, stubs[version, role], module, version, of[version])
    hand.drain(most=100_000)
    for line in capsys.readouterr().out.splitlines():
        said.look("log", line)
    said.look("event", hand.events())
    for stub in stubs.values():
        for each in stub.requests():
            said.look(f"{each.method} {each.path}", each.body.decode())
    for module in KINDS:
        found = hand.operate("list", module=module, party="all", limit=100)
        said.look(f"list of {module}", found)
    for action in ("deliveries", "partners", "status"):
        said.look(action, hand.operate(action))
        said.look("page", str(hand.functions.call("widget", {"operator": "operator", "widgetContext": {}})))
    for table, item in items(hand):
        said.look(table, item)
    assert said.found == set()


def items(hand: Hand) -> Iterator[tuple[str, str]]:
    """Everything stored, with bodies unpacked."""
    client = hand.platform.clients.dynamodb
    for table in client.list_tables()["TableNames"]:
        for page in client.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                plain = {name: next(iter(value.values())) for name, value in item.items()}
                yield table, " ".join(f"{name}={_plain(value)}" for name, value in plain.items())


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return bodies.unpacked(value) if value.startswith("gzip:") else value
    return json.dumps(value, default=lambda each: "bytes" if isinstance(each, bytes) else str(each))
