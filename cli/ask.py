"""Asking the platform: over HTTP on this machine, or a deployed function through AWS."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.ocpi import jsontext

SECONDS = 120.0

Invoke = Callable[[dict[str, Any]], dict[str, Any]]
Raw = Callable[[dict[str, Any]], bytes]


class Unreachable(Exception):
    """The platform could not be asked, or its function failed; the message says what to do."""


class Refused(Exception):
    """The platform answered that the action cannot be done: its error, every fault of it."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        self.error = dict(error)
        super().__init__("\n".join(_lines(error)))

    @property
    def code(self) -> str:
        return str(self.error.get("code", ""))


class Platform:
    """One platform, asked for its actions. What it knows is asked for once."""

    def __init__(self, invoke: Invoke) -> None:
        self._invoke = invoke
        self._actions: dict[str, Any] | None = None

    def actions(self) -> dict[str, Any]:
        """Every action by name: its summary and the JSON Schema of its fields."""
        if self._actions is None:
            self._actions = dict(self._data({"action": "help"})["actions"])
        return self._actions

    def ask(self, action: str, fields: Mapping[str, Any] | None = None) -> Any:
        """The action's data. A partner may be named in any case. Raises Refused, Unreachable."""
        try:
            return self._data({"action": action, **(fields or {})})
        except Refused as refused:
            named = (fields or {}).get("partner")
            if refused.code != "unknown_partner" or not isinstance(named, str):
                raise
            return self._data({"action": action, **(fields or {}), "partner": self._partner(named, refused)})

    def partners(self) -> list[dict[str, Any]]:
        """Every partner, as the action of this name lists them."""
        return list(self._data({"action": "partners"})["partners"])

    def _partner(self, named: str, refused: Refused) -> str:
        """The id of the one partner of this name; raises what was refused, with what is near to it."""
        names = {str(each["id"]): str(each.get("name") or "") for each in self.partners()}
        meant = [id for id, name in names.items() if named.casefold() in (name.casefold(), id.casefold())]
        if len(meant) == 1:
            return meant[0]
        near = meant or _near(named, names)
        if near:
            told = " or ".join(f"{names[id]!r} ({id})" for id in near)
            message = f"{refused.error.get('message')}. Did you mean {told}?"
            raise Refused({**refused.error, "message": message}) from None
        raise refused

    def _data(self, event: dict[str, Any]) -> Any:
        answer = self._invoke(event)
        if answer["ok"]:
            return answer.get("data")
        raise Refused(answer.get("error") or {})


def by_url(url: str, seconds: float = SECONDS) -> Invoke:
    """Ask a platform on this machine, by the Lambda Invoke API that it serves."""
    import urllib3

    where = f"{url.rstrip('/')}/2015-03-31/functions/operator/invocations"
    pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=min(5, seconds), read=seconds))

    def invoke(event: dict[str, Any]) -> dict[str, Any]:
        if not where.startswith(("http://", "https://")):
            raise Unreachable(f"{url}: a URL that begins with http:// or https:// is required")
        try:
            response = pool.request("POST", where, body=jsontext.dumps(event).encode())
        except urllib3.exceptions.ReadTimeoutError:
            raise Unreachable(f"{url}: no answer within {seconds:g} seconds") from None
        except urllib3.exceptions.HTTPError as problem:
            reason = str(problem).rpartition(": ")[2]
            raise Unreachable(f"{url}: {reason}; is the platform running? (`make run`)") from None
        if response.status != 200:
            raise Unreachable(f"{url}: HTTP {response.status}; is this a platform's URL?")
        return answer(response.data, response.headers.get("X-Amz-Function-Error"))

    return invoke


def by_function(name: str, seconds: float = SECONDS) -> Invoke:
    """Ask a deployed function, with the AWS credentials and region of the environment."""
    raw = raw_by_function(name, seconds)
    return lambda event: answer(raw(event), None)


def raw_by_function(name: str, seconds: float = SECONDS) -> Raw:
    """The raw answer of a function. Raises Unreachable, also where the function failed."""
    clients: list[Any] = []

    def invoke(event: dict[str, Any]) -> bytes:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        config = Config(read_timeout=seconds, retries={"total_max_attempts": 1})
        try:
            if not clients:
                region = os.environ.get("AWS_REGION") or None  # every other SDK reads it, boto3 does not
                clients.append(boto3.client("lambda", region_name=region, config=config))
            response = clients[0].invoke(FunctionName=name, Payload=jsontext.dumps(event).encode())
        except (BotoCoreError, ClientError, ValueError) as problem:
            raise Unreachable(f"{name}: {problem}") from None
        text: bytes = response["Payload"].read()
        if response.get("FunctionError"):
            answer(text, response["FunctionError"])
        return text

    return invoke


def answer(text: bytes, failed: str | None) -> dict[str, Any]:
    """What an operator function answered. Raises Unreachable for anything else."""
    try:
        found = jsontext.loads(text)
    except ValueError:
        raise Unreachable("the answer is no JSON; is this an operator function?") from None
    if failed or not isinstance(found, dict) or "ok" not in found:
        reason = found.get("errorMessage", "") if isinstance(found, dict) else ""
        raise Unreachable(f"the function failed: {reason}"[:500])
    return found


def _lines(error: Mapping[str, Any]) -> list[str]:
    """A line per fault: the code, where, what."""
    faults = error.get("errors") or error.get("details")
    if not isinstance(faults, list) or not all(isinstance(each, dict) for each in faults) or not faults:
        faults = [error]
    lines = []
    for fault in faults:
        words = [fault.get("code") or error.get("code"), fault.get("id"), fault.get("pointer")]
        message = fault.get("message") or error.get("message") or json.dumps(fault)
        lines.append(": ".join(str(each) for each in [*words, message] if each))
    return lines


def _near(named: str, names: Mapping[str, str]) -> list[str]:
    """The ids of the partners whose name or id looks like what was said, at most three."""
    spelled = {name.casefold(): id for id, name in names.items()} | {id.casefold(): id for id in names}
    found = difflib.get_close_matches(named.casefold(), spelled, n=3)
    begun = [id for name, id in spelled.items() if name.startswith(named.casefold())]
    return list(dict.fromkeys([spelled[each] for each in found] + begun))[:3]
