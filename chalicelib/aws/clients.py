"""AWS clients, one per service, made on first use."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Any


class Clients:
    """AWS clients, one per service, made on first use.

    botocore's sessions rather than boto3's: the same calls, about 60 ms less
    import in a cold start.
    """

    def __init__(self, environ: Mapping[str, str], **made: Any) -> None:
        self._environ = environ
        self._made: dict[str, Any] = dict(made)
        self._lock = threading.Lock()

    def __getattr__(self, service: str) -> Any:
        if service.startswith("__"):
            raise AttributeError(service)
        if (made := self._made.get(service)) is not None:
            return made
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def _make(self, service: str) -> Any:
        from botocore.config import Config

        from chalicelib.aws.descriptions import create_client

        name = {"awslambda": "lambda"}.get(service, service)
        # A third of what a PUT costs. The tests and `make run` check each call; what is sent is the same.
        checked = "AWS_LAMBDA_FUNCTION_NAME" not in self._environ
        config = Config(
            user_agent="ocpi",
            # All attempts together end before a request does (29 s), so that a service that hangs is told of.
            connect_timeout=2,
            read_timeout=8,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=32,
            parameter_validation=checked,
        )
        if service == "awslambda":  # the back end is asked a decision once, and not waited for long
            config = config.merge(Config(read_timeout=10, retries={"total_max_attempts": 1}))
        environ = self._environ
        return create_client(
            self._session,
            name,
            checked=checked,
            region_name=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "eu-central-1",
            endpoint_url=environ.get("AWS_ENDPOINT_URL") or None,
            aws_access_key_id=environ.get("AWS_ACCESS_KEY_ID") or None,
            aws_secret_access_key=environ.get("AWS_SECRET_ACCESS_KEY") or None,
            aws_session_token=environ.get("AWS_SESSION_TOKEN") or None,
            config=config,
        )

    @cached_property
    def _session(self) -> Any:
        import botocore.session

        from chalicelib.aws import parser, signer

        session = botocore.session.Session()
        parser.install(session)
        signer.install()
        return session
