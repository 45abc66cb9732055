"""The scorecard of a partner: what was said, refused, broken and left, as JSON and as one file to be mailed.

Contract: design section 14
"""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.evidence.test_messages import PATH, location, ours
from tests.evidence.test_refusals import broken
from tests.harness import OperatorRefused


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_MESSAGES": "all"}


@pytest.fixture
def emsp(register_partner: Any) -> Any:
    return register_partner(
        roles=[{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}], name="<b>Müller</b>"
    )


def row(card: dict[str, Any], module: str, direction: str) -> Any:
    return next(
        each for each in card["traffic"] if (each["module"], each["direction"]) == (module, direction)
    )


def test_a_card_counts_what_was_said_and_why_it_was_refused(
    ask: Any, operate: Any, drain: Any, partner: Any
) -> None:
    for at in range(3):
        ask("PUT", f"{PATH}/L{at}", token=partner.token, body=location(f"L{at}"))
    for at in range(3, 5):
        ask("PUT", f"{PATH}/L{at}", token=partner.token, body=broken(f"L{at}"))
    card = operate("scorecard", partner=partner.id)["scorecard"]
    found = row(card, "locations", "RECEIVED")
    assert (found["requests"], found["ok"], found["refused"], found["failed"]) == (5, 3, 2, 0)
    assert found["p95_ms"] >= found["p50_ms"] >= 0 and found["lag_p50_s"] > 86400
    (why,) = found["reasons"]
    assert why["count"] == 2 and "/publish" in why["reason"]
    assert operate("message", id=why["example"])["message"]["outcome"] == "refused"
    by_pointer = {each["pointer"]: each for each in card["refused_objects"]}
    assert by_pointer["/publish"]["count"] == by_pointer["/coordinates"]["count"] == 2
    assert operate("refusal", id=by_pointer["/publish"]["example"])["refusal"]["object_id"] == "L4"
    assert card["complete"] and card["last_heard"]


def test_a_card_tells_what_of_the_specification_answers_break(operate: Any, drain: Any, emsp: Any) -> None:
    operate("put", module="locations", object=ours())
    drain(sweep=False)
    codes = {each["code"] for each in operate("scorecard", partner=emsp.id)["scorecard"]["breaks"]}
    assert codes <= {"no_request_id", "no_correlation_id", "no_content_type"}
    emsp.answer("PUT", "/locations", status=500, body=b"<html>oops</html>")
    operate("put", module="locations", object=ours("O2"))
    drain(sweep=False)
    card = operate("scorecard", partner=emsp.id)["scorecard"]
    assert "no_envelope" in {each["code"] for each in card["breaks"]}
    assert row(card, "locations", "SENT")["failed"] >= 1
    assert card["undelivered"]["waiting"] == 1 and card["undelivered"]["oldest_since"]


def test_a_card_compares_what_is_listed_with_what_is_held(
    ask: Any, operate: Any, drain: Any, partner: Any
) -> None:
    partner.objects["locations"] = [location("L1"), location("L2")]
    operate("pull", partner=partner.id, module="locations", full=True)
    drain()
    card = operate("scorecard", partner=partner.id)["scorecard"]
    found = next(each for each in card["agreement"] if each["module"] == "locations")
    assert (found["theirs"], found["ours"], found["agrees"]) == (2, 2, True)
    ask("PUT", f"{PATH}/L3", token=partner.token, body=location("L3"))
    card = operate("scorecard", partner=partner.id)["scorecard"]
    found = next(each for each in card["agreement"] if each["module"] == "locations")
    assert (found["theirs"], found["ours"], found["came_since"], found["agrees"]) == (2, 3, 1, None)


def test_a_card_says_no_where_nothing_came_since_and_less_is_held(
    operate: Any, drain: Any, partner: Any, clock: Any
) -> None:
    partner.objects["locations"] = [location("L1"), {**location("L2"), "id": "L2" * 30}]
    operate("pull", partner=partner.id, module="locations", full=True)
    drain()
    (found,) = agreement(operate, partner, "locations")
    assert (found["theirs"], found["ours"], found["set_aside"], found["agrees"]) == (2, 1, 1, False)
    clock.advance(20 * 86400)
    (found,) = agreement(operate, partner, "locations")
    assert (found["agrees"], found["theirs"]) == (None, 2)  # nobody knows any more what came since


def agreement(operate: Any, partner: Any, module: str) -> list[dict[str, Any]]:
    card = operate("scorecard", partner=partner.id)["scorecard"]
    return [each for each in card["agreement"] if each["module"] == module]


def test_a_card_counts_the_quirks_that_were_repaired(ask: Any, operate: Any, partner: Any) -> None:
    operate("partner_options", partner=partner.id, quirks=["kw_for_w", "wh_for_kwh"])
    body = location()
    body["evses"][0]["connectors"][0]["max_electric_power"] = 22
    for _ in range(2):
        assert ask("PUT", f"{PATH}/L1", token=partner.token, body=body).code == 1000
    found = operate("scorecard", partner=partner.id)["scorecard"]["quirks"]
    assert {each["name"]: each["count"] for each in found} == {"kw_for_w": 2, "wh_for_kwh": 0}


def test_the_file_is_whole_in_itself_and_holds_no_markup_of_a_partner(
    ask: Any, operate: Any, emsp: Any
) -> None:
    ask("GET", f"{PATH}/%3Cscript%3E", token=emsp.token)
    ask("GET", "/ocpi/2.2.1/sender/locations?limit=%3Cscript%3E", token=emsp.token)
    html = operate("scorecard", partner=emsp.id, format="html")["html"]
    tags: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            tags.append(tag)
            assert not {"src", "href"} & {name for name, _ in attrs}

    Tags().feed(html)
    assert "script" not in tags and "b" not in tags and "&lt;b&gt;Müller" in html
    assert json.dumps(emsp.token)[1:-1] not in html


def test_a_card_of_nobody_is_refused(operate: Any) -> None:
    with pytest.raises(OperatorRefused, match="unknown_partner"):
        operate("scorecard", partner="nobody")


class TestByDefault:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {}

    def test_a_card_says_that_its_numbers_are_not_all(self, operate: Any, partner: Any) -> None:
        card = operate("scorecard", partner="stub charging")["scorecard"]
        assert not card["complete"] and "pages" in card["counted"]


def test_what_quirks_repair_in_a_pull_and_when_tried_again_is_counted_too(
    ask: Any, operate: Any, drain: Any, partner: Any
) -> None:
    operate("partner_options", partner=partner.id, quirks=["kw_for_w"])
    good, bad = location("L1"), broken("L2")
    for each in (good, bad):
        each["evses"][0]["connectors"][0]["max_electric_power"] = 22
    partner.objects["locations"] = [good, bad]
    operate("pull", partner=partner.id, module="locations", full=True)
    drain(sweep=False)
    (counted,) = operate("scorecard", partner=partner.id)["scorecard"]["quirks"]
    assert counted["count"] == 2
    (found,) = operate("refusals", partner=partner.id)["refusals"]
    assert operate("readmit", id=found["id"])["refused"] == 1
    (counted,) = operate("scorecard", partner=partner.id)["scorecard"]["quirks"]
    assert counted["count"] == 3
