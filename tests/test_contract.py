"""What back ends are promised: schemas, the OpenAPI document and the client, made from what there is.

Contract: design section 5
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib.actions import dispatch
from chalicelib.store import webhook as signing
from clients import ocpi_backend
from clients.ocpi_backend import (
    ActionRefused,
    BackEnd,
    Event,
    Listener,
    NotVerified,
    Operator,
    Webhook,
    over_http,
    over_lambda,
    to_inbox,
)
from contract import generate
from contract.events import EVENTS
from localrun.platform import LocalPlatform, eventually

SECRET, OTHER = "whsec_plJ3nmyCDGBKInavdOK15jsl", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


@cache
def schemas() -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text()) for path in (generate.ROOT / "docs/schemas").iterdir()}


def test_the_files_are_those_that_are_made_of_actions_and_events_now() -> None:
    assert generate.stale() == [], "run python -m contract.generate"


def test_every_schema_is_one() -> None:
    assert len(schemas()) == 2 * len(dispatch.actions()) + len(EVENTS)
    for schema in schemas().values():
        Draft202012Validator.check_schema(schema)
        assert "$ref" not in json.dumps(schema), "each file stands alone"


def test_the_openapi_document_is_one() -> None:
    document = json.loads((generate.ROOT / "docs/openapi.json").read_text())
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert set(document["webhooks"]) == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_the_example_of_an_event_fits_its_schema(name: str) -> None:
    document = json.loads((generate.ROOT / "docs/openapi.json").read_text())
    content = document["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]
    validator = Draft202012Validator(schemas()[f"{name}.event"])
    assert list(validator.iter_errors(content["examples"]["one"]["value"])) == []


@pytest.mark.parametrize(
    ("request_", "fits"),
    [
        ({"action": "put", "module": "tokens", "object": {}}, True),
        ({"action": "put", "module": "tokens", "objekt": {}}, False),
        ({"action": "put", "object": {}}, False),
        ({"action": "get", "module": "tokens", "object": {}}, False),
    ],
)
def test_a_request_is_judged_by_its_schema(request_: dict[str, Any], fits: bool) -> None:
    assert Draft202012Validator(schemas()["put.request"]).is_valid(request_) is fits


def test_the_client_has_every_action_and_every_event() -> None:
    for name in dispatch.actions():
        assert hasattr(Operator, "list_" if name == "list" else name), name
    for name in EVENTS:
        assert hasattr(ocpi_backend, name)


# Webhooks, as a back end receives them.


def posted(
    secret: str = SECRET, at: float = 0, name: str = "PartnerRecovered"
) -> tuple[dict[str, str], bytes]:
    body = json.dumps(generate._told(name))
    timestamp = int(at or time.time())
    return {
        "Webhook-Id": "m1",
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": signing.signature([secret], "m1", timestamp, body),
    }, body.encode()


def test_the_client_takes_what_was_signed_with_any_of_its_secrets() -> None:
    event = Webhook(OTHER, SECRET).receive(*posted())
    assert (event.kind, event.detail["parties"]) == ("PartnerRecovered", ["DE/MSP"])
    assert event.event_id == event.detail["event_id"]


@pytest.mark.parametrize("off", [-301, 301])
def test_the_client_refuses_what_was_signed_at_another_time(off: int) -> None:
    with pytest.raises(NotVerified, match="too far from now"):
        Webhook(SECRET).receive(*posted(at=time.time() + off))


def test_the_client_refuses_what_somebody_else_signed_or_changed() -> None:
    headers, body = posted(OTHER)
    with pytest.raises(NotVerified):
        Webhook(SECRET).receive(headers, body)
    headers, body = posted()
    with pytest.raises(NotVerified):
        Webhook(SECRET).receive(headers, body.replace(b"DE/MSP", b"DE/MSQ"))
    with pytest.raises(NotVerified):
        Webhook(SECRET).receive({**headers, "Webhook-Id": "m2"}, body)
    with pytest.raises(NotVerified, match="no header"):
        Webhook(SECRET).receive({}, body)
    with pytest.raises(NotVerified):
        Webhook().receive(headers, body)


# Both together: a back end that has nothing but HTTP.


class Ours(BackEnd):
    """Answers commands, once each, and notes what else it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.objects: list[Any] = []
        self.lock = threading.Lock()

    def hear(self, event: Event) -> None:
        with self.lock:
            self.heard.append(event.kind)
        super().hear(event)

    def object_changed(self, detail: ocpi_backend.ObjectChanged, event: Event) -> None:
        self.objects.append(detail.get("object"))


@pytest.fixture(scope="module")
def connected() -> Iterator[tuple[LocalPlatform, Operator, Ours]]:
    back_end, webhook = Ours(), Webhook()
    listener = Listener(webhook, back_end.hear)
    url = f"http://127.0.0.1:{listener.port}/"
    with listener, LocalPlatform({"OCPI_BACKEND_URL": url}) as platform:
        operator = Operator(over_http(platform.base_url))
        secret = operator.webhook_secret()["secret"]
        assert secret
        webhook.secrets.append(secret)
        yield platform, operator, back_end


def test_a_back_end_that_speaks_only_http_asks_and_hears(connected: Any) -> None:
    platform, operator, back_end = connected
    platform.wiring.backend.emit("PartnerRecovered", {"partner": "p", "name": "n", "parties": []})
    eventually(lambda: "PartnerRecovered" in back_end.heard)
    assert operator.webhook()["state"] == "ACTIVE"


def test_numbers_stay_exact_and_refusals_say_where(connected: Any) -> None:
    _, operator, _ = connected
    tariff = json.loads(
        (Path(__file__).parent / "examples/2.3.0/tariff.json").read_text(), parse_float=Decimal
    )
    tariff |= {"country_code": "NL", "party_id": "EXA", "id": "T1"}
    tariff["elements"][0]["price_components"][0]["price"] = Decimal("0.2501")
    assert operator.put(module="tariffs", object=tariff)["stored"] == 1
    found = operator.get(module="tariffs", id="T1")["object"]
    assert found["elements"][0]["price_components"][0]["price"] == Decimal("0.2501")
    with pytest.raises(ActionRefused) as refused:
        operator.put(module="tariffs", object={**tariff, "currency": 5})
    assert refused.value.pointer == "/currency"


def test_the_client_works_through_boto3(connected: Any) -> None:
    import boto3

    platform, operator, _ = connected
    keys = {"region_name": "eu-central-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    client = boto3.client("lambda", endpoint_url=platform.base_url, **keys)
    stage = platform.wiring.settings.stage
    assert Operator(over_lambda(stage, client)).partners() == operator.partners()
    token = json.loads((Path(__file__).parent / "examples/2.3.0/token.json").read_text())
    token |= {"country_code": "NL", "party_id": "EXM", "uid": "INBOX1"}
    put = {"action": "put", "module": "tokens", "object": token}
    to_inbox(stage, platform.wiring.clients.sqs)([put])
    eventually(lambda: [each["uid"] for each in operator.list_(module="tokens")["objects"]] == ["INBOX1"])
