"""`make run`: the whole platform on this machine, in the foreground until Ctrl-C.

Reads the OCPI_ settings of the functions from the environment, plus PORT,
OCPI_SEED, EMULATOR and AWS_ENDPOINT_URL; see the README. HOST=0.0.0.0 (with
OCPI_BASE_URL) lets partners on other machines in, the operator's doors stay
this machine's.
"""

from __future__ import annotations

import base64
import logging
import os
import sys
from collections.abc import Mapping

from chalicelib.settings import SettingsError
from localrun.platform import LocalPlatform
from localrun.signals import Ended


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Run until SIGINT or SIGTERM; the exit status."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    ended = Ended()
    given = {name: value for name, value in environ.items() if name.startswith("OCPI_") and value}
    emulator = environ.get("AWS_ENDPOINT_URL") or environ.get("EMULATOR") or "moto"
    try:
        port = int(environ.get("PORT") or 8000)
        host = environ.get("HOST") or "127.0.0.1"
        platform = LocalPlatform({"OCPI_SEED": "1", **given}, port, emulator, host).start()
    except (SettingsError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 2
    except OSError as problem:
        print(f"cannot start on port {environ.get('PORT') or 8000}: {problem}", file=sys.stderr)
        return 1
    try:
        if not ended.asked_for:
            print(welcome(platform), flush=True)
        ended.wait()
        print("stopping", flush=True)
    finally:
        platform.stop()
    return 0


def welcome(platform: LocalPlatform) -> str:
    """What a newcomer needs first: where it is, an invitation, and a request that works."""
    base = platform.base_url
    invitation = platform.do("invite", name="First partner")
    token = invitation["token"]
    header = base64.b64encode(token.encode()).decode()
    function = f"{platform.wiring.settings.prefix}-operator"
    return f"""
OCPI platform    {base}
versions URL     {platform.versions_url}
hosted parties   {", ".join(sorted(_parties(platform)))}
AWS endpoint     {platform.emulator.endpoint}

An invitation for a first partner (credentials token A):
  {token}

It works at once:
  curl -H 'Authorization: Token {header}' {platform.versions_url}

The operator's door:
  .venv/bin/python manage.py --url {base} status
  curl -d '{{"action": "help"}}' {base}/2015-03-31/functions/operator/invocations
  aws lambda invoke --endpoint-url {base} --function-name {function} \\
      --cli-binary-format raw-in-base64-out --payload '{{"action": "status"}}' /dev/stdout

Events for the back end   {base}/local/events
The operator's screen     {base}/local/console

Ctrl-C ends it.
"""


def _parties(platform: LocalPlatform) -> list[str]:
    return [f"{each.role} {each.country_code}/{each.party_id}" for each in platform.wiring.settings.parties]


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # everything is ended; the interpreter's own tidying of idle threads takes seconds
