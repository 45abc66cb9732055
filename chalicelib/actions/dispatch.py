"""The operator's one door: every action, validated and dispatched.

An action is a function of (platform, fields) beside the pydantic model of its
fields; the modules named in ROOMS list theirs in `ACTIONS`. Whatever an
action raises as ActionError or OcpiError becomes `{"ok": false, "error": ...}`.

Contract: design section 5.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from chalicelib import logs
from chalicelib.actions import named
from chalicelib.actions.action import Action, Fields
from chalicelib.errors import ActionError
from chalicelib.ocpi import jsontext
from chalicelib.ocpi.errors import OcpiError
from chalicelib.tasks import PerformAction

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

ROOMS = (
    "partners",
    "overview",
    "objects",
    "deliveries",
    "holding",
    "commands",
    "prices",
    "billing",
    "evidence",
    "hub",
    "webhook",
)


def perform(platform: Platform, payload: Any, noted: bool = True) -> dict[str, Any]:
    """The answer to `{"action": name, ...}`; never raises. What a page looks at by itself is not `noted`."""
    try:
        return {"ok": True, "data": _dispatch(platform, payload, noted)}
    except ActionError as problem:
        return _error(problem.code, problem.message, problem.pointer)
    except OcpiError as problem:
        pointer = problem.pointer.replace("?", "/", 1)  # a field here is what a parameter is in a URL
        answer = _error(str(problem.status_code), problem.message, pointer)
        if len(problem.findings) > 1:  # every fault of the one object, the first of which is the error
            told = [{"pointer": each.pointer, "message": each.message} for each in problem.findings]
            answer["error"]["errors"] = told
        return answer
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        pointer = "/" + "/".join(str(part) for part in first["loc"])
        return _error("invalid", _words(payload, first), pointer)
    except Exception as problem:
        logs.log_exception("operator action failed", problem, action=str(payload.get("action"))[:60])
        return _error("internal", f"{type(problem).__name__}; the function's log has the details", "")


def answer(platform: Platform, event: Any) -> dict[str, Any]:
    """What the operator function returns: numbers come in and go out as JSON writes them."""
    payload = jsontext.loads(json.dumps(event))
    answer: dict[str, Any] = json.loads(jsontext.dumps(perform(platform, payload)))
    return answer


def receive(platform: Platform, task: PerformAction) -> None:
    """An action that came as a message; what is wrong with it is logged, what failed is tried again."""
    result = perform(platform, task.payload)
    if not result["ok"]:
        error = result["error"]
        logs.log(
            "WARNING",
            "inbox message refused",
            code=error["code"],
            reason=error["message"],
            pointer=error["pointer"],
        )
        if error["code"] == "internal":
            raise RuntimeError("the action failed")
    elif result["data"].get("older"):  # nobody reads its answer
        payload = task.payload
        about = {name: str(payload.get(name) or "")[:60] for name in ("action", "module", "id")}
        logs.log("INFO", "inbox message stale", **about, older=result["data"]["older"])


def actions() -> dict[str, Action]:
    """Every action by name, in the order the operator sees them."""
    found: dict[str, Action] = {"help": Action(_help, Fields, "every action with its JSON Schema")}
    for room in ROOMS:
        found.update(importlib.import_module(f"chalicelib.actions.{room}").ACTIONS)
    return found


def _dispatch(platform: Platform, payload: Any, noted: bool) -> Any:
    if not isinstance(payload, dict) or not isinstance(payload.get("action"), str):
        raise ActionError(
            "invalid", 'a JSON object with "action" is required; {"action": "help"} lists them', "/action"
        )
    known = actions()
    action = known.get(payload["action"])
    if action is None:
        raise ActionError("unknown_action", f"unknown action {payload['action'][:60]!r}; see help", "/action")
    # A button of the dashboard's widget sends where it was pressed along.
    rest = {name: value for name, value in payload.items() if name not in ("action", "widgetContext")}
    if isinstance(rest.get("partner"), str):
        rest["partner"] = _partner(platform, rest["partner"])
    fields = action.fields.model_validate(rest)
    if noted:
        logs.log("INFO", "operator action", action=payload["action"], partner=rest.get("partner"))
    if not action.pages or "cursor" not in action.fields.model_fields:
        return action.perform(platform, fields)
    query = named.query(payload["action"], fields.model_dump())
    inside = named.opened(query, getattr(fields, "cursor", None))
    answer = action.perform(platform, fields.model_copy(update={"cursor": inside} if inside else {}))
    cursor = answer.get("cursor")
    return {**answer, "cursor": named.sealed(query, cursor)} if cursor else answer


def _partner(platform: Platform, named: str) -> str:
    """The id of the partner of this id or of this name, where only one has it."""
    if not named or platform.partners.get(named) is not None:
        return named
    found = [each.id for each in platform.partners.all() if each.name.casefold() == named.casefold()]
    return found[0] if len(found) == 1 else named


def _words(payload: Any, fault: Mapping[str, Any]) -> str:
    """What is wrong with a field, for people; of one that there is not, which is meant."""
    if fault["type"] == "missing":
        return "required, but missing"
    if fault["type"] != "extra_forbidden":
        return str(fault["msg"]).removeprefix("Value error, ")
    name, action = str(fault["loc"][-1]), str(payload.get("action"))
    if len(fault["loc"]) > 1:
        return "there is no such field"
    fields = actions()[action].fields.model_fields
    known = [each.alias or its_name for its_name, each in fields.items()]
    alike = get_close_matches(name.lower(), known, 1, 0.6)
    return f"{action} has no such field" + (f"; {alike[0]} is meant?" if alike else "")


def _help(platform: Platform, fields: Fields) -> dict[str, Any]:
    return {
        "actions": {
            name: {"summary": action.summary, "schema": action.fields.model_json_schema()}
            for name, action in actions().items()
        }
    }


def _error(code: str, message: str, pointer: str) -> dict[str, Any]:
    return {"ok": False, "error": {"code": code, "message": message, "pointer": pointer}}
