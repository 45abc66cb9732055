"""The AWS clients as they are deployed: what they leave out, and that nothing that is sent changes by it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ParamValidationError

from chalicelib.aws.clients import Clients
from tests import samples

ENVIRON = {"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}


def test_the_deployed_functions_send_what_the_checked_calls_say(
    make_platform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Design section 11: parameters are checked here, call by call, and not in each request there."""
    made: list[tuple[str, str, dict[str, Any]]] = []
    real = BaseClient._make_api_call

    def noted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if client.meta.config.user_agent == "ocpi":
            service = client.meta.service_model.service_name
            made.append((service, operation, copy.deepcopy(parameters)))
        return real(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    hand = make_platform()
    stub = hand.register_partner()
    hand.operate("put", module="locations", objects=[samples.location(f"LOC{at}", 2) for at in range(3)])
    status = {"status": "CHARGING", "last_updated": samples.later(5)}
    hand.operate("patch", module="locations", id="LOC1", evse_uid="E1", changes=status)
    hand.drain()
    hand.operate("partner", partner=stub.id)

    checked, deployed = Clients(ENVIRON), Clients(ENVIRON | {"AWS_LAMBDA_FUNCTION_NAME": "ocpi-push"})
    kinds = {(service, operation) for service, operation, _ in made}
    assert {service for service, _ in kinds} >= {"dynamodb", "sqs", "kms"}
    assert len(kinds) > 8, kinds
    for service, operation, parameters in made:
        first, second = (
            _sent(getattr(clients, service), operation, parameters) for clients in (checked, deployed)
        )
        assert first == second, (service, operation)
    wrong = {"TableName": "x"}  # no Key
    with pytest.raises(ParamValidationError):
        _sent(checked.dynamodb, "GetItem", wrong)
    assert _sent(deployed.dynamodb, "GetItem", wrong), "sent unseen, for AWS to refuse"


def _sent(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
    """The request that a call becomes, before it is signed."""
    model = client.meta.service_model.operation_model(operation)
    return client._serializer.serialize_to_request(copy.deepcopy(parameters), model)
