"""Starts ministack for the rehearsal, closer to AWS in three places.

Resource types it does not know are accepted and left undone. A key that a
request names by its alias is judged as the key, and sending a batch to a queue
as sending, as AWS does it.

Run by the rehearsal's own environment, where the rest of the project is not installed.
"""

from __future__ import annotations

from typing import Any

from ministack import app
from ministack.core import iam_actions
from ministack.services import kms
from ministack.services.cloudformation import provisioners

# Nothing depends on these; their form is checked by cfn-lint only.
ACCEPTED = ("AWS::Logs::QueryDefinition", "AWS::EventSchemas::Schema")


Properties = dict[str, Any]


def _create(logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
    return f"{stack}-{logical_id}", {}


def _update(physical_id: str, old: Properties, new: Properties, stack: str) -> tuple[str, Properties]:
    return physical_id, {}


def _delete(physical_id: str, properties: Properties) -> None:
    return None


_action = iam_actions.extract_iam_action
_resource_arn = iam_actions.extract_resource_arn


def _key_not_alias(service: str, *arguments: Any, **more: Any) -> str:
    found: str = _resource_arn(service, *arguments, **more)
    if service == "kms" and ":alias/" in found:
        key = kms._resolve_key(found)
        return str(key["Arn"]) if key else found
    return found


def _sending(service: str, *arguments: Any, **more: Any) -> str | None:
    found: str | None = _action(service, *arguments, **more)
    return found.removesuffix("Batch") if found and service == "sqs" else found


if __name__ == "__main__":
    for kind in ACCEPTED:
        provisioners._RESOURCE_HANDLERS[kind] = {"create": _create, "update": _update, "delete": _delete}
    iam_actions.extract_resource_arn = _key_not_alias
    iam_actions.extract_iam_action = _sending
    app.main()
