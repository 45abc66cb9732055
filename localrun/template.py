"""Reads the resources file that is deployed, and resolves the few intrinsics it uses.

Also says which function hears which queue, stream or schedule, so that one
machine and AWS cannot drift.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localrun import REGION, ROOT
from stack.functions import FUNCTIONS
from stack.template import parameter

RESOURCES = ROOT / ".chalice" / "resources.json"

Attributes = dict[str, str]
"""What a made resource answers: "Ref" and the names Fn::GetAtt knows, such as "Arn"."""


class Unresolvable(LookupError):
    """An intrinsic whose value exists only in a deployed stack."""


@dataclass(frozen=True)
class Source:
    """What feeds a function: a queue's or a table's name, or neither for a schedule.

    `failures` is the queue that hears of a stream's records that were given up.
    """

    function: str
    kind: str
    name: str
    properties: dict[str, Any]
    failures: str = ""

    @property
    def batch_size(self) -> int:
        return int(self.properties.get("BatchSize") or (100 if self.kind == "DynamoDB" else 10))

    @property
    def partial(self) -> bool:
        """Whether the function answers which items failed, instead of failing as a whole."""
        return "ReportBatchItemFailures" in self.properties.get("FunctionResponseTypes", ())


class Template:
    """The resources of one stage, by logical id, with names resolved."""

    def __init__(
        self,
        document: dict[str, Any],
        stage: str,
        account: str,
        region: str = REGION,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._document = document
        self.resources: dict[str, dict[str, Any]] = document.get("Resources", {})
        self._parameters = {
            name: str(each["Default"])
            for name, each in document.get("Parameters", {}).items()
            if "Default" in each
        }
        self._parameters |= {parameter(name): value for name, value in (settings or {}).items()}
        self._parameters["Stage"] = stage
        self._pseudo: dict[str, str | None] = {
            "AWS::Region": region,
            "AWS::AccountId": account,
            "AWS::Partition": "aws",
            "AWS::StackName": f"ocpi-{stage}",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NoValue": None,
        }

    @classmethod
    def read(
        cls,
        stage: str,
        account: str,
        region: str = REGION,
        path: Path = RESOURCES,
        settings: Mapping[str, str] | None = None,
    ) -> Template:
        return cls(json.loads(path.read_text()), stage, account, region, settings)

    def of_type(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """(logical id, resource) of one type, without those whose condition does not hold."""
        for logical, resource in self.resources.items():
            if resource.get("Type") == kind and self.holds(resource.get("Condition")):
                yield logical, resource

    def holds(self, condition: str | None) -> bool:
        if condition is None:
            return True
        return bool(self.resolve(self._document.get("Conditions", {})[condition], _no_resource))

    def resolve(self, value: Any, attributes: Callable[[str], Attributes]) -> Any:
        """The value without intrinsics; `attributes` answers for other resources. Raises Unresolvable."""
        if isinstance(value, list):
            return [self.resolve(each, attributes) for each in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref" or name.startswith("Fn::") or name == "Condition":
                return self._intrinsic(name, argument, attributes)
        resolved = {name: self.resolve(each, attributes) for name, each in value.items()}
        return {name: each for name, each in resolved.items() if each is not None}

    def _intrinsic(self, name: str, argument: Any, attributes: Callable[[str], Attributes]) -> Any:
        match name:
            case "Ref":
                return self._named(argument, attributes)
            case "Fn::GetAtt":
                logical, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
                return _attribute(logical, attribute, attributes)
            case "Fn::Sub":
                text, own = argument if isinstance(argument, list) else (argument, {})
                known = self.resolve(own, attributes)
                return re.sub(
                    r"\$\{(!?)([^}]+)\}",
                    lambda hit: (
                        f"${{{hit[2]}}}"
                        if hit[1]
                        else str(known[hit[2]] if hit[2] in known else self._named(hit[2], attributes))
                    ),
                    text,
                )
            case "Fn::Join":
                return argument[0].join(str(each) for each in self.resolve(argument[1], attributes))
            case "Fn::Select":
                return self.resolve(argument[1], attributes)[int(argument[0])]
            case "Fn::If":
                return self.resolve(argument[1 if self.holds(argument[0]) else 2], attributes)
            case "Fn::Equals":
                left, right = self.resolve(argument, attributes)
                return left == right
            case "Fn::Not":
                return not self.resolve(argument, attributes)[0]
            case "Fn::And":
                return all(self.resolve(argument, attributes))
            case "Fn::Or":
                return any(self.resolve(argument, attributes))
            case "Condition":
                return self.holds(argument)
        raise Unresolvable(name)

    def _named(self, name: str, attributes: Callable[[str], Attributes]) -> Any:
        if name in self._parameters:
            return self._parameters[name]
        if name in self._pseudo:
            return self._pseudo[name]
        logical, _, attribute = name.partition(".")
        return _attribute(logical, attribute or "Ref", attributes)

    def sources(self) -> list[Source]:
        """What feeds each function. Raises Unresolvable for a source nobody makes."""
        return [
            self._source(function.name, each)
            for function in FUNCTIONS
            for each in self._properties(function.logical_id).get("Events", {}).values()
        ]

    def _properties(self, logical: str) -> dict[str, Any]:
        found: dict[str, Any] = self.resources.get(logical, {}).get("Properties", {})
        return found

    def _source(self, function: str, event: dict[str, Any]) -> Source:
        properties = dict(event.get("Properties", {}))
        target = properties.pop({"SQS": "Queue", "DynamoDB": "Stream"}.get(event["Type"], ""), None)
        name = ""
        if target is not None:
            text = self.resolve(target, self._by_name)
            name = text.rsplit(":", 1)[-1].removeprefix("table/").partition("/")[0]
        failures = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
        return Source(function, event["Type"], name, properties, self.resolve(failures, self._by_name))

    def _by_name(self, logical: str) -> Attributes:
        """Enough of a resource to say which one is meant, without making it."""
        resource = self.resources.get(logical)
        if resource is None:
            raise Unresolvable(logical)
        properties = resource.get("Properties", {})
        name = properties.get("QueueName") or properties.get("TableName") or properties.get("Name")
        text = self.resolve(name, self._by_name)
        return {"Ref": text, "Arn": text, "StreamArn": f"table/{text}/stream"}


def _attribute(logical: str, attribute: str, attributes: Callable[[str], Attributes]) -> str:
    try:
        return attributes(logical)[attribute]
    except KeyError:
        raise Unresolvable(f"{logical}.{attribute}") from None


def _no_resource(logical: str) -> Attributes:
    raise Unresolvable(logical)
