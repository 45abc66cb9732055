"""The command line: `python -m conformance URL TOKEN [options]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance import VERSIONS
from conformance.checks import CHECKS
from conformance.report import as_json, html, junit, line, summary
from conformance.report.redact import HIDDEN
from conformance.run import CannotBeTried, Result, exit_status, run
from conformance.trial import WANTED, Options
from conformance.verdict import PASS, SKIPPED

EPILOG = """\
TOKEN is the token of an invitation: the kit registers with it as a partner, and unregisters at the end.
With --token-in-use it is the token of a connection that stands. Without --write nothing is sent but GET
requests and the registration itself; with it, objects of the kit's own party are pushed, a charging session
may be started on a free EVSE that is listed (or --at), and wrong requests are tried: use a platform for
tests. Ends with 1 where a rule is broken, with 2 where nothing could be tried."""


def parser() -> argparse.ArgumentParser:
    """The options; their help is the manual."""
    made = argparse.ArgumentParser(
        prog="conformance",
        description="Asks an OCPI endpoint what it does, and judges it by the specification.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("url", nargs="?", help="the versions URL of the other side")
    made.add_argument(
        "token", nargs="?", help="credentials token, as it is (not Base64); or environment TOKEN"
    )
    made.add_argument("--list", action="store_true", help="print a line per check and end")
    role = "what we are to the other side: EMSP tries a CPO, CPO tries an eMSP (default EMSP)"
    made.add_argument("--role", choices=sorted(WANTED), default="EMSP", type=str.upper, help=role)
    made.add_argument("--version", choices=VERSIONS, help="default: the newest that both have")
    made.add_argument("--write", action="store_true", help="push, patch, delete, command: see below")
    made.add_argument("--token-in-use", action="store_true", help="do not register; the token is one in use")
    made.add_argument("--party", default="NL/KIT", help="country code and party id of the kit (NL/KIT)")
    made.add_argument(
        "--second-token",
        default="",
        metavar="TOKEN",
        help="of a hub: an invitation for a second party in the other role (EMSP or CPO); "
        "what the hub passes on between the two is tried, too",
    )
    made.add_argument(
        "--second-party", default="NL/KIU", metavar="PARTY", help="country code and party id of it (NL/KIU)"
    )
    made.add_argument(
        "--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="where the kit's own server listens"
    )
    made.add_argument(
        "--public-url", default="", metavar="URL", help="how the other side reaches it (a tunnel)"
    )
    made.add_argument(
        "--patience", type=float, default=20, metavar="S", help="longest wait for what comes later (20)"
    )
    made.add_argument(
        "--timeout", type=float, default=15, metavar="S", help="longest wait for an answer (15)"
    )
    made.add_argument("--at", default="", metavar="LOCATION/EVSE/CONNECTOR", help="where commands are tried")
    made.add_argument(
        "--only", action="append", default=[], metavar="ID", help="only these checks, or prefixes as LOC"
    )
    made.add_argument(
        "--keep", default="", metavar="FILE", help="stay registered; the token in use goes to this file"
    )
    made.add_argument("--json", type=Path, metavar="FILE", help="report for programs")
    made.add_argument("--junit", type=Path, metavar="FILE", help="report for build servers")
    made.add_argument("--html", type=Path, metavar="FILE", help="report for people: one file to be mailed")
    made.add_argument("--quiet", action="store_true", help="say only what is not kept")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, report; the exit status."""
    made = parser()
    given = _parsed(made, arguments)
    if given.list:
        print("\n".join(each.line for each in CHECKS))
        return 0
    token = given.token or os.environ.get("TOKEN", "")
    if not given.url or not token:
        made.print_usage(sys.stderr)
        print("conformance: URL and TOKEN are needed", file=sys.stderr)
        return 2
    for name in ("party", "second_party"):
        country, _, party = getattr(given, name).partition("/")
        if len(country) != 2 or not 0 < len(party) <= 3:
            said = name.replace("_", "-")
            print(f"conformance: --{said} is country code and party id, as NL/KIT", file=sys.stderr)
            return 2
    names = (
        "url",
        "role",
        "write",
        "token_in_use",
        "party",
        "listen",
        "public_url",
        "patience",
        "timeout",
        "at",
        "keep",
        "second_token",
        "second_party",
    )
    options = Options(
        token=token,
        version=given.version or "",
        only=tuple(given.only),
        **{name: getattr(given, name) for name in names},
    )

    def tell(result: Result) -> None:
        if result.reason.startswith("not reached"):
            return
        if not given.quiet or result.verdict not in (PASS, SKIPPED):
            print(_plain(line(result), options), flush=True)

    try:
        outcome = run(options, tell)
    except (CannotBeTried, OSError) as problem:
        print(f"conformance: {_plain(str(problem), options)}", file=sys.stderr)
        return 2
    for path, written in ((given.json, as_json), (given.junit, junit), (given.html, html)):
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(written(outcome), encoding="utf-8")
    print(summary(outcome))
    return exit_status(outcome)


def _parsed(made: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; a token may begin with a dash, as every 64th random one does."""
    given, rest = made.parse_known_args(arguments)
    if given.url and not given.token and len(rest) == 1 and not rest[0].startswith("--"):
        given.token = rest.pop()
    if rest:
        made.error(f"unrecognized arguments: {' '.join(rest)}")
    return given


def _plain(text: str, options: Options) -> str:
    for token in (options.token, options.second_token):
        text = text.replace(token, HIDDEN) if token else text
    return text
