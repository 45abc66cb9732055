"""What the field sends: whole objects with the habits of real peers, at every door, in every version.

Nothing is lost of them, what comes back is what came, and each repair is a finding.
"""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.ocpi import jsontext
from tests import field
from tests.known import Known
from tests.samples import KINDS, example, for_emsp

pytest_plugins = ["tests.known"]

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
SENDERS = {"2.1.1": ("old_cpo", "BE/OLD"), "2.2.1": ("cpo", "BE/BEC"), "2.3.0": ("cpo2", "BE/OTH")}
EMSPS = {"2.1.1": ("old_emsp", "FR/OLD"), "2.2.1": ("emsp", "DE/MSP"), "2.3.0": ("emsp2", "FR/ABC")}
MODULES = ("locations", "tariffs", "sessions", "cdrs", "tokens")


def whole(module: str, version: str) -> tuple[str, str, dict[str, Any]]:
    """Who sends it, whose it is, and an object of it."""
    token, owner = (EMSPS if module == "tokens" else SENDERS)[version]
    more: dict[str, Any] = {}
    if module in ("sessions", "cdrs") and version != "2.1.1":
        more = {"cdr_token": for_emsp("NL/EXM")}
    return token, owner, example(KINDS[module], version, owner, **more)


def sent(ask: Any, module: str, version: str, token: str, owner: str, id: str, body: Any) -> Any:
    base = f"/ocpi/{version}/receiver/{module}"
    if module == "cdrs":
        return ask("POST", base, token=token, body=body)
    return ask("PUT", f"{base}/{owner}/{id}", token=token, body=body)


def got(ask: Any, module: str, version: str, token: str, owner: str, id: str) -> Any:
    answer = ask("GET", f"/ocpi/{version}/receiver/{module}/{owner}/{id}", token=token)
    assert answer.status == 200, answer.text
    return jsontext.loads(answer.text)["data"]


def versions_of(body: dict[str, Any], kind: str, version: str) -> dict[str, Any]:
    """The object as each kind of peer writes it."""
    found = {name: field.written(kind, version, body, name) for name in field.HABITS}
    found |= {f"empty {empty!r}": field.emptied(kind, version, body, empty) for empty in ("", None, [], {})}
    found |= {"camel": field.renamed(body, field.camel), "upper": field.renamed(body, str.upper)}
    return found


SAYS_NOTHING_NEW = ("naive", "empty None", "empty []", "numbers")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("module", MODULES)
def test_what_peers_push_is_read_and_comes_back_as_it_came(
    ask: Any, known: Known, operate: Any, module: str, version: str
) -> None:
    token, owner, body = whole(module, version)
    name = "uid" if module == "tokens" else "id"
    assert sent(ask, module, version, token, owner, "77", {**body, name: "77"}).status == 201
    clean = operate("get", module=module, party=owner, id="77")
    assert "findings" not in clean
    for at, (habit, odd) in enumerate(versions_of({**body, name: "77"}, KINDS[module], version).items(), 100):
        spelled = next(each for each in odd if each.lower() == name)
        odd[spelled] = at if habit == "numbers" else f" {at} " if habit == "blanks" else str(at)
        answer = sent(ask, module, version, token, owner, str(at), odd)
        assert answer.status == 201, (habit, answer.text)
        back = got(ask, module, version, token, owner, str(at))
        assert _plain(back) == _plain(odd), habit
        read = operate("get", module=module, party=owner, id=str(at))
        assert _meaning({**read["object"], name: "77"}) == _meaning(clean["object"]), habit
        assert read.get("findings") or habit in SAYS_NOTHING_NEW or odd == {**body, name: str(at)}, habit


def _plain(value: Any) -> Any:
    """What came, but for the time that a Location is stored apart with, and for how its names are spelled."""
    same = field.renamed(value, lambda name: name.replace("_", "").lower())
    return {name: each for name, each in same.items() if name != "lastupdated"}


def _meaning(value: Any) -> Any:
    """An object without what is absent or empty, and times to the second."""
    if isinstance(value, dict):
        found = {name: _meaning(each) for name, each in value.items()}
        return {name: each for name, each in found.items() if each not in (None, [], {}, "")}
    if isinstance(value, list):
        return [_meaning(each) for each in value]
    return value
