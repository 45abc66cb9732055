"""What stands in for AWS: moto in this process, ministack beside it, or an endpoint that is there already.

`python -m localrun.emulator` (`make emulator`) starts just this.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from chalicelib.aws.clients import Clients
from localrun import REGION, ROOT, large
from localrun.changes import Changes, is_write
from localrun.lighter_moto import lighten
from localrun.signals import Ended

MINISTACK = "ministack==1.5.33"
TOOLS = ROOT / ".tools" / "ministack"
# Seconds between two looks at a queue or stream that nobody tells us of.
PAUSE = 0.02
# A name in an expression that is neither an alias nor a function, and the words of expressions themselves.
_NAME = re.compile(r"(?<![:#\w])[A-Za-z_]\w*+(?!\s*\()")
_SYNTAX = frozenset({"ADD", "AND", "BETWEEN", "DELETE", "IN", "NOT", "OR", "REMOVE", "SET"})


class Emulator:
    """An endpoint that is there already: never started or ended, and nobody can look inside."""

    changes: Changes | None = None
    """Grows with every write; None where nobody tells us, and one has to ask."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def start(self) -> None:
        """Begin serving `endpoint`."""

    def stop(self) -> None:
        """End what `start` began."""

    def idle(self, queue: str) -> bool:
        """Whether asking this queue for messages is known to be in vain; spares needless polls."""
        return False

    def soonest(self, queue: str, most: float) -> float:
        """Seconds until a message that the queue hides can be taken, `most` where there is none."""
        return min(PAUSE, most)

    def quiet(self, stream_arn: str, reached: str) -> bool:
        """Whether this stream is known to end with the record `reached` ("": none); spares needless polls."""
        return False

    @property
    def poll_seconds(self) -> int:
        """How long a poll for messages should wait at the endpoint."""
        return 1

    def environ(self, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """What AWS clients need to reach this endpoint; credentials are made up only where there are none."""
        given = os.environ if inherited is None else inherited
        region = given.get("AWS_REGION") or given.get("AWS_DEFAULT_REGION") or REGION
        found = {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}
        if not (given.get("AWS_ACCESS_KEY_ID") or given.get("AWS_PROFILE")):
            found |= {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            if given.get(name):
                found[name] = given[name]
        return found


class Moto(Emulator):
    """moto's server in this process, on loopback.

    DynamoDB calls are taken one at a time, because moto's are not atomic
    under threads. All Moto objects of a process share one AWS account, so
    platforms that live together need different stages. What a call costs does not
    grow with the tables (`large`).
    """

    _lock = threading.Lock()  # of the one account

    def __init__(self, port: int = 0) -> None:
        super().__init__("")
        self._changes = self.changes = Changes()
        self._port = port
        self._server: Any = None
        self._large = contextlib.ExitStack()

    def start(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import WSGIRequestHandler, make_server

        lighten()
        self._large.enter_context(large.tables())

        class Handler(WSGIRequestHandler):
            protocol_version = "HTTP/1.1"  # keeps connections open
            disable_nagle_algorithm = True
            wbufsize = 65536

            def log(self, type: str, message: str, *args: Any) -> None:
                """Requests to the emulator are nobody's news."""

        dispatcher = DomainDispatcherApplication(create_backend_app)
        # moto lists the folder of its services for each request to find one by its host.
        dispatcher.get_backend_for_host = cache(dispatcher.get_backend_for_host)  # type: ignore[method-assign]
        application = _noted(_serialised(dispatcher, self._lock), self._changes)
        self._server = make_server(
            "127.0.0.1", self._port, application, threaded=True, request_handler=Handler
        )
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.endpoint = f"http://127.0.0.1:{self._server.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="moto", daemon=True).start()

    def still(self) -> threading.Lock:
        """To be held while nothing of DynamoDB may change."""
        return self._lock

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self._large.close()

    def idle(self, queue: str) -> bool:
        from moto.core.models import DEFAULT_ACCOUNT_ID
        from moto.sqs.models import sqs_backends

        for backend in list(sqs_backends[DEFAULT_ACCOUNT_ID].values()):
            if queue in backend.queues:
                return not any(
                    each.visible and not each.delayed for each in list(backend.queues[queue]._messages)
                )
        return False

    def soonest(self, queue: str, most: float) -> float:
        from moto.core.models import DEFAULT_ACCOUNT_ID
        from moto.sqs.models import sqs_backends

        now = time.time() * 1000
        for backend in list(sqs_backends[DEFAULT_ACCOUNT_ID].values()):
            if queue in backend.queues:
                hidden = [
                    max(each.visible_at or 0, each.delayed_until or 0)
                    for each in list(backend.queues[queue]._messages)
                ]
                # A little late rather than too early, which would be a look in vain.
                return min([most, *(max(0.0, (each - now) / 1000) + 0.005 for each in hidden)])
        return most

    def quiet(self, stream_arn: str, reached: str) -> bool:
        from moto.core.models import DEFAULT_ACCOUNT_ID
        from moto.dynamodb.models import dynamodb_backends

        backend = dynamodb_backends[DEFAULT_ACCOUNT_ID][stream_arn.split(":")[3]]
        table = backend.tables.get(stream_arn.split("/")[1])
        records = table.stream_shard.items if table and table.stream_shard else []
        return not records or records[-1].record["dynamodb"]["SequenceNumber"] == reached

    @property
    def poll_seconds(self) -> int:
        return 0


class Ministack(Emulator):
    """ministack in a process of its own, installed into its own environment on first use."""

    def __init__(self, port: int = 0) -> None:
        super().__init__("")
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, str(ROOT / "localrun" / "leash.py"), str(install_ministack())]
        port = self._port or _free_port()
        self._process = subprocess.Popen(
            command,
            env=os.environ
            | {
                "BIND_HOST": "127.0.0.1",
                "GATEWAY_PORT": str(port),
                "SFTP_ENABLED": "0",
                "IOT_MTLS_ENABLED": "0",
                "LOG_LEVEL": "ERROR",
            },
            stdin=subprocess.PIPE,
            start_new_session=True,  # our Ctrl-C is not its; `stop` ends it after everything else
        )
        self.endpoint = f"http://127.0.0.1:{port}"
        _wait_until_it_answers(self.endpoint, self._process)

    def stop(self) -> None:
        if self._process is not None:
            self._process.communicate()  # closes its input, which is its leash
            self._process = None


def choose(name: str, port: int = 0) -> Emulator:
    """The emulator of this name ("moto" or "ministack") or, for a URL, what is there."""
    if name.startswith(("http://", "https://")):
        return Emulator(name.rstrip("/"))
    if name == "moto":
        return Moto(port)
    if name == "ministack":
        return Ministack(port)
    raise ValueError(f"EMULATOR: {name!r} is neither moto nor ministack")


def install_ministack() -> Any:
    """The ministack program, installed into .tools/ when it is missing; later uses need no network."""
    program = TOOLS / "bin" / "ministack"
    if not program.exists():
        print(f"installing {MINISTACK} into {TOOLS.relative_to(ROOT)} (first use only)", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(TOOLS)], check=True)
        subprocess.run([str(TOOLS / "bin" / "pip"), "install", "--quiet", MINISTACK], check=True)
    return program


def mocked_clients(environ: Mapping[str, str]) -> Any:
    """Clients for moto's `mock_aws`, which knows streams at their plain address only."""
    import botocore.session

    region = environ["AWS_REGION"]
    streams = botocore.session.Session().create_client(
        "dynamodbstreams",
        region_name=region,
        endpoint_url=f"https://streams.dynamodb.{region}.amazonaws.com",
    )
    clients = Clients(environ, dynamodbstreams=streams)
    clients.dynamodb.meta.events.register("provide-client-params.dynamodb", refuse_reserved)
    return clients


def refuse_reserved(params: Any, **_: Any) -> None:
    """Fail for an attribute that is named by a word of DynamoDB itself, as AWS does; moto does not."""
    if isinstance(params, list):
        for each in params:
            refuse_reserved(each)
    if not isinstance(params, dict):
        return
    for name, value in params.items():
        if not name.endswith("Expression") or not isinstance(value, str):
            refuse_reserved(value)
        elif wrong := sorted({each.upper() for each in _NAME.findall(value)} & _reserved() - _SYNTAX):
            raise ValueError(f"{name} {value!r}: reserved keyword {', '.join(wrong)}")


@cache
def _reserved() -> frozenset[str]:
    from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

    return frozenset(ReservedKeywords.get_reserved_keywords())


def _noted(application: Callable[..., Iterable[bytes]], changes: Changes) -> Callable[..., Iterable[bytes]]:
    """The WSGI application, telling of every write once it is done."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = application(environ, start_response)
        if is_write(environ.get("HTTP_X_AMZ_TARGET", "")):
            changes.note()
        return answer

    return serve


def _serialised(
    application: Callable[..., Iterable[bytes]], lock: threading.Lock
) -> Callable[..., Iterable[bytes]]:
    """The WSGI application with its DynamoDB calls, streams included, one at a time."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB"):
            return application(environ, start_response)
        with lock:
            _forget_iterators()
            return [b"".join(application(environ, start_response))]

    return serve


