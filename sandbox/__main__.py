"""`make partner`: a sandbox partner in the foreground until Ctrl-C; `python -m sandbox do VERB ...` tells it.

Settings from the environment: PORT (9000), HOST, ROLE (CPO), VERSION (2.2.1), PLATFORM (a versions URL, or
the base URL of a platform of ours), TOKEN (its token A), BASE_URL (where others reach us).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any

import requests

from sandbox.messages import dumps
from sandbox.partner import Partner
from sandbox.verbs import VerbFailed

OURS = "http://127.0.0.1:8000"
INVOKE = "/2015-03-31/functions/operator/invocations"


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    """The exit status."""
    if arguments[:1] == ["do"]:
        return tell(arguments[1:], environ)
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    return serve(environ)


def serve(environ: Mapping[str, str]) -> int:
    """Listen, register where there is a platform, and stay until SIGINT or SIGTERM."""
    role = environ.get("ROLE") or environ.get("ROLES") or "CPO"
    try:
        partner = Partner(
            role,
            environ.get("VERSION") or "2.2.1",
            int(environ.get("PORT") or 9000),
            environ.get("HOST") or "127.0.0.1",
            environ.get("BASE_URL") or "",
            tick=float(environ.get("TICK") or 5),
        ).start()
    except (KeyError, ValueError) as problem:
        print(f"a setting is wrong: {problem}", file=sys.stderr)
        return 2
    except OSError as problem:
        print(f"cannot listen on port {environ.get('PORT') or 9000}: {problem}", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with partner:
        print(welcome(partner, environ.get("PORT") or ""), flush=True)
        print(connect(partner, environ), flush=True)
        ended.wait()
    return 0


def welcome(partner: Partner, port: str = "") -> str:
    """Who it is, and what to try; `port` where it was told one, so that what it says to type finds it."""
    do = f"{f'PORT={port} ' if port else ''}.venv/bin/python -m sandbox do"
    who = ", ".join(f"{each.role} {each.country_code}/{each.party_id}" for each in partner.parties)
    return f"""
Sandbox partner  {partner.base_url}    what it holds and heard
versions URL     {partner.versions_url}
parties          {who}, OCPI {", ".join(partner.versions)}

Tell it what to do:
  {do}                        the list of verbs
  {do} push module=locations
  {do} pull
  curl -d '{{"verb": "peers"}}' {partner.base_url}/do

Ctrl-C ends it.
"""


def connect(partner: Partner, environ: Mapping[str, str]) -> str:
    """Register with the platform, by its invitation or one that it lets us make; what was done."""
    given = (environ.get("PLATFORM") or OURS).rstrip("/")
    token = environ.get("TOKEN") or ""
    url = given if given.endswith("versions") else f"{given}/ocpi/versions"
    lines = []
    if not token:
        try:
            invitation = _invite(partner, given.removesuffix("/ocpi/versions"))
        except (requests.RequestException, ValueError, KeyError):
            invited = partner.do("invite")
            return (
                f"No TOKEN, and no platform of ours at {given}. Register it with this one:\n"
                f"  versions URL {partner.versions_url}\n  token A      {invited['token']}"
            )
        url, token = invitation["versions_url"], invitation["token"]
        lines.append(f"Invited itself at {given} by the local operator function.")
    try:
        peer = partner.do("register", versions_url=url, token=token)
    except VerbFailed as problem:
        return "\n".join([*lines, f"Could not register: {problem}"])
    roles = ", ".join(f"{each['role']} {each['country_code']}/{each['party_id']}" for each in peer["roles"])
    return "\n".join(
        [*lines, f"Registered with {roles} on {peer['version']}, {len(peer['endpoints'])} endpoints."]
    )


def _invite(partner: Partner, base_url: str) -> dict[str, Any]:
    roles = [each.credentials_role for each in partner.parties]
    body: dict[str, Any] = {
        "action": "invite",
        "name": f"Sandbox {partner.parties[0].role} {partner.base_url}",
        "roles": roles,
        "hub": any(each["role"] == "HUB" for each in roles),
    }
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(base_url + INVOKE, json=body, timeout=10).json()
    if not answer["ok"]:
        raise ValueError(answer["error"])
    return dict(answer["data"])


def tell(arguments: list[str], environ: Mapping[str, str]) -> int:
    """`do VERB name=value ...`: ask a running sandbox; values are JSON where they can be."""
    url = environ.get("SANDBOX") or f"http://127.0.0.1:{environ.get('PORT') or 9000}"
    with requests.Session() as session:
        session.trust_env = False
        try:
            if not arguments:
                for each in session.get(f"{url}/do", timeout=10).json()["verbs"]:
                    print(f"{each['verb']:14} {' '.join(each['fields'])}\n{'':14} {each['does']}")
                return 0
            body: dict[str, Any] = {"verb": arguments[0]}
            body |= {name: _value(text) for name, _, text in (each.partition("=") for each in arguments[1:])}
            answer = session.post(f"{url}/do", data=dumps(body), timeout=120).json()
        except requests.RequestException:
            print(
                f"no sandbox at {url}; start it with `make partner`, or name it in SANDBOX", file=sys.stderr
            )
            return 1
    if not answer["ok"]:
        print(answer["error"], file=sys.stderr)
        return 1
    print(json.dumps(answer["data"], indent=1))
    return 0


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
