"""The local HTTP front does what API Gateway and the Lambda Invoke API do, and keeps strangers out."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from chalice.app import Chalice, Response

from localrun.front import LARGEST_BODY, Front
from localrun.functions import Functions
from localrun.gateway import Routes, proxy_event

ANY = "x-amazon-apigateway-any-method"


def _stand_in() -> Chalice:
    """An app whose every route tells what it was given."""
    app = Chalice(app_name="stand-in")

    def tell(**variables: str) -> Response:
        request: Any = app.current_request
        time.sleep(float((request.query_params or {}).get("sleep", 0)))
        request = app.current_request
        told = {
            "method": request.method,
            "route": request.context["resourcePath"],
            "variables": variables,
            "query": request.to_dict()["query_params"],
            "body": (request.raw_body or b"").decode(),
            "headers": dict(request.headers),
            "context": request.context,
        }
        return Response(body=json.dumps(told), headers={"Content-Type": "application/json", "X-Told": "yes"})

    for path in ("/ocpi/versions", "/ocpi/{version}", "/ocpi/{version}/x/{p0}", "/", "/{proxy+}"):
        name = path.replace("/", "_").replace("{", "").replace("}", "").replace("+", "")
        methods = ["GET", "POST", "PUT", "PATCH"]
        app.route(path, methods=methods, name=name, content_types=["*/*"])(tell)
        app.route(path, methods=[ANY], name=f"{name}_any", content_types=["*/*"])(tell)

    @app.lambda_function(name="operator")
    def operator(event: Any, context: Any) -> Any:
        if event.get("action") == "fail":
            raise ValueError("as the test wants it")
        return {"ok": True, "data": event, "name": context.function_name}

    @app.on_sqs_message(queue="push", name="push")
    def push(event: Any) -> None:
        """No business of the Invoke API."""

    return app


class Server:
    def __init__(self) -> None:
        platform: Any = SimpleNamespace(settings=SimpleNamespace(prefix="ocpi-test"))
        functions = Functions(_stand_in(), ModuleType("workers"), platform)
        self.front = Front(functions, lambda after: [{"id": "1", "after": after}])
        self.port = self.front.start(0)
        self.url = f"http://127.0.0.1:{self.port}"

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **more: Any
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = self.connect()
        connection.request(method, path, body, headers or {}, **more)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response, text

    def told(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        return json.loads(self.ask(method, path, body, **more)[1])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.front.stop()


def test_a_literal_segment_wins_over_a_variable_and_that_over_the_rest(server: Server) -> None:
    assert server.told("GET", "/ocpi/versions")["route"] == "/ocpi/versions"
    assert server.told("GET", "/ocpi/2.2.1")["variables"] == {"version": "2.2.1"}
    assert server.told("GET", "/ocpi/a/b/c/d/e")["route"] == "/{proxy+}"
    assert server.told("POST", "/")["route"] == "/"  # GET is the start page of this machine


def test_path_variables_stay_percent_encoded_and_an_encoded_slash_is_no_separator(server: Server) -> None:
    """AMB-39: API Gateway decodes nothing; the app does, once."""
    for encoded in ("a%2Fb", "a%20b", "a+b", "%25", "NL%2AEXA"):
        told = server.told("GET", f"/ocpi/2.2.1/x/{encoded}")
        assert told["route"] == "/ocpi/{version}/x/{p0}"
        assert told["variables"]["p0"] == encoded


def test_a_trailing_slash_is_tolerated(server: Server) -> None:
    assert server.told("GET", "/ocpi/2.2.1/x/1/")["variables"]["p0"] == "1"


def test_the_query_arrives_decoded_and_with_all_its_values(server: Server) -> None:
    told = server.told("GET", "/ocpi/versions?a=1%202&a=3&b=")
    assert told["query"] == {"a": "3", "b": ""} or told["query"] == {"a": ["1 2", "3"], "b": [""]}


def test_the_event_has_what_api_gateway_puts_into_it() -> None:
    event = proxy_event(
        Routes(["/ocpi/{version}"]),
        "PUT",
        "/ocpi/2.2.1?a=1&a=2",
        [("Host", "example.com:8000"), ("X-A", "1"), ("X-A", "2")],
        "é".encode(),
        "192.0.2.7",
    )
    assert event is not None
    assert base64.b64decode(event["body"]) == "é".encode()
    assert event["isBase64Encoded"] is True
    assert event["multiValueHeaders"]["X-A"] == ["1", "2"]
    assert event["headers"]["X-A"] == "2"
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    context = event["requestContext"]
    assert context["identity"]["sourceIp"] == "192.0.2.7"
    assert context["resourcePath"] == "/ocpi/{version}"
    assert context["domainName"] == "example.com"
    assert context["requestId"] and context["stage"] and context["path"] == "/ocpi/2.2.1"


def test_the_callers_word_about_where_it_came_from_does_not_count(server: Server) -> None:
    told = server.told("GET", "/ocpi/versions", headers={"X-Forwarded-Proto": "https"})
    assert told["headers"]["x-forwarded-proto"] == "http"


def test_head_has_no_body_and_keeps_the_connection_in_step(server: Server) -> None:
    connection = server.connect()
    for _ in range(3):
        connection.request("HEAD", "/ocpi/versions")
        response = connection.getresponse()
        assert response.read() == b""
        assert int(response.headers["Content-Length"]) > 0
        connection.request("GET", "/ocpi/versions")
        assert json.loads(connection.getresponse().read())["method"] == "GET"


def test_chunked_uploads_arrive_whole(server: Server) -> None:
    parts = [b"one ", b"two ", b"three"]
    connection = server.connect()
    for _ in range(2):
        connection.request("POST", "/ocpi/versions", iter(parts), encode_chunked=True)
        assert json.loads(connection.getresponse().read())["body"] == "one two three"


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
        raw.sendall(
            b"PUT /ocpi/versions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 100 ")
        raw.sendall(b"{}")
        assert b"HTTP/1.1 200" in raw.recv(4000)


@pytest.mark.parametrize(
    "head",
    [f"Content-Length: {LARGEST_BODY + 1}", "Transfer-Encoding: chunked"],
)
def test_a_body_past_ten_megabytes_is_refused_in_an_envelope(server: Server, head: str) -> None:
    """What API Gateway would do, in the form a partner can read."""
    with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
        raw.sendall(f"PUT /ocpi/versions HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        if "chunked" in head:
            raw.sendall(b"A00001\r\n")
        text = b""
        while part := raw.recv(4000):
            text += part
    head_text, _, body = text.partition(b"\r\n\r\n")
    assert b" 413 " in head_text
    assert json.loads(body)["status_code"] == 2001
    assert b"X-Request-ID" in head_text


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_an_envelope_and_no_trace(server: Server, text: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
        raw.sendall(text)
        answer = raw.recv(65536)
    assert b"Traceback" not in answer
    assert b'"status_code":2' in answer


def test_many_threads_do_not_see_each_others_requests(server: Server) -> None:
    wrong: list[Any] = []

    def many(who: int) -> None:
        connection = server.connect()
        for at in range(15):
            connection.request("POST", f"/ocpi/2.2.1/x/{who}-{at}?sleep=0.002", f"{who}-{at}")
            told = json.loads(connection.getresponse().read())
            if (told["variables"]["p0"], told["body"]) != (f"{who}-{at}", f"{who}-{at}"):
                wrong.append(told)

    threads = [threading.Thread(target=many, args=(who,)) for who in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []


def test_a_method_without_a_route_reaches_the_app_as_api_gateways_any(server: Server) -> None:
    """AMB-40: the app answers it, API Gateway does not."""
    response, _ = server.ask("DELETE", "/ocpi/versions")
    assert response.status == 405
    response, _ = server.ask("OPTIONS", "/nowhere")
    assert response.status == 405


# The Lambda Invoke API.


def _client(server: Server) -> Any:
    return boto3.client(
        "lambda",
        endpoint_url=server.url,
        region_name="eu-central-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"max_attempts": 0}),
    )


@pytest.mark.parametrize(
    "name", ["operator", "ocpi-test-operator", "arn:aws:lambda:eu-central-1:1:function:ocpi-test-operator"]
)
def test_boto3_invokes_the_operator_function_by_any_of_its_names(server: Server, name: str) -> None:
    answer = _client(server).invoke(FunctionName=name, Payload=b'{"action": "help"}')
    told = json.loads(answer["Payload"].read())
    assert told == {"ok": True, "data": {"action": "help"}, "name": "ocpi-test-operator"}
    assert "FunctionError" not in answer


def test_a_function_that_raises_answers_as_lambda_does(server: Server) -> None:
    answer = _client(server).invoke(FunctionName="operator", Payload=b'{"action": "fail"}')
    assert answer["FunctionError"] == "Unhandled"
    error = json.loads(answer["Payload"].read())
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "as the test wants it")


def test_an_invocation_that_nobody_waits_for_is_accepted(server: Server) -> None:
    answer = _client(server).invoke(FunctionName="operator", InvocationType="Event", Payload=b"{}")
    assert answer["StatusCode"] == 202


@pytest.mark.parametrize("name", ["nobody", "push", "api_handler"])
def test_only_the_functions_meant_for_it_can_be_invoked(server: Server, name: str) -> None:
    client = _client(server)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName=name, Payload=b"{}")


def test_a_payload_that_is_no_json_is_refused(server: Server) -> None:
    client = _client(server)
    with pytest.raises(client.exceptions.InvalidRequestContentException):
        client.invoke(FunctionName="operator", Payload=b"{")


LOCAL = ["/local/events", "/local/console", "/2015-03-31/functions/operator/invocations"]


@pytest.mark.parametrize("path", LOCAL)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example.com"},
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_web_page_elsewhere_cannot_reach_the_operators_door(
    server: Server, path: str, headers: dict[str, str]
) -> None:
    """DNS rebinding and cross-site requests: these paths ask for no credentials."""
    method = "POST" if "functions" in path else "GET"
    response, text = server.ask(method, path, "{}" if method == "POST" else None, headers)
    assert response.status == 403
    assert b"ok" not in text


def test_events_are_listed_after_an_id(server: Server) -> None:
    assert server.told("GET", "/local/events?after=7") == [{"id": "1", "after": "7"}]


def test_a_platform_without_console_says_404(server: Server) -> None:
    assert server.ask("GET", "/local/console")[0].status == 404


def test_a_connection_that_was_taken_just_before_the_stop_is_hung_up_on() -> None:
    front = Server().front
    assert front._server is not None
    handler = front._server.RequestHandlerClass
    front.stop()
    with socket.create_server(("127.0.0.1", 0)) as door:
        ours = socket.create_connection(door.getsockname(), 5)
        theirs, address = door.accept()
    with ours, theirs:
        ours.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        handler(theirs, address, None)
        theirs.shutdown(socket.SHUT_WR)
        assert ours.recv(100) == b""
