"""What each function may do: one role each, actions and resources enumerated.

`GRANTS` is compared with the calls that the whole test suite makes
(`python -m deploy.recording`): what is missing fails, what is spare fails.
The permissions by which Lambda itself reads queues and streams, and writes
logs, follow from the event sources and are not listed by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.store import marks
from stack.functions import BY_NAME, FUNCTIONS, Function
from stack.storage import OBJECT_TABLES, queue_id, sub, table_id

# function -> resource -> actions. A resource is `table:locations`, `table:locations/index/feed`,
# `queue:push`, `bus`, `key`, `base_url` or `backend`.
Grants = dict[str, dict[str, str]]


def _each(resources: tuple[str, ...], actions: str, index: str = "") -> dict[str, str]:
    return {f"table:{each}" + (f"/index/{index}" if index else ""): actions for each in resources}


def _send(*queues: str) -> dict[str, str]:
    return {f"queue:{queue}": "GetQueueUrl SendMessage" for queue in queues}


def _count(*more: str) -> dict[str, str]:
    """Tell how much is announced and not yet taken up."""
    return {f"queue:{each}": " ".join(("GetQueueAttributes", "GetQueueUrl", *more)) for each in _PUSH_QUEUES}


_PUSH_QUEUES = ("push", "push-slow")
_COUNT_WEBHOOKS = {f"queue:{each}": "GetQueueAttributes GetQueueUrl" for each in ("webhook", "webhook-dead")}
# What rooms need, whichever function they work in. Only a Location has parts, which are read together,
# added below their head and deleted one by one; else only Tariffs are deleted.
_PUSHED = tuple(each for each in OBJECT_TABLES if each != "hubclientinfo")
_WHO_IS_AWAY = _each(("hubclientinfo",), "BatchGetItem")
_SEE_OBJECTS = (
    _each(_PUSHED, "BatchGetItem GetItem")
    | _each(OBJECT_TABLES, "Query", "changes")
    | _each(OBJECT_TABLES, "Query", "feed")
    | _each(("locations", "sessions", "cdrs"), "BatchGetItem GetItem Query")
    | _WHO_IS_AWAY
)
# A hub tells its partners who is there.
_TELL_WHO_IS_THERE = _each(("hubclientinfo",), "BatchGetItem GetItem PutItem UpdateItem")
_KEEP_OBJECTS = (
    _each(OBJECT_TABLES, "BatchGetItem GetItem PutItem UpdateItem")
    | _each(OBJECT_TABLES, "Query", "feed")
    | _each(("tariffs",), "BatchGetItem DeleteItem GetItem PutItem UpdateItem")
    | _each(("sessions",), "BatchGetItem DeleteItem GetItem PutItem Query UpdateItem")
    | _each(("cdrs",), "BatchGetItem GetItem PutItem Query UpdateItem")
    | _each(("locations",), "BatchGetItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem")
)
# What the operator lists over all parties is found by marks.
_SEARCH_OBJECTS = {
    f"table:{module}/index/{index}": "Query" for module, found in marks.INDEXES.items() for index in found
}
# What a version cannot say, and where a filtered crawl has still to come, are items of the table itself.
_FILTER_OBJECTS = (
    _each(OBJECT_TABLES, "Query", "changes")
    | _each(("tokens", "hubclientinfo"), "BatchGetItem GetItem PutItem Query UpdateItem")
    | _each(("tariffs",), "BatchGetItem DeleteItem GetItem PutItem Query UpdateItem")
)
_KNOW_PARTNERS = {"table:partners": "BatchGetItem GetItem"}
_CALL_PARTNERS = {"key": "Decrypt"}
_WATCH_PARTNERS = _CALL_PARTNERS | {"table:partners": "BatchGetItem GetItem UpdateItem"} | _send("push")
_SHAKE_HANDS = {
    "table:partners": "BatchGetItem DeleteItem GetItem PutItem UpdateItem",
    "key": "Decrypt Encrypt",
}
_TELL = {"bus": "PutEvents"}
# What was said in the work of a function is kept at its end.
_KEEP_MESSAGES = {"table:messages": "BatchWriteItem"}
# What quirks changed is counted; what is refused is kept, too.
_KEEP_AND_COUNT = {"table:messages": "BatchWriteItem UpdateItem"}
_KEEP_REFUSED = {"table:refusals": "BatchWriteItem"} | _KEEP_AND_COUNT
_DECIDE = {"backend": "InvokeFunction"}
_OWN_URL = {"base_url": "GetParameter"}

_AUDITS = {"table:audits": "BatchGetItem DeleteItem PutItem UpdateItem"} | {
    f"table:audits/index/{each}": "Query" for each in ("verdict", "ledger", "state")
}

_PUSH = (
    _SEE_OBJECTS
    | _TELL_WHO_IS_THERE
    | _WATCH_PARTNERS
    | _KEEP_AND_COUNT
    | _TELL
    | _send("push", "push-slow", "pull")
    | {
        "table:deliveries": "BatchWriteItem DeleteItem GetItem PutItem Query UpdateItem",
        "table:deliveries/index/state": "Query",
    }
)
_OPERATE = (
    _KEEP_OBJECTS
    | _FILTER_OBJECTS
    | _SEARCH_OBJECTS
    | _SHAKE_HANDS
    | _TELL
    | _OWN_URL
    | _send("pull", "results", "inbox")
    | _count("SendMessage")
    | _COUNT_WEBHOOKS
    | {
        "table:requests": "GetItem PutItem UpdateItem",
        "table:requests/index/recent": "Query",
        "table:routes": "Query",
        "table:deliveries": "DeleteItem GetItem PutItem Query",
        "table:deliveries/index/state": "Query",
        "table:messages": "BatchWriteItem GetItem Query UpdateItem",
        "table:refusals": "BatchWriteItem GetItem",
    }
    | _AUDITS
    | _each(("refusals",), "Query", "partner")
    | _each(("refusals",), "Query", "module")
    | _each(("messages",), "Query", "partner")
    | _each(("messages",), "Query", "recent")
    | _each(("messages",), "Query", "object")
    | _each(("messages",), "Query", "correlation")
)

GRANTS: Grants = {
    "api_handler": _KEEP_OBJECTS
    | _FILTER_OBJECTS
    | _SHAKE_HANDS
    | _TELL
    | _DECIDE
    | _KEEP_MESSAGES
    | _KEEP_REFUSED
    | _send("push", "pull", "results")
    | {
        "table:requests": "GetItem PutItem UpdateItem",
        "table:deliveries": "DeleteItem PutItem",
        "table:routes": "PutItem",
    },
    "announce": _KNOW_PARTNERS
    | _TELL
    | _send("push", "push-slow", "audit", "announce-dead")
    | _each(("hubclientinfo", "tariffs", "tokens"), "GetItem UpdateItem")
    | _each(("tokens",), "Query", "feed")
    | _each(("cdrs", "sessions"), "GetItem Query UpdateItem"),
    "push": _PUSH,
    "push_slow": _PUSH,
    "pull": _KEEP_OBJECTS
    | _each(("locations", "tariffs", "tokens"), "Query", "changes")
    | _WATCH_PARTNERS
    | _KEEP_MESSAGES
    | _KEEP_REFUSED
    | _TELL
    | _send("push", "pull")
    | {"table:deliveries": "DeleteItem GetItem PutItem Query"},
    "results": _WATCH_PARTNERS
    | _KEEP_MESSAGES
    | _TELL
    | _send("push", "results")
    | {"table:requests": "GetItem UpdateItem", "table:deliveries": "DeleteItem PutItem"},
    "audit": _each(_PUSHED, "BatchGetItem GetItem")
    | _each(("tariffs", "sessions", "cdrs", "tokens"), "Query", "feed")
    | _each(("sessions", "cdrs"), "BatchGetItem GetItem Query")
    | _each(_PUSHED, "Query", "changes")
    | _each(("cdrs",), "Query", "session")
    | _KNOW_PARTNERS
    | _TELL
    | {name: actions for name, actions in _AUDITS.items() if not name.endswith("/verdict")}
    | _send("audit")
    | {"table:deliveries": "Query"},
    "inbox": _OPERATE,
    "webhook": {
        "table:partners": "GetItem PutItem",
        "key": "Decrypt Encrypt",
        "queue:webhook": "GetQueueUrl",
    }
    | _send("webhook-dead"),
    "sweep": _KNOW_PARTNERS
    | _WHO_IS_AWAY
    | _TELL
    | {"table:audits": "BatchGetItem PutItem"}
    | _send("push", "push-slow", "pull", "results", "audit", "inbox")
    | {f"queue:{each}-dead": "DeleteMessage GetQueueUrl ReceiveMessage" for each in ("push", "push-slow")}
    | {
        "table:deliveries": "DeleteItem GetItem PutItem Query UpdateItem",
        "table:deliveries/index/due": "Query",
        "table:deliveries/index/state": "Query",
        "table:requests": "GetItem PutItem",
        "table:requests/index/due": "Query",
    },
    "operator": _OPERATE,
    "widget": _KNOW_PARTNERS
    | _OWN_URL
    | _count()
    | _COUNT_WEBHOOKS
    | {"table:audits/index/verdict": "Query"}
    | {"table:requests/index/recent": "Query", "table:deliveries/index/state": "Query"},
}

_SERVICES = {"table": "dynamodb", "queue": "sqs", "bus": "events", "key": "kms"}


def policies() -> dict[str, dict[str, Any]]:
    """The policy document of each function, by file name."""
    return {
        function.policy_file: {
            "Version": "2012-10-17",
            "Statement": [*_own_log(function), *_sources(function), *_granted(function.name)],
        }
        for function in FUNCTIONS
    }


def _granted(name: str) -> Iterator[dict[str, Any]]:
    """Resources that are allowed the same actions share a statement."""
    by_actions: dict[tuple[str, ...], list[Any]] = {}
    for resource, actions in GRANTS[name].items():
        by_actions.setdefault(iam_actions(resource, actions), []).append(arn(resource))
    for allowed, arns in by_actions.items():
        statement = _allow(list(allowed), arns)
        if "lambda:InvokeFunction" in allowed:
            yield {"Fn::If": ["HasBackend", statement, {"Ref": "AWS::NoValue"}]}
        else:
            yield statement


def iam_actions(resource: str, actions: str) -> tuple[str, ...]:
    kind = resource.partition(":")[0]
    service = _SERVICES.get(kind) or {"base_url": "ssm", "backend": "lambda"}[kind]
    return tuple(f"{service}:{action}" for action in sorted(actions.split()))


def arn(resource: str) -> Any:
    """The ARN of a resource of the table above, as an intrinsic."""
    kind, _, name = resource.partition(":")
    if kind == "table":
        table, _, index = name.partition("/")
        return sub(f"${{{table_id(table)}.Arn}}" + (f"/{index}" if index else ""))
    if kind == "queue":
        return sub(f"${{{queue_id(name)}.Arn}}")
    return {
        "bus": sub("${Bus.Arn}"),
        "key": sub("${TokenKey.Arn}"),
        "base_url": sub(
            "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/ocpi/${Stage}/base_url"
        ),
        "backend": sub(
            "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${OcpiBackendFunction}"
        ),
    }[kind]


def _own_log(function: Function) -> Iterator[dict[str, Any]]:
    """A log stream has no name before it exists, hence the one wildcard, inside the function's own group."""
    group = f"/aws/lambda/{function.physical_name}"
    yield _allow(
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        [sub(f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{group}:*")],
    )


def _sources(function: Function) -> Iterator[dict[str, Any]]:
    if function.queue:
        yield _allow(
            [
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
            ],
            [arn(f"queue:{function.queue}")],
        )
    if function is BY_NAME["announce"]:
        yield _allow(
            ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
            [sub(f"${{{table_id(table)}.StreamArn}}") for table in OBJECT_TABLES],
        )
        # ListStreams takes no narrower resource than a table's streams.
        yield _allow(
            ["dynamodb:ListStreams"], [sub(f"${{{table_id(table)}.Arn}}/stream/*") for table in OBJECT_TABLES]
        )
        yield _allow(["sqs:SendMessage"], [sub("${AnnounceDeadQueue.Arn}")])


def _allow(actions: list[str], arns: list[Any]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": arns if len(arns) > 1 else arns[0]}
