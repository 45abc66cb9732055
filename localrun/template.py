"""Reads the resources file that is deployed, and resolves the few intrinsics it uses.

Also says which function hears which queue, stream or schedule: Chalice's own
event sources with the file's overrides merged in, as `chalice package` does,
so that one machine and AWS cannot drift.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localrun import REGION, ROOT

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
        self._parameters |= {_parameter(name): value for name, value in (settings or {}).items()}
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

    def sources(self, app: Any) -> list[Source]:
        """What feeds each function of this Chalice app. Raises Unresolvable for a source nobody makes."""
        found = []
        for function, events in _events(app).items():
            merged = _merge(events, self._overrides(function))
            for each in merged.values():
                found.append(self._source(function, each))
        return found

    def _overrides(self, function: str) -> dict[str, Any]:
        found: dict[str, Any] = (
            self.resources.get(_camel(function), {}).get("Properties", {}).get("Events", {})
        )
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


def _events(app: Any) -> dict[str, dict[str, Any]]:
    """Chalice's event sources in the form and under the names `chalice package` gives them."""
    found: dict[str, dict[str, Any]] = {}
    for each in app.event_sources:
        kind = type(each).__name__
        if kind == "SQSEventConfig":
            properties = {"Queue": each.queue_arn or each.queue, "BatchSize": each.batch_size}
            event = {f"{_camel(each.name)}SqsEventSource": {"Type": "SQS", "Properties": properties}}
        elif kind == "DynamoDBEventConfig":
            properties = {"Stream": each.stream_arn, "BatchSize": each.batch_size}
            event = {
                f"{_camel(each.name)}DynamodbEventSource": {"Type": "DynamoDB", "Properties": properties}
            }
        elif kind in ("ScheduledEventConfig", "CloudWatchEventConfig"):
            event = {f"{_camel(each.name)}Event": {"Type": "Schedule", "Properties": {}}}
        else:
            raise Unresolvable(f"{each.name}: {kind}")
        found.setdefault(each.name, {}).update(event)
    return found


def _parameter(setting: str) -> str:
    """The stack's parameter for a setting: `OCPI_BACKEND_URL` is `OcpiBackendUrl`."""
    return "".join(word.capitalize() for word in setting.split("_"))


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[-_]", name))


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Dictionaries merged in depth, everything else replaced: `chalice package --merge-template`."""
    merged = copy.deepcopy(base)
    for name, value in over.items():
        if isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = _merge(merged[name], value)
        else:
            merged[name] = copy.deepcopy(value)
    return merged
