"""Row I17: what botocore is not told of its services changes nothing that is sent, nor where it is sent."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from botocore.args import ClientArgsCreator
from botocore.awsrequest import AWSResponse
from botocore.model import StructureShape
from moto.core.models import botocore_stubber

from chalicelib.aws.clients import Clients
from chalicelib.aws.descriptions import HOSTS, create_client
from chalicelib.aws.parser import PLAIN

# One region of each partition, and one that botocore does not know yet.
REGIONS = ("eu-central-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1", "eu-west-9")
VALUE = {"S": "x", "N": "1.50", "SS": ["a", "b"], "NS": ["1"], "BOOL": True, "NULL": True}
# For a member of that type, something that DynamoDB is sent.
SAMPLES: dict[str, Any] = {"string": "für", "integer": 3, "long": 3, "boolean": True}


@pytest.fixture(autouse=True)
def without_moto(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests of this process mocked answers no call here."""
    monkeypatch.setattr(botocore_stubber, "enabled", False)


def clients(function: str = "") -> Clients:
    environ = {"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    return Clients(environ | ({"AWS_LAMBDA_FUNCTION_NAME": function} if function else {}))


def sample(shape: Any) -> Any:
    """A request of that shape, with every kind of attribute value that we store."""
    if shape.name == "AttributeValue":
        return {**VALUE, "M": {"k": VALUE}, "L": [VALUE, {"M": {}}]}
    if shape.type_name == "structure":
        return {name: sample(member) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [sample(shape.member), sample(shape.member)]
    if shape.type_name == "map":
        return {"k": sample(shape.value), "l": sample(shape.value)}
    return SAMPLES[shape.type_name]


def sent(client: Any, call: Any) -> tuple[str, str, bytes]:
    """Where a call of this client goes, by whose key, and what it says."""
    requests: list[Any] = []

    def answered(request: Any, **_: Any) -> Any:
        requests.append(request)
        raw = type("Raw", (), {"stream": lambda self, **_: iter([b"{}"])})()
        return AWSResponse(request.url, 200, {}, raw)

    client.meta.events.register("before-send", answered)
    call(client)
    client.meta.events.unregister("before-send", answered)
    (request,) = requests
    authorization = request.headers["Authorization"].decode()
    return request.url, authorization.partition(", Signature=")[0], request.body


def ask(service: str) -> Any:
    return {
        "dynamodb": lambda client: client.get_item(TableName="t", Key={"id": {"S": "x"}}),
        "events": lambda client: client.put_events(Entries=[{"Source": "s"}]),
    }[service]


def both(session: Any, service: str, region: str) -> list[Any]:
    """What the same call comes to without botocore's rules, and with them."""
    keys = {"region_name": region, "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    made = create_client(session, service, checked=False, **keys), session.create_client(service, **keys)
    return [sent(client, ask(service)) for client in made]


def test_every_operation_is_sent_as_botocore_sends_it() -> None:
    checked, deployed = clients().dynamodb, clients(function="ocpi-api").dynamodb
    assert deployed.meta.service_model.shape_for("Key").is_document_type, "not walked through"
    for name in sorted(each.removesuffix("Output") for each in PLAIN):
        requests = []
        for client in (checked, deployed):
            model = client.meta.service_model.operation_model(name)
            full = checked.meta.service_model.operation_model(name).input_shape
            requests.append(client._serializer.serialize_to_request(sample(full), model))
        assert requests[0] == requests[1], name
        assert b'"BOOL": true' in requests[0]["body"], "attribute values were among it"


@pytest.mark.parametrize("service", sorted(HOSTS))
def test_calls_go_where_botocores_rules_send_them(service: str) -> None:
    session = botocore.session.Session()
    for region in REGIONS:
        ours, theirs = both(session, service, region)
        assert ours == theirs, region


@pytest.mark.parametrize("name", ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
def test_special_hosts_are_found_by_botocores_rules(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "true")
    session = botocore.session.Session()
    for region in ("eu-central-1", "us-gov-west-1", "us-iso-east-1"):
        ours, theirs = both(session, "dynamodb", region)
        assert ours == theirs, region


def test_an_endpoint_of_ones_own_is_kept() -> None:
    environ = {"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": "http://localhost:8000"}
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    assert sent(Clients(environ | keys).dynamodb, ask("dynamodb"))[0] == "http://localhost:8000/"


def test_a_botocore_that_needs_its_rules_has_them(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    real = ClientArgsCreator._build_endpoint_resolver

    def needing(creator: Any, rules: Any, *rest: Any) -> Any:
        if rules is None:
            raise TypeError("no rules")
        return real(creator, rules, *rest)

    monkeypatch.setattr(ClientArgsCreator, "_build_endpoint_resolver", needing)
    url, _, _ = sent(clients().dynamodb, ask("dynamodb"))
    assert url == "https://dynamodb.eu-central-1.amazonaws.com/"
    assert "dynamodb is called by botocore's rules" in capsys.readouterr().out


def test_a_botocore_that_does_not_know_documents_walks_through_what_is_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(StructureShape, "is_document_type", False)
    _, _, body = sent(clients(function="ocpi-api").dynamodb, ask("dynamodb"))
    assert json.loads(body) == {"TableName": "t", "Key": {"id": {"S": "x"}}}
    assert "walked by botocore" in capsys.readouterr().out
