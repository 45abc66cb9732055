"""What CDRs cost: one that agrees, one that its CPO got wrong, the dispute, the Credit CDR that ends it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from demo.day import Day


def bill(day: Day) -> None:
    """The eMSP prices again what the CPO bills."""
    day.step("the eMSP prices the CDR again, as soon as it is stored")
    right = day.see("it agrees to the last digit: AGREE", lambda: _audit(day, "AGREE"))
    own = day.ask(day.cpo, "get", module="cdrs", party=day.cpo_party, id=right["id"])["object"]
    day.step("the CPO bills a charge in cents; its own platform warns of it")
    wrong = {**_times(own, 100), "id": f"{own['id']}-W"}
    warnings = day.ask(day.cpo, "put", module="cdrs", object=wrong)["warnings"]
    day.see("the warning names both amounts", lambda: any("comes to" in each["message"] for each in warnings))
    found = day.see(
        "at the eMSP: DISAGREE, and the cause by name: cents_for_units",
        lambda: _audit(day, "DISAGREE", "cents_for_units"),
    )
    day.step("the eMSP disputes it")
    about = {"party": day.cpo_party, "id": found["id"]}
    too_much = f"{found['difference']['before_taxes']} {found['currency']} too much"
    day.ask(day.emsp, "dispute", **about, reason=f"in cents: {too_much}")
    day.see(f"open: {too_much}", lambda: _dispute(day, found["id"])["state"] == "OPEN")
    if day.version == "2.1.1":  # which has no Credit CDRs
        day.step("the CPO waives it by mail")
        day.ask(day.emsp, "settle", **about, outcome="ACCEPTED")
        day.see("settled: ACCEPTED", lambda: _dispute(day, found["id"])["outcome"] == "ACCEPTED")
        return
    day.step("the CPO sends a Credit CDR")
    cost = _scaled(wrong["total_cost"], -1)
    credit = {"id": f"{own['id']}-C", "credit": True, "credit_reference_id": wrong["id"], "total_cost": cost}
    day.ask(day.cpo, "put", module="cdrs", object={**wrong, **credit})
    day.see("settled by itself: CREDITED", lambda: _dispute(day, found["id"])["outcome"] == "CREDITED")


def _audit(day: Day, verdict: str, cause: str | None = None) -> dict[str, Any] | None:
    rows = day.ask(day.emsp, "audits", partner=day.cpo_at_emsp, verdict=verdict)["audits"]
    return next((each for each in rows if each["cause"] == cause), None)


def _dispute(day: Day, id: str) -> dict[str, Any]:
    rows = day.ask(day.emsp, "disputes", party=day.cpo_party)["disputes"]
    return next((each for each in rows if each["id"] == id), {"state": None, "outcome": None})


def _times(cdr: dict[str, Any], factor: int) -> dict[str, Any]:
    """A CDR whose costs are all so many times as high."""
    return {
        name: _scaled(value, factor) if name.startswith("total_") and name.endswith("cost") else value
        for name, value in cdr.items()
    }


def _scaled(price: dict[str, Any], factor: int) -> dict[str, Any]:
    made: dict[str, Any] = {"before_taxes": _product(price["before_taxes"], factor)}
    if price.get("taxes"):
        taxes = price["taxes"]
        made["taxes"] = [{**each, "amount": _product(each["amount"], factor)} for each in taxes]
    return made


def _product(amount: Any, factor: int) -> float:
    return float(Decimal(str(amount)) * factor)
