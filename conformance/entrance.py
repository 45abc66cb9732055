"""Why nothing could be tried, in a sentence that says what to do: wrong URL, token, certificate, address."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import requests

from conformance.peer import Exchange

TOKEN = (
    "the token is not accepted (HTTP {status}), neither in Base64 nor as it is. An invitation serves for one "
    "registration, and so for one run: ask for a new one. For the token of a connection that stands add "
    "--token-in-use"
)
PLACE = "is it the versions URL? It is the one that their invitation names, mostly .../ocpi/versions"


def no_answer(problem: Exception, url: str, timeout: float) -> str:
    """What kept an answer from coming."""
    host, text = urlsplit(url).netloc or url, str(problem)
    if isinstance(problem, requests.exceptions.SSLError):
        said = text.partition("certificate verify failed: ")[2].partition(" (_ssl")[0]
        if "WRONG_VERSION_NUMBER" in text or "record layer failure" in text:
            return f"no answer: {host} does not speak TLS on this port; is it http:// and not https://?"
        return f"no answer: the certificate of {host} is not valid: {said or text[:150]}"
    if isinstance(problem, requests.exceptions.MissingSchema | requests.exceptions.InvalidURL):
        return f"no answer: {url!r} is no URL; it must begin with https:// or http://"
    if isinstance(problem, requests.exceptions.InvalidSchema):
        return f"no answer: {url!r} is no http or https URL"
    if isinstance(problem, requests.exceptions.Timeout | TimeoutError):
        return f"no answer: {host} was silent for {timeout:g} s (--timeout)"
    if "NameResolution" in text or "getaddrinfo" in text or "Name or service" in text:
        return f"no answer: nobody knows a host {urlsplit(url).hostname}; is the URL right?"
    if "refused" in text:
        return f"no answer: nobody listens at {host}; is the server up, and the port right?"
    if "RemoteDisconnected" in text or "reset by peer" in text:
        return (
            f"no answer: {host} closed the connection (where it always does: is it https:// and not http://?)"
        )
    return f"no answer ({type(problem).__name__}: {text[:200]})"


def reason(answer: Exchange) -> str:
    """Why the versions cannot be read from what came."""
    if answer.problem:
        return answer.problem
    if answer.status in (401, 403):
        return TOKEN.format(status=answer.status)
    if answer.status == 404:
        return f"nothing is there (HTTP 404): {PLACE}"
    if 300 <= answer.status < 400:
        return f"it redirects to {answer.header('location')}: give that URL, our token follows no redirect"
    if answer.json is None:
        kind = "a web page" if "html" in (answer.header("content-type") or "") else "no JSON"
        return f"{kind} came (HTTP {answer.status}): {PLACE}"
    if isinstance(answer.data, dict) and "endpoints" in answer.data:
        return "these are the details of one version; the versions URL is the one that lists the versions"
    return answer.said


def is_endpoint(answer: Exchange) -> bool:
    """Whether something came that may be judged, were it nonsense: JSON, and no refusal."""
    return (
        answer.status not in (0, 401, 403, 404) and not 300 <= answer.status < 400 and answer.json is not None
    )


def cannot_reach_us(theirs: str, ours: str) -> bool:
    """Whether the kit listens for this machine only, and they are elsewhere."""
    return _is_here(ours) and not _is_here(theirs)


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
