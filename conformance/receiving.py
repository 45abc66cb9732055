"""Objects of ours at the other side's Receiver interfaces: put, read back, compare."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from conformance.peer import Exchange
from conformance.shapes import moment
from conformance.trial import Trial
from conformance.verdict import advise, fail, require, require_refusal, require_success

Json = dict[str, Any]
PARTS = {"evses": "uid", "connectors": "id"}


def path(trial: Trial, *ids: Any) -> str:
    """`/{country_code}/{party_id}/{id}...` of an object of ours."""
    return below(trial.country, trial.party, *ids)


def below(*segments: Any) -> str:
    """Path segments, each percent-encoded."""
    return "".join("/" + quote(str(each), safe="") for each in segments)


def put(trial: Trial, module: str, body: Json, *ids: Any, **how: Any) -> Exchange:
    """PUT of an object of ours, or a part of it; must succeed. Raises Failed."""
    answer = trial.ask("PUT", module, "RECEIVER", path(trial, *ids), body, **how)
    return require_success(answer, f"PUT of {module}")


def get(trial: Trial, module: str, *ids: Any, **how: Any) -> Json:
    """An object of ours as the other side holds it. Raises Failed."""
    answer = trial.ask("GET", module, "RECEIVER", path(trial, *ids), **how)
    require_success(answer, f"GET of what was sent to {module}")
    require(isinstance(answer.data, dict), "`data` must be one object", answer)
    found: Json = answer.data
    return found


def patch(trial: Trial, module: str, changes: Json, *ids: Any, **how: Any) -> Exchange:
    """PATCH of an object of ours; must succeed. Raises Failed."""
    answer = trial.ask("PATCH", module, "RECEIVER", path(trial, *ids), changes, **how)
    return require_success(answer, f"PATCH of {module}")


def once(trial: Trial, module: str, name: str, body: Json, *ids: Any) -> Json:
    """An object that several checks need, put by the first of them. Raises Failed."""
    key = f"put/{module}/{name}"
    if key not in trial.known:
        trial.known[key] = trial.ask("PUT", module, "RECEIVER", path(trial, *ids), body)
    require_success(trial.prove(trial.known[key]), f"PUT of {module}")
    return body


def require_created(answer: Exchange) -> None:
    """STA-07: 201 for what is new is advice."""
    advise(answer.status == 201, f"a new object should be answered with 201: {answer.said}", answer)


def require_same(trial: Trial, sent: Json, held: Json) -> None:
    """Fail unless what is held has every field that was sent, as it was sent."""
    if found := differences(sent, held):
        fail("not as it was sent: " + "; ".join(found[:5]), trial.proofs[-1])


def differences(sent: Any, held: Any, at: str = "") -> list[str]:
    """Where a copy departs from its original; fields that only the copy has do not count."""
    if isinstance(sent, dict) and isinstance(held, dict):
        return [
            fault
            for name, value in sent.items()
            if value not in (None, [])
            for fault in differences(*_folded(name, value, held.get(name)), f"{at}/{name}")
        ]
    if isinstance(sent, list) and isinstance(held, list) and len(sent) == len(held):
        key = PARTS.get(at.rpartition("/")[2])
        if key:
            sent, held = (sorted(each, key=lambda part: str(part.get(key)).upper()) for each in (sent, held))
        pairs = enumerate(zip(sent, held, strict=True))
        return [fault for n, (a, b) in pairs for fault in differences(a, b, f"{at}/{n}")]
    if isinstance(sent, str) and moment(sent) and moment(sent) == moment(held):
        return []
    if isinstance(sent, list) and isinstance(held, list):
        return [f"{at}: {len(held)} entries for {len(sent)}"]
    return [] if sent == held else [f"{at} is {held!r:.60}, was sent as {sent!r:.60}"]


def _folded(name: str, sent: Any, held: Any) -> tuple[Any, Any]:
    """Identifiers are CiStrings: the case in which they are kept is the receiver's."""
    is_id = name in ("id", "uid", "country_code", "party_id") or name.endswith(("_id", "_uid"))
    if is_id and isinstance(sent, str) and isinstance(held, str):
        return sent.upper(), held.upper()
    return sent, held


def same_id(one: Any, other: Any) -> bool:
    """Whether two identifiers are the same, in whichever case."""
    return str(one).upper() == str(other).upper()


def strangers(trial: Trial, answer: Exchange, what: str) -> None:
    """TRA-54: nothing in the name of a party that is not ours; 2.1.1 does not say so, and is only advised."""
    if answer.ok and not trial.newer:
        advise(False, f"{what} was accepted: {answer.said}", answer)
    require_refusal(answer, 0, what)


def refused_in_words(trial: Trial, answer: Any) -> None:
    """STA-03: what is valid JSON gets HTTP 200 and a 2xxx code; 2.1.1 only advises it."""
    if answer.ok:
        advise(False, f"taken as it is: {answer.said}", answer)
    if answer.problem or answer.status >= 500:
        fail(f"it broke the server: {answer.said}", answer)
    if answer.status >= 400 and not trial.newer:
        advise(False, f"an HTTP error for valid JSON: {answer.said}", answer)
    require(answer.status < 400, f"an HTTP error for valid JSON: {answer.said}", answer)
    advise(answer.code == 2001, f"2001 is expected: {answer.said}", answer)
