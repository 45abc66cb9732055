"""botocore's descriptions of services, less what it would walk through in every call for nothing.

botocore decides anew for each call which host it goes to, by rules that mind accounts and the tables it
names; ours always go to the one host of a service in a region. Without those rules botocore has the host
from its list of regions, once for each client. And it walks through every attribute value that is sent, to
encode binary ones: we send none (`store.bodies`), so maps of attributes are described as documents, which it
sends as they are.

Both are told by data; no code of botocore is changed. It comes with the Lambda runtime in whatever version:
so that documents are sent as they are is tried first, and a client that finds no host without the rules is
made with them.
"""

from __future__ import annotations

import json
from typing import Any

from chalicelib import logs

# Of these, botocore finds the host without rules.
HOSTS = frozenset({"dynamodb", "events"})
# What requests carry attribute values in, keys and names of attributes included.
ATTRIBUTES = (
    "BatchGetRequestMap",
    "BatchWriteItemRequestMap",
    "ExpressionAttributeNameMap",
    "ExpressionAttributeValueMap",
    "Key",
    "PutItemInputAttributeMap",
    "TransactGetItemList",
    "TransactWriteItemList",
)
_RULES = "endpoint-rule-set-1"
_DOCUMENT = {"type": "structure", "members": {}, "document": True}
# What is sent both ways before documents are trusted.
_SENT = {"Item": {"a": {"S": "x"}, "b": {"M": {"c": {"NULL": True}, "d": {"L": [{"N": "1.50"}]}}}}}
_MODEL = {
    "metadata": {"protocol": "json", "jsonVersion": "1.0", "targetPrefix": "T"},
    "operations": {"Put": {"name": "Put", "http": {"method": "POST"}, "input": {"shape": "PutInput"}}},
    "shapes": {
        "PutInput": {"type": "structure", "members": {"Item": {"shape": "PutItemInputAttributeMap"}}},
        "PutItemInputAttributeMap": _DOCUMENT,
    },
}


class Descriptions:
    """botocore's loader of descriptions, with those of DynamoDB and EventBridge made shorter."""

    def __init__(self, stock: Any, *, routed: bool, checked: bool) -> None:
        self._stock = stock
        self._routed = routed
        self._documents = not checked and _are_sent_as_they_are()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stock, name)

    def load_service_model(self, service: str, kind: str, api_version: str | None = None) -> Any:
        """A description; raises UnknownServiceError for rules of hosts that we leave out."""
        if kind == _RULES and service in HOSTS and not self._routed:
            from botocore.exceptions import UnknownServiceError

            raise UnknownServiceError(service_name=service, known_service_names="those with rules")
        found = self._stock.load_service_model(service, kind, api_version)
        if self._documents and service == "dynamodb" and kind == "service-2":
            found = {**found, "shapes": found["shapes"] | dict.fromkeys(ATTRIBUTES, _DOCUMENT)}
        return found


def create_client(session: Any, service: str, *, checked: bool, **settings: Any) -> Any:
    """A client of this service; `checked` where botocore checks what is sent, so has to know it whole."""
    # Hosts for FIPS and IPv6 are not the same in every region without the rules.
    special = any(map(session.get_config_variable, ("use_fips_endpoint", "use_dualstack_endpoint")))
    if service in HOSTS and not special:
        try:
            client = _made(session, service, settings, routed=False, checked=checked)
            if client.meta.endpoint_url:
                return client
        except Exception as problem:
            logs.log("WARNING", f"{service} is called by botocore's rules", reason=str(problem)[:300])
    return _made(session, service, settings, routed=True, checked=checked)


def _made(session: Any, service: str, settings: dict[str, Any], *, routed: bool, checked: bool) -> Any:
    stock = session.get_component("data_loader")
    session.register_component("data_loader", Descriptions(stock, routed=routed, checked=checked))
    try:
        return session.create_client(service, **settings)
    finally:
        session.register_component("data_loader", stock)


def _are_sent_as_they_are() -> bool:
    """Whether this botocore sends a document as it is."""
    from botocore.model import ServiceModel
    from botocore.serialize import create_serializer

    try:
        operation = ServiceModel(_MODEL, "dynamodb").operation_model("Put")
        sent = create_serializer("json", include_validation=False).serialize_to_request(_SENT, operation)
        return bool(sent["body"] == json.dumps(_SENT).encode())
    except Exception as problem:
        logs.log("WARNING", "DynamoDB's requests are walked by botocore", reason=str(problem)[:300])
        return False
