"""The run for a terminal: a line per check while it runs, and what to mend at the end."""

from __future__ import annotations

from conformance.report.redact import Redaction
from conformance.run import COUNTED, Outcome, Result
from conformance.verdict import FAIL, PASS, SKIPPED, WARN

WORDS = {PASS: "pass", FAIL: "FAIL", WARN: "warn", SKIPPED: "skip"}


def line(result: Result) -> str:
    """One check; the reason follows where there is one."""
    reason = f"\n{'':18}{result.reason}" if result.reason and result.verdict != SKIPPED else ""
    note = f" ({result.reason})" if result.verdict == SKIPPED else ""
    return f"{WORDS[result.verdict]:6}{result.check.id:12}{result.check.title}{note}{reason}"


def summary(outcome: Outcome) -> str:
    """Counts, and every broken rule with the request and answer that prove it."""
    redaction = Redaction(outcome)
    counts = ", ".join(f"{outcome.count(each)} {each}" for each in COUNTED)
    options = outcome.options
    lines = [f"\n{options.url}, as {options.role} {options.party}, OCPI {outcome.version}: {counts}"]
    for result in outcome.results:
        if result.verdict != FAIL:
            continue
        lines.append(f"\n{result.check.id}: {result.check.title}\n  {result.reason}")
        lines.append(f"  asked: {result.check.asks}\n  must come: {result.check.expects}")
        for each in result.evidence[:1]:
            shown = redaction.exchange(each)
            request, answer = shown["request"], shown["answer"]
            lines.append(f"  {request['method']} {request['url']}")
            lines.append(f"  -> HTTP {answer['http_status']} {answer['problem'] or answer['body'][:300]}")
    if outcome.stopped:
        lines.append(f"\nNot all could be tried: {outcome.stopped}.")
    if not options.write:
        lines.append("\nNothing was written; with --write the interfaces that receive are tried, too.")
    return redaction.text("\n".join(lines))
