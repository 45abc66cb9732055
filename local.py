"""`make run`: the whole platform on this machine, in the foreground until Ctrl-C.

Reads the OCPI_ settings of the functions from the environment, plus PORT,
HOST, KEEP, OCPI_SEED, OCPI_LOG, EMULATOR and AWS_ENDPOINT_URL; see the README.
HOST=0.0.0.0 (with OCPI_BASE_URL) lets partners on other machines in, the
operator's doors stay this machine's.
"""

from __future__ import annotations

import base64
import logging
import os
import sys
import time
from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import logs
from chalicelib.settings import SettingsError
from localrun import lines, options
from localrun.keep import Unusable
from localrun.options import Options
from localrun.platform import LocalPlatform
from localrun.signals import Ended


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Run until SIGINT or SIGTERM; the exit status."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    ended = Ended()
    try:
        chosen = options.read(environ)
        platform = started(chosen)
    except (SettingsError, Unusable) as problem:
        print(problem, file=sys.stderr)
        return 2
    except OSError as problem:
        print(f"cannot start on {chosen.host}, port {chosen.port}: {problem}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as problem:
        print(f"the AWS endpoint {chosen.emulator} does not answer: {problem}", file=sys.stderr)
        return 1
    try:
        if not ended.asked_for:
            print(welcome(platform), flush=True)
            logs.write = logs.as_json if chosen.json_log else lines.for_people()
        ended.wait()
        print("stopping", flush=True)
    finally:
        logs.write = logs.as_json
        platform.stop()
    if chosen.keep:
        print(f"kept in {chosen.keep}", flush=True)
    return 0


def started(chosen: Options) -> LocalPlatform:
    """The platform, up and answering; says what it does, and passes over what is of no interest yet."""
    begun = time.monotonic()
    logs.write = logs.as_json if chosen.json_log else _nothing_but_warnings
    platform = LocalPlatform(chosen.settings, chosen.port, chosen.emulator, chosen.host, chosen.keep)
    platform.start(lambda step: print(f"{step} ...", flush=True))
    print(f"ready after {time.monotonic() - begun:.1f} s", flush=True)
    return platform


def _nothing_but_warnings(entry: dict[str, object]) -> None:
    if entry.get("level") != "INFO":
        lines.for_people()(entry)


def welcome(platform: LocalPlatform) -> str:
    """What a newcomer needs first: where it is, an invitation, and a request that works."""
    base = platform.base_url
    token = _invitation(platform)
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
  .venv/bin/python manage.py --url http://127.0.0.1:{platform.port} status
  curl -d '{{"action": "help"}}' http://127.0.0.1:{platform.port}/2015-03-31/functions/operator/invocations
  aws lambda invoke --endpoint-url http://127.0.0.1:{platform.port} --function-name {function} \\
      --cli-binary-format raw-in-base64-out --payload '{{"action": "status"}}' /dev/stdout

Where to go from here     http://127.0.0.1:{platform.port}/
Events for the back end   http://127.0.0.1:{platform.port}/local/events
The operator's screen     http://127.0.0.1:{platform.port}/local/console

Ctrl-C ends it.
"""


def _invitation(platform: LocalPlatform) -> str:
    """A token for a first partner; where data was kept, a new one for the partner that nobody became yet."""
    name = "First partner"
    waiting = [
        each["id"]
        for each in platform.do("partners")["partners"]
        if (each["name"], each["state"]) == (name, "INVITED")
    ]
    again = {"partner": waiting[0]} if waiting else {}
    return str(platform.do("invite", name=name, **again)["token"])


def _parties(platform: LocalPlatform) -> list[str]:
    return [f"{each.role} {each.country_code}/{each.party_id}" for each in platform.wiring.settings.parties]


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # everything is ended; the interpreter's own tidying of idle threads takes seconds
