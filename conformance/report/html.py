"""The run as one HTML file that needs nothing else: what to mend first, the evidence folded."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from conformance.report.redact import Redaction
from conformance.run import COUNTED, Outcome, Result
from conformance.verdict import FAIL, PASS, SKIPPED, WARN

WORDS = {PASS: "kept", FAIL: "broken", WARN: "advice", SKIPPED: "not tried"}


def html(outcome: Outcome) -> str:
    """The page: verdict in a sentence, counts, what to mend, what to consider, everything by module."""
    redaction = Redaction(outcome)
    options = outcome.options
    title = f"OCPI {outcome.version} conformance of {redaction.text(options.url)}"
    parts = [
        f"<h1>OCPI {outcome.version} conformance</h1>",
        f'<p class="about">{escape(redaction.text(options.url))}<br>tried as {escape(options.role)} '
        f"{escape(options.party)}, {outcome.started_at} to {outcome.finished_at}"
        f"{'' if options.write else ', reading only'}</p>",
        f"<p><strong>{_sentence(outcome)}</strong></p>",
        _counts(outcome),
        _section("What breaks the specification", _of(outcome, FAIL), redaction, is_open=True),
        _section("What partners will stumble over", _of(outcome, WARN), redaction),
        _about(outcome),
        "<h2>Every check</h2>",
        *_modules(outcome, redaction),
    ]
    css = (Path(__file__).parent / "page.css").read_text()
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{css}</style></head>\n<body>{''.join(parts)}</body></html>\n"
    )


def _sentence(outcome: Outcome) -> str:
    broken, advice = outcome.count(FAIL), outcome.count(WARN)
    if broken:
        return f"{broken} {'rule is' if broken == 1 else 'rules are'} broken, each shown with its proof."
    tried = outcome.count(PASS) + advice
    rest = f"; {advice} {'point is' if advice == 1 else 'points are'} worth a look" if advice else ""
    return f"No rule is broken, of {tried} that were tried{rest}."


def _counts(outcome: Outcome) -> str:
    boxes = "".join(
        f'<div class="{each}"><b>{outcome.count(each)}</b>{WORDS[each]}</div>' for each in COUNTED
    )
    return f'<div class="counts">{boxes}</div>'


def _about(outcome: Outcome) -> str:
    rows = {
        "Parties of the other side": ", ".join(outcome.their_roles) or "not told",
        "Interfaces it offers": ", ".join(outcome.offered) or "none",
        "How to read it": "broken: against a MUST of the specification. advice: against a SHOULD, or where "
        "the text leaves a choice and partners expect another. not tried: there was nothing to try it on, "
        "or the run was not allowed to write.",
    }
    cells = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows.items()
    )
    return f"<h2>About this run</h2><table>{cells}</table>"


def _of(outcome: Outcome, verdict: str) -> list[Result]:
    return [each for each in outcome.results if each.verdict == verdict]


def _section(title: str, results: list[Result], redaction: Redaction, is_open: bool = False) -> str:
    if not results:
        return ""
    return f"<h2>{title}</h2>" + "".join(_detail(each, redaction, is_open) for each in results)


def _modules(outcome: Outcome, redaction: Redaction) -> Iterable[str]:
    for module in dict.fromkeys(each.check.module or "transport" for each in outcome.results):
        found = [each for each in outcome.results if (each.check.module or "transport") == module]
        kept = sum(each.verdict == PASS for each in found)
        tried = sum(each.verdict != SKIPPED for each in found)
        inside = "".join(_brief(each, redaction) for each in found)
        yield (
            f'<details><summary><span class="title">{escape(module)}</span>'
            f'<span class="soft">{kept} of {tried} kept</span></summary>'
            f'<div class="inside">{inside}</div></details>'
        )


def _brief(result: Result, redaction: Redaction) -> str:
    """A check among others; what is broken or advised was shown whole above."""
    return _detail(result, redaction, False, proofs=1, most=400)


def _detail(result: Result, redaction: Redaction, is_open: bool, proofs: int = 6, most: int = 2500) -> str:
    check = result.check
    reason = f'<p class="reason">{escape(redaction.text(result.reason))}</p>' if result.reason else ""
    facts = {"asked": check.asks, "must come": check.expects, "force": check.force}
    listed = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    proof = "".join(_proof(redaction.exchange(each), most) for each in result.evidence[:proofs])
    return (
        f'<details{" open" if is_open else ""}><summary><span class="id">{escape(check.id)}</span>'
        f'<span class="verdict {result.verdict}">{WORDS[result.verdict]}</span>'
        f'<span class="title">{escape(check.title)}</span></summary>'
        f'<div class="inside">{reason}<dl>{listed}</dl>{proof}</div></details>'
    )


def _proof(exchange: dict[str, Any], most: int) -> str:
    request, answer = exchange["request"], exchange["answer"]
    who = "the other side asked" if exchange["direction"] == "heard" else "asked"
    said = answer["problem"] or f"HTTP {answer['http_status']} after {answer['milliseconds']} ms"
    text = "\n".join(
        [
            f"{request['method']} {request['url']}",
            *(f"{name}: {value}" for name, value in request["headers"].items()),
            *(["", _pretty(request["body"], most)] if request["body"] else []),
            "",
            said,
            *(f"{name}: {value}" for name, value in answer["headers"].items()),
            *(["", _pretty(answer["body"], most)] if answer["body"] else []),
        ]
    )
    short = f"{who}: {request['method']} {request['url'][:90]}"
    return f"<details><summary>{escape(short)}</summary><pre>{escape(text)}</pre></details>"


def _pretty(body: str, most: int) -> str:
    try:
        shown = json.dumps(json.loads(body), indent=1, ensure_ascii=False)
    except (ValueError, RecursionError):
        shown = body
    return shown if len(shown) <= most else f"{shown[:most]} ..."
