"""`audit`, `quote` and `price` as a bill, and lists of money, evidence and hub by their documented shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest

REPORT: dict[str, Any] = {
    "verdict": "DISAGREE",
    "currency": "EUR",
    "total": {"before_taxes": "7.3333333333", "after_taxes": "8.8733333333"},
    "claims": [
        {
            "claim": "total_cost.before_taxes",
            "claimed": "8.5",
            "computed": "7.3333333333",
            "verdict": "DISAGREE",
            "rule": None,
        },
        {"claim": "total_energy", "claimed": "18.5", "computed": "18.5", "verdict": "AGREE", "rule": "exact"},
    ],
    "periods": [
        {
            "start": "2026-10-01T16:30:00Z",
            "end": "2026-10-01T17:10:00Z",
            "local_start": "2026-10-01T18:30:00+02:00",
            "segments": [
                {
                    "dimension": "ENERGY",
                    "context": "charging",
                    "volume": "18.5",
                    "billed": "18.5",
                    "price": "0.3900000000",
                    "vat": "21",
                    "before_taxes": "7.215",
                    "after_taxes": "8.73015",
                    "applied": {"tariff_id": "AC1", "element": 1, "component": 0, "pointer": "/elements/1"},
                    "not_applied": [
                        {"element": 0, "restriction": "end_time", "message": "18:30 is not before 18:00"}
                    ],
                },
                {
                    "dimension": "RESERVATION_TIME",
                    "context": "reservation",
                    "volume": "0.25",
                    "billed": "0.25",
                    "price": None,
                    "vat": None,
                    "before_taxes": None,
                    "after_taxes": None,
                    "applied": None,
                    "not_applied": [],
                },
            ],
        }
    ],
    "findings": [
        {"code": "vat_missing", "severity": "warning", "pointer": "/vat", "message": "no VAT is named"}
    ],
    "diagnosis": [
        {"reading": "utc_instead_of_local", "computed": {"before_taxes": "8.5", "after_taxes": "10.285"}}
    ],
    "time_zone": {"name": "Europe/Amsterdam", "origin": "location"},
    "policy": {},
}
AUDIT = {
    "properties": {
        "party": {"type": "string"},
        "id": {"type": "string"},
        "cdr": {"type": "object"},
        "tariffs": {"type": "array", "items": {"type": "object"}},
        "version": {"type": "string"},
    }
}


@pytest.fixture
def audits(canned: Any) -> Any:
    canned.schemas["audit"] = AUDIT
    canned.answers["audit"] = REPORT
    return canned


@pytest.mark.parametrize("columns", ["80", "200"])
def test_an_audit_is_a_bill_with_the_reason_of_each_line(audits, run, monkeypatch, columns):
    """Design section 13: which component applied, and why the earlier ones did not"""
    monkeypatch.setenv("COLUMNS", columns)
    code, out, _ = run("audit", "NL/EXA", "CDR1")
    assert code == 0 and max(map(len, out.splitlines())) <= int(columns)
    words = " ".join(out.split())
    for due in (
        "7.33 before taxes, 8.87 after taxes EUR",
        "Europe/Amsterdam from the location",
        "1. from 2026-10-01 18:30:00 until 2026-10-01 19:10:00",
        "0.39 + 21 %",
        "AC1 element 1 component 0",
        "not element 0 (end_time: 18:30 is not before 18:00)",
        "nothing prices it",
        "utc_instead_of_local 8.50 before taxes, 10.29 after taxes",
        "vat_missing",
    ):
        assert due in words
    assert audits.asked == [{"action": "audit", "party": "NL/EXA", "id": "CDR1"}]


def test_a_quote_says_what_it_comes_to_and_agrees_with_nobody(audits, run):
    unsaid = [{**each, "claimed": None, "verdict": "NOT_CLAIMED"} for each in REPORT["claims"]]
    audits.answers["audit"] = {**REPORT, "claims": unsaid, "verdict": "AGREE"}
    out = run("audit", "NL/EXA", "CDR1")[1]
    assert "7.33 before taxes" in out and "AGREE" not in out and "CLAIM" not in out
    audits.answers["audit"] = {**REPORT, "claims": unsaid, "verdict": "NOT_COMPUTABLE"}
    assert "NOT_COMPUTABLE" in run("audit", "NL/EXA", "CDR1")[1]


def test_the_report_of_a_file_is_asked_with_its_tariffs(audits, run, tmp_path):
    (tmp_path / "cdr.json").write_text('{"id": "C1", "total_cost": {"before_taxes": 8.50}}')
    (tmp_path / "tariffs.json").write_text('[{"id": "AC1"}]')
    code, out, _ = run(
        "audit", str(tmp_path / "cdr.json"), "--tariffs", f"@{tmp_path}/tariffs.json", "--json"
    )
    assert code == 0 and json.loads(out) == REPORT
    assert audits.asked[-1]["cdr"]["id"] == "C1" and audits.asked[-1]["tariffs"] == [{"id": "AC1"}]
    assert '"before_taxes":8.50' in audits.bodies[-1]


def test_a_folder_of_cdrs_is_audited_one_by_one(audits, run, tmp_path):
    for id in ("C1", "C2"):
        (tmp_path / f"{id}.json").write_text(json.dumps({"id": id}))
    audits.answers["audit"] = [REPORT, {"ok": False, "error": {"code": "invalid", "message": "no periods"}}]
    code, out, _ = run("audit", str(tmp_path))
    assert code == 1 and "C1.json" in out and "utc_instead_of_local" in out and "no periods" in out
    audits.answers["audit"] = REPORT
    code, out, _ = run("audit", str(tmp_path), "--json")
    assert code == 0 and [each["id"] for each in json.loads(out)["answers"]] == ["C1", "C2"]


def test_a_currency_without_cents_has_none(audits, run):
    audits.answers["audit"] = {**REPORT, "currency": "JPY"}
    assert "7 before taxes, 9 after taxes JPY" in run("audit", "NL/EXA", "CDR1")[1]


def test_lint_ends_with_1_where_it_finds_an_error(canned, run, tmp_path):
    (tmp_path / "t.json").write_text('{"id": "T"}')
    canned.schemas["lint"] = {"properties": {"tariff": {"type": "object"}, "party": {"type": "string"}}}
    finding = {
        "code": "no_elements",
        "severity": "error",
        "pointer": "/elements",
        "message": "prices nothing",
    }
    canned.answers["lint"] = {"findings": [finding]}
    code, out, _ = run("lint", str(tmp_path / "t.json"))
    assert code == 1 and out.splitlines()[1].split()[:3] == ["error", "no_elements", "/elements"]
    canned.answers["lint"] = {"findings": [{**finding, "severity": "warning"}]}
    assert run("lint", str(tmp_path / "t.json"))[0] == 0
    canned.answers["lint"] = {"findings": []}
    assert run("lint", str(tmp_path / "t.json"))[:2] == (0, "no findings\n")


AMOUNT = {"before_taxes": "8.5", "after_taxes": None}
SHAPES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "audits": (
        {
            "audits": [
                {
                    "owner": "BE/BEC",
                    "id": "C1",
                    "verdict": "DISAGREE",
                    "claimed": AMOUNT,
                    "computed": AMOUNT,
                    "difference": AMOUNT,
                    "currency": "EUR",
                    "cause": "no_step",
                    "at": "2026-10-01T16:30:00Z",
                }
            ]
        },
        ("BE/BEC/C1", "DISAGREE", "8.50", "no_step"),
    ),
    "disputes": (
        {
            "disputes": [
                {
                    "owner": "BE/BEC",
                    "id": "C1",
                    "reason": "in UTC",
                    "state": "OPEN",
                    "outcome": None,
                    "opened_at": "2026-10-01T16:30:00Z",
                    "settled_at": None,
                }
            ]
        },
        ("BE/BEC/C1", "OPEN", "in UTC"),
    ),
    "statement": (
        {
            "partner": "p",
            "party": None,
            "month": "2026-10",
            "currencies": [
                {
                    "currency": "EUR",
                    "cdrs": 2,
                    "credits": 0,
                    "kwh": "20.5",
                    "claimed": AMOUNT,
                    "computed": AMOUNT,
                    "difference": AMOUNT,
                    "disputed": AMOUNT,
                }
            ],
            "rows": [{"owner": "BE/BEC", "id": "C1"}],
            "sessions_without_cdr": [{"owner": "BE/BEC", "id": "S1"}],
            "cursor": None,
        },
        ("2026-10", "currencies", "20.5", "BE/BEC/C1", "sessions without cdr", "BE/BEC/S1"),
    ),
    "reconcile": (
        {
            "findings": [
                {
                    "id": "f",
                    "kind": "SILENCE",
                    "partner": "p",
                    "owner": "BE/BEC",
                    "object_id": "",
                    "message": "no sessions for 3 days",
                    "state": "OPEN",
                    "since": "2026-10-01T00:00:00Z",
                }
            ]
        },
        ("SILENCE", "OPEN", "no sessions for 3 days"),
    ),
    "routes": (
        {
            "routes": [
                {
                    "at": "2026-10-01T00:00:00Z",
                    "from": "NL/CPO",
                    "to": "DE/MSP",
                    "module": "sessions",
                    "method": "PUT",
                    "path": "/sessions/1",
                    "request_ids": {"in": "a", "out": "b"},
                    "correlation_id": "corr",
                    "http_status": 200,
                    "status_code": 1000,
                    "duration_ms": 12,
                    "versions": "2.1.1>2.3.0",
                    "losses": [],
                }
            ]
        },
        ("NL/CPO", "DE/MSP", "200 1000", "12", "/sessions/1"),
    ),
    "agreements": (
        {"agreements": [{"parties": ["NL/CPO", "DE/MSP"], "allowed": False, "modules": ["tokens"]}]},
        ("NL/CPO and DE/MSP", "no", "tokens"),
    ),
    "messages": (
        {
            "messages": [
                {
                    "at": "2026-10-01T00:00:00Z",
                    "direction": "OUT",
                    "partner": "p",
                    "module": "cdrs",
                    "method": "POST",
                    "path": "/cdrs",
                    "http_status": 200,
                    "status_code": 2001,
                    "duration_ms": 9,
                    "outcome": "refused",
                }
            ]
        },
        ("OUT", "POST", "200 2001", "refused", "/cdrs"),
    ),
    "scorecard": (
        {
            "scorecard": {
                "partner": "p",
                "last_heard": "2026-10-01T10:00:00Z",
                "undelivered": {"waiting": 4},
                "traffic": [
                    {
                        "module": "cdrs",
                        "direction": "SENT",
                        "requests": 3,
                        "refused": 2,
                        "failed": 0,
                        "p50_ms": 12,
                        "p95_ms": 34,
                        "last_at": "2026-10-01T10:00:00Z",
                        "reasons": [
                            {"outcome": "refused", "reason": "no such tariff", "count": 2, "example": "m1"}
                        ],
                    }
                ],
            }
        },
        ("cdrs", "HALF MS", "12", "34", "no such tariff", "m1", "ago (2026-10-01 10:00:00)", "waiting"),
    ),
}


@pytest.mark.parametrize("action", SHAPES)
@pytest.mark.parametrize("columns", [80, 200])
def test_answers_of_documented_shapes_show_what_one_came_for(canned, run, monkeypatch, action, columns):
    """Design sections 12 to 14"""
    monkeypatch.setenv("COLUMNS", str(columns))
    canned.answers[action], due = SHAPES[action]
    code, out, _ = run(action)
    assert code == 0 and max(map(len, out.splitlines())) <= columns
    for each in due:
        assert each in out


def test_the_verdict_of_a_statement_stands_beside_its_cdr_at_80_columns(canned, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    names = ("claimed", "computed", "difference")
    money = {name: {"before_taxes": "8.5", "after_taxes": "10.29"} for name in names}
    row = {"owner": "BE/BEC", "id": "CDR-2026-10-000001", "kwh": "18.5", "currency": "EUR"}
    row |= {"end_date_time": "2026-10-01T16:30:00Z", "verdict": "NOT_COMPUTABLE", **money}
    canned.answers["statement"] = {"rows": [row], "currencies": [], "sessions_without_cdr": []}
    _, out, _ = run("statement")
    assert "  CDR                        VERDICT" in out
    assert "  BE/BEC/CDR-2026-10-000001  NOT_COMPUTABLE" in out
