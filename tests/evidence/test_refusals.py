"""What is refused or set aside is kept as it came, with all its faults, and let in when asked.

Contract: design sections 6 (rule 4) and 14
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.evidence.test_messages import PATH, location
from tests.harness import OperatorRefused

NO_PLACE = {"coordinates": None, "publish": None}


def broken(id: str = "L1", **changes: Any) -> dict[str, Any]:
    return location(id, **NO_PLACE) | changes


def test_a_refused_object_is_kept_as_it_came_with_every_fault(ask: Any, operate: Any, partner: Any) -> None:
    sent = broken(odd={"of": "theirs"})
    assert ask("PUT", f"{PATH}/L1", token=partner.token, body=sent).code == 2001
    for filters in (
        {},
        {"partner": partner.id},
        {"module": "locations"},
        {"partner": partner.id, "code": "missing"},
    ):
        (found,) = operate("refusals", **filters)["refusals"]
        assert found["object_id"] == "L1" and found["owner"] == "BE/BEC", filters
    assert {each["pointer"] for each in found["findings"]} == {"/coordinates", "/publish"}
    assert found["origin"] == "PUSHED" and found["method"] == "PUT"
    assert operate("refusal", id=found["id"])["refusal"]["object"] == sent
    for filters in ({"module": "cdrs"}, {"code": "no_such_code"}):
        assert operate("refusals", **filters)["refusals"] == []


def test_what_is_sent_again_takes_the_place_of_what_was_refused_before(
    ask: Any, operate: Any, partner: Any
) -> None:
    for name in ("first", "second"):
        ask("PUT", f"{PATH}/L1", token=partner.token, body=broken(name=name))
    (found,) = operate("refusals")["refusals"]
    assert operate("refusal", id=found["id"])["refusal"]["object"]["name"] == "second"


def test_a_body_that_is_no_json_is_kept_and_the_token_in_it_is_not(
    ask: Any, operate: Any, partner: Any
) -> None:
    ask("PUT", f"{PATH}/L1", token=partner.token, body='{"id": "L1", ' + partner.token)
    (found,) = operate("refusals")["refusals"]
    assert operate("refusal", id=found["id"])["refusal"]["object"] == '{"id": "L1", ***'


def test_an_object_that_is_larger_than_an_item_is_kept_whole(ask: Any, operate: Any, partner: Any) -> None:
    import random

    noise = [f"{random.random()}" for _ in range(60_000)]
    assert ask("PUT", f"{PATH}/L1", token=partner.token, body=broken(noise=noise)).code == 2001
    (found,) = operate("refusals")["refusals"]
    assert operate("refusal", id=found["id"])["refusal"]["object"]["noise"] == noise
    with pytest.raises(OperatorRefused, match="unknown_refusal"):
        operate("refusal", id="no-such-thing")


def test_a_patch_of_something_unknown_is_no_refused_object(ask: Any, operate: Any, partner: Any) -> None:
    change = {"name": "x", "last_updated": "2026-01-02T00:00:00Z"}
    assert ask("PATCH", f"{PATH}/L9", token=partner.token, body=change).status == 404
    assert operate("refusals")["refusals"] == []


def test_an_object_is_readmitted_when_it_can_be_read_and_forgotten_as_refused(
    ask: Any, operate: Any, partner: Any, monkeypatch: Any
) -> None:
    """As after an update of ours: what could not be read once can be."""
    from chalicelib.ocpi import reading

    real = reading.read

    def stricter(kind: str, data: Any, *rest: Any, **more: Any) -> Any:
        from chalicelib.ocpi.errors import InvalidParameters
        from chalicelib.ocpi.findings import Finding

        if data.get("name") == "too new":
            raise InvalidParameters.of([Finding("/name", "malformed", "not known yet")])
        return real(kind, data, *rest, **more)

    monkeypatch.setattr(reading, "read", stricter)
    for id in ("L1", "L2", "L3"):
        assert ask("PUT", f"{PATH}/{id}", token=partner.token, body=location(id, name="too new")).code == 2001
    ask("PUT", f"{PATH}/L4", token=partner.token, body=broken("L4"))
    answer = operate("readmit", partner=partner.id, code="malformed")
    assert (answer["readmitted"], answer["refused"]) == (0, 3)
    monkeypatch.setattr(reading, "read", real)
    newer = location("L2", name="newer", last_updated="2026-02-01T00:00:00Z")
    newer["evses"][0]["last_updated"] = "2026-02-01T00:00:00Z"
    assert ask("PUT", f"{PATH}/L2", token=partner.token, body=newer).code == 1000
    one = next(each for each in operate("refusals")["refusals"] if each["object_id"] == "L1")
    assert operate("readmit", id=one["id"])["readmitted"] == 1
    answer = operate("readmit", partner=partner.id, code="malformed")
    assert (answer["readmitted"], answer["stale"], answer["refused"]) == (1, 1, 0)
    assert operate("get", module="locations", id="L2", party="BE/BEC")["object"]["name"] == "newer"
    assert operate("get", module="locations", id="L3", party="BE/BEC")["object"]["name"] == "too new"
    assert [each["object_id"] for each in operate("refusals")["refusals"]] == ["L4"]


def test_a_refused_change_is_readmitted_unless_something_newer_is_known(
    ask: Any, operate: Any, partner: Any
) -> None:
    ask("PUT", f"{PATH}/L1", token=partner.token, body=location())
    change = {"status": ["NO", "SUCH"], "last_updated": "2026-01-02T00:00:00Z"}
    assert ask("PATCH", f"{PATH}/L1/E1", token=partner.token, body=change).code == 2001
    (found,) = operate("refusals")["refusals"]
    assert (found["method"], found["part"]) == ("PATCH", "E1")
    answer = operate("readmit", id=found["id"])
    assert answer["refused"] == 1 and answer["errors"][0]["pointer"] == "/status"


def test_what_a_pull_sets_aside_is_among_the_refusals(operate: Any, drain: Any, partner: Any) -> None:
    partner.objects["locations"] = [location("L1"), broken("L2")]
    operate("pull", partner=partner.id, module="locations", full=True)
    drain()
    (found,) = operate("refusals", partner=partner.id)["refusals"]
    assert (found["object_id"], found["origin"]) == ("L2", "PULLED")
    shown = next(
        each for each in operate("pulls", partner=partner.id)["pulls"] if each["module"] == "locations"
    )
    assert shown["set_aside"] == 1 and shown["findings"][0]["id"] == found["id"]
    partner.objects["locations"] = [location("L1"), location("L2")]
    assert operate("readmit", id=found["id"])["refused"] == 1


def test_pages_of_refusals_have_each_once(ask: Any, operate: Any, partner: Any) -> None:
    for at in range(5):
        ask("PUT", f"{PATH}/L{at}", token=partner.token, body=broken(f"L{at}"))
    seen: list[str] = []
    cursor = None
    while True:
        page = operate("refusals", limit=2, cursor=cursor)
        seen += [each["object_id"] for each in page["refusals"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == [f"L{at}" for at in reversed(range(5))]


def test_nothing_of_a_refusal_is_in_the_log(ask: Any, partner: Any, capsys: Any) -> None:
    ask("PUT", f"{PATH}/L1", token=partner.token, body=broken(name="Private Person"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert "Private Person" not in json.dumps(lines)
    assert any(line.get("object") == "locations/BE/BEC/L1" for line in lines)
