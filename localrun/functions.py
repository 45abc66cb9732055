"""Calls the functions as Lambda does: JSON in, JSON out, a context, and the platform they belong to."""

from __future__ import annotations

import json
import time
import traceback
import uuid
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import msgspec

from localrun import REGION

LARGEST_ANSWER = 6 * 1024 * 1024

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Unknown(LookupError):
    """No function of this name."""


class FunctionFailed(Exception):
    """A function raised, or answered what Lambda cannot hand on; `error` is what Lambda would answer."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['errorType']}: {error['errorMessage']}")
        self.error = error


@dataclass
class Context:
    """What a function is told about its invocation."""

    function_name: str
    timeout: float = 60.0
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 512
    log_group_name: str = ""
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    def __post_init__(self) -> None:
        self._started = time.monotonic()
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.invoked_function_arn = f"arn:aws:lambda:{REGION}:000000000000:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self.timeout - (time.monotonic() - self._started)) * 1000))


class Functions:
    """The functions of one platform, by short (`operator`) or whole (`ocpi-local-operator`) name."""

    def __init__(self, app: Any, workers: ModuleType, platform: Any) -> None:
        self.app = app
        self._workers = workers
        self.platform = platform
        self._prefix = f"{platform.settings.prefix}-"

    def call(self, name: str, event: Any) -> Any:
        """The function's answer as plain JSON data. Raises Unknown and FunctionFailed."""
        from chalicelib import wiring

        handler = self._handler(name)
        context = Context(self._prefix + name.replace("_", "-"))
        # Lambda hands numbers over as floats; a handler must cope with them here too.
        event = json.loads(_encode(event))
        with wiring.using(self.platform):
            try:
                answer = _encode(handler(event, context))
            except Exception as problem:
                raise FunctionFailed(_error(problem, context)) from problem
        if len(answer) > LARGEST_ANSWER:
            message = f"Response payload size exceeded maximum allowed payload size ({LARGEST_ANSWER} bytes)."
            raise FunctionFailed({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message})
        return json.loads(answer)

    def known(self, name: str) -> str:
        """The short name of the function meant by a name or an ARN. Raises Unknown."""
        short = name.rsplit(":function:", 1)[-1].partition(":")[0]
        short = short.removeprefix(self._prefix).replace("-", "_")
        self._handler(short)
        return short

    def _handler(self, name: str) -> Any:
        if name == "api_handler":
            return self.app
        handler = self.app.handler_map.get(name)
        if handler is None:
            raise Unknown(name)
        return getattr(self._workers, name, handler)


def _error(problem: Exception, context: Context) -> dict[str, Any]:
    return {
        "errorMessage": str(problem),
        "errorType": type(problem).__name__,
        "requestId": context.aws_request_id,
        "stackTrace": traceback.format_tb(problem.__traceback__)[-5:],
    }
