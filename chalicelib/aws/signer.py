"""Signatures without what botocore's signer makes twice of each request.

It asks twice which headers are signed, and prepares a whole request once more for nothing but its body, which
is there already: a tenth of what a call costs. What is signed and how is botocore's alone.

botocore comes with the Lambda runtime in whatever version, so this proves itself at start: one request is
signed both ways. Where they differ, or a name that this needs is gone, botocore's own signer stays.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from chalicelib import logs


def install() -> bool:
    """Sign the requests of all clients so; False where botocore's own way stays."""
    try:
        from botocore import auth

        if not hasattr(auth.AUTH_TYPE_MAPS["v4"], "is_ours"):
            auth.AUTH_TYPE_MAPS["v4"] = proven(auth.AUTH_TYPE_MAPS["v4"])
    except Exception as problem:
        logs.log("WARNING", "requests are signed by botocore", reason=str(problem)[:300])
        return False
    return True


def proven(stock: Any) -> Any:
    """The signer, made of botocore's. Raises where it would sign otherwise."""

    class Signer(stock):  # type: ignore[misc]
        is_ours = True

        def add_auth(self, request: Any) -> None:
            self._signed: Any = None
            super().add_auth(request)

        def headers_to_sign(self, request: Any) -> Any:
            if self._signed is None:
                self._signed = super().headers_to_sign(request)
            return self._signed

        def payload(self, request: Any) -> Any:
            said, body = request.context, request.data
            is_plain = not said.get("checksum") and said.get("payload_signing_enabled", True)
            if is_plain and body and type(body) is bytes:
                return sha256(body).hexdigest()
            return super().payload(request)

    _prove(Signer, stock)
    return Signer


def _prove(signer: Any, stock: Any) -> None:
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    who = Credentials("access", "secret", "token"), "dynamodb", "eu-central-1"
    headers = {"X-Amz-Target": "T.Put", "Content-Type": "application/x-amz-json-1.0", "User-Agent": "ocpi"}
    request = AWSRequest("POST", "https://dynamodb.eu-central-1.amazonaws.com/", headers, b'{"a": 1}')
    signer(*who).add_auth(request)
    said = request.headers["Authorization"]
    del request.headers["Authorization"]
    theirs = stock(*who)
    found = theirs.signature(theirs.string_to_sign(request, theirs.canonical_request(request)), request)
    if not said.endswith(f"Signature={found}"):
        raise ValueError("the signature is not botocore's")