def _forget_iterators(kept: int = 500) -> None:
    """Drop old stream iterators: moto keeps every one ever handed out."""
    models = sys.modules.get("moto.dynamodbstreams.models")
    # Another thread may be just importing it.
    backends = getattr(models, "dynamodbstreams_backends", None)
    if backends is None:
        return
    for account in backends.values():
        for backend in account.values():
            if len(backend.shard_iterators) > 2 * kept:
                for old in list(backend.shard_iterators)[:-kept]:
                    del backend.shard_iterators[old]


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(endpoint: str, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the emulator ended with code {process.returncode}")
        try:
            with urllib.request.urlopen(endpoint, timeout=1):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"the emulator did not answer at {endpoint} within {seconds:.0f} s")


def main() -> None:
    """Serve until Ctrl-C or SIGTERM: `EMULATOR=moto|ministack PORT=5001 python -m localrun.emulator`."""
    ended = Ended()
    emulator = choose(os.environ.get("EMULATOR") or "moto", int(os.environ.get("PORT") or 5001))
    emulator.start()
    print(f"AWS_ENDPOINT_URL={emulator.endpoint}", flush=True)
    try:
        ended.wait()
    finally:
        emulator.stop()


if __name__ == "__main__":
    main()
    os._exit(0)  # all is ended; the interpreter would tidy idle threads for seconds
