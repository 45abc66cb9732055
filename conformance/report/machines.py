"""The run for programs: JSON with all evidence, and JUnit for build servers."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from conformance import KIT_VERSION
from conformance.report.redact import Redaction
from conformance.run import COUNTED, Outcome, Result
from conformance.verdict import FAIL, SKIPPED, WARN


def as_json(outcome: Outcome) -> str:
    """Everything: options, counts, and each check with verdict, reason and evidence."""
    redaction = Redaction(outcome)
    return json.dumps(
        {
            "kit": KIT_VERSION,
            "url": redaction.text(outcome.options.url),
            "role": outcome.options.role,
            "party": outcome.options.party,
            "version": outcome.version,
            "write": outcome.options.write,
            "started_at": outcome.started_at,
            "finished_at": outcome.finished_at,
            "other_side": {"roles": list(outcome.their_roles), "endpoints": list(outcome.offered)},
            "counts": {each: outcome.count(each) for each in COUNTED},
            "checks": [_check(each, redaction) for each in outcome.results],
        },
        indent=1,
        ensure_ascii=False,
    )


def _check(result: Result, redaction: Redaction) -> dict[str, Any]:
    check = result.check
    return {
        "id": check.id,
        "title": check.title,
        "module": check.module,
        "interface": check.interface,
        "force": check.force,
        "asks": check.asks,
        "expects": check.expects,
        "verdict": result.verdict,
        "reason": redaction.text(result.reason) or None,
        "seconds": round(result.seconds, 3),
        "evidence": [redaction.exchange(each) for each in result.evidence],
    }


def junit(outcome: Outcome) -> str:
    """A test case per check: failures fail, skips are skipped, warnings are said in system-out."""
    redaction = Redaction(outcome)
    name = f"OCPI {outcome.version} as {outcome.options.role}"
    cases = "\n".join(_case(each, redaction) for each in outcome.results)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuite name={quoteattr(name)} tests="{len(outcome.results)}" errors="0" '
        f'failures="{outcome.count(FAIL)}" skipped="{outcome.count(SKIPPED)}" '
        f"timestamp={quoteattr(outcome.started_at.rstrip('Z'))}>\n"
        f"{cases}\n</testsuite>\n"
    )


def _case(result: Result, redaction: Redaction) -> str:
    check = result.check
    attributes = (
        f"classname={quoteattr(check.module or 'ocpi')} name={quoteattr(f'{check.id} {check.title}')}"
    )
    reason = _clean(redaction.text(result.reason))
    inside = ""
    if result.verdict == FAIL:
        proof = "\n".join(_plain(each) for each in map(redaction.exchange, result.evidence[:2]))
        inside = f"<failure message={quoteattr(reason)}>{escape(_clean(proof))}</failure>"
    elif result.verdict == SKIPPED:
        inside = f"<skipped message={quoteattr(reason)}/>"
    elif result.verdict == WARN:
        inside = f"<system-out>warning: {escape(reason)}</system-out>"
    return f'<testcase {attributes} time="{result.seconds:.3f}">{inside}</testcase>'


def _plain(exchange: dict[str, Any]) -> str:
    request, answer = exchange["request"], exchange["answer"]
    return (
        f"{request['method']} {request['url']}\n{request['body'][:1000]}\n"
        f"-> HTTP {answer['http_status']} {answer['problem'] or ''}\n{answer['body'][:1000]}"
    )


def _clean(text: str) -> str:
    """Without the characters that XML does not allow."""
    return "".join(
        each if each in "\n\t" or (each >= " " and each not in "\ufffe\uffff") else "?" for each in text
    )
