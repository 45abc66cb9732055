"""What a partner hears also when it is refused: whole seconds, routing headers, 400 for lost letters."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from chalicelib.ocpi import charset, envelope, jsontext
from chalicelib.ocpi.messages import reply
from tests.known import Known
from tests.samples import NEWER, example, for_emsp

pytest_plugins = ["tests.known"]


def test_an_envelope_of_2_1_1_carries_whole_seconds() -> None:
    # TYP-07
    moment = "2026-02-03T10:00:00.123Z"
    assert jsontext.loads(envelope.write(reply(None), moment, "2.1.1"))["timestamp"] == "2026-02-03T10:00:00Z"
    assert jsontext.loads(envelope.write(reply(None), moment, "2.2.1"))["timestamp"] == moment


def test_a_path_with_too_many_segments_is_answered_with_routing_headers(ask: Any, known: Known) -> None:
    # HUB-05
    answer = ask("GET", "/ocpi/2.2.1/receiver/cdrs/BE/BEC/C1/and/more", token="cpo")
    assert answer.status == 404
    assert answer.headers["ocpi-to-party-id"]
    assert answer.headers["ocpi-from-party-id"]


def test_letters_that_are_no_utf_8_are_read_as_what_they_are_or_refused() -> None:
    text, is_utf_8 = charset.read('{"name": "Café"}'.encode("latin-1"))
    assert (jsontext.loads(text), is_utf_8) == ({"name": "Café"}, False)
    lost = '{"name": "Caf\ufffd"}'.encode()
    try:
        charset.read(lost)
    except ValueError:
        return
    raise AssertionError("what stands for lost letters is stored")


CAFE = {"name": "Café Zürich"}


def _noted(operate: Any, module: str, id: str, party: str = "BE/BEC") -> list[tuple[str, str]]:
    found = operate("get", module=module, party=party, id=id).get("findings", [])
    return [(each["pointer"], each["code"]) for each in found]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16"])
def test_a_body_that_is_not_utf_8_is_stored_as_what_it_is_and_noted(
    ask: Any, known: Known, operate: Any, events: Any, drain: Any, encoding: str
) -> None:
    body = example("location", id="LOC1", **CAFE)
    path = "/ocpi/2.2.1/receiver/locations/BE/BEC/LOC1"
    answer = ask("PUT", path, token="cpo", body=_json(body).encode(encoding))
    assert answer.status == 201, answer.text
    assert ask("GET", path, token="cpo").data == json.loads(_json(body))
    assert operate("get", module="locations", party="BE/BEC", id="LOC1")["object"]["name"] == CAFE["name"]
    assert _noted(operate, "locations", "LOC1") == [("", "charset")]
    drain()
    told = [each["detail"] for each in events("ObjectChanged") if each["detail"]["part"] == ""]
    assert [each["code"] for each in told[-1]["findings"]] == ["charset"]
    answer = ask("PUT", path, token="cpo", body={**body, "name": "Bar", "last_updated": NEWER})
    assert answer.status == 200
    assert _noted(operate, "locations", "LOC1") == []


def test_letters_that_were_lost_on_the_way_are_refused_and_nothing_is_stored(ask: Any, known: Known) -> None:
    body = _json(example("location", id="LOC1", name="Caf\ufffd")).encode()
    answer = ask("PUT", "/ocpi/2.2.1/receiver/locations/BE/BEC/LOC1", token="cpo", body=body)
    assert (answer.status, answer.code) == (400, 2001)
    assert ask("GET", "/ocpi/2.2.1/receiver/locations/BE/BEC/LOC1", token="cpo").status == 404


@pytest.mark.parametrize(
    ("raw", "headers", "why"),
    [
        (b"", {}, "the body is empty"),
        (b" \r\n", {}, "the body is empty"),
        (b"\x1f\x8b\x08\x00", {"Content-Encoding": "gzip"}, "Content-Encoding 'gzip' is not read"),
        (b'{"a": NaN}', {}, "invalid character (byte 6)"),
        (b"[" * 100 + b"]" * 100, {}, "nested deeper than 32 levels"),
        (b"a=1&b=2", {"Content-Type": "application/x-www-form-urlencoded"}, "not valid JSON"),
    ],
    ids=str,
)
def test_a_body_that_nobody_can_read_is_told_why(
    ask: Any, known: Known, raw: bytes, headers: dict[str, str], why: str
) -> None:
    path = "/ocpi/2.2.1/receiver/locations/BE/BEC/LOC1"
    answer = ask("PUT", path, token="cpo", body=raw, headers=headers)
    assert (answer.status, answer.code, why in answer.text) == (400, 2001, True), answer.text
    assert ask("GET", path, token="cpo").status == 404


def test_an_object_in_a_list_of_one_is_noted_at_every_door(ask: Any, known: Known, operate: Any) -> None:
    path = "/ocpi/2.2.1/receiver/locations/BE/BEC/LOC1"
    body = example("location", id="LOC1")
    evse = body["evses"][0]
    assert ask("PUT", path, token="cpo", body=[body]).status == 201
    assert _noted(operate, "locations", "LOC1") == [("", "shape")]
    assert ask("PUT", path, token="cpo", body=body).status == 200
    assert ask("PUT", f"{path}/{evse['uid']}", token="cpo", body=[{**evse, "floor_level": "9"}]).status == 200
    assert _noted(operate, "locations", "LOC1") == [("/evses/0", "shape")]
    cdr = example("cdr", id="C1", cdr_token=for_emsp("NL/EXM"))
    assert ask("POST", "/ocpi/2.2.1/receiver/cdrs", token="cpo", body=[cdr]).status == 201
    assert ("", "shape") in _noted(operate, "cdrs", "C1")


def test_what_was_odd_about_a_patch_is_noted_as_long_as_it_holds(
    ask: Any, known: Known, operate: Any
) -> None:
    path = "/ocpi/2.2.1/receiver/locations/BE/BEC/LOC1"
    body = example("location", id="LOC1")
    uid = body["evses"][0]["uid"]
    ask("PUT", path, token="cpo", body=body)
    changes = {"status": "charging", "floor_level": ["2"], "last_updated": NEWER}
    assert ask("PATCH", f"{path}/{uid}", token="cpo", body=changes).code == 1000
    assert operate("get", module="locations", party="BE/BEC", id="LOC1")["object"]["evses"][0]["status"] == (
        "CHARGING"
    )
    assert _noted(operate, "locations", "LOC1") == [
        ("/evses/0/status", "coerced"),
        ("/evses/0/floor_level", "shape"),
    ]
    assert ask("PATCH", path, token="cpo", body={"name": 5, "last_updated": NEWER}).code == 1000
    assert ("/name", "coerced") in _noted(operate, "locations", "LOC1")
    assert ask("PUT", path, token="cpo", body={**body, "last_updated": NEWER}).code == 1000
    assert _noted(operate, "locations", "LOC1") == []


def test_what_is_odd_in_the_patch_of_a_location_is_noted_of_the_evse_it_is_about(
    ask: Any, known: Known, operate: Any
) -> None:
    """Not where it stood in the PATCH, which is another EVSE's place; what others have stays noted."""
    path = "/ocpi/2.2.1/receiver/locations/BE/BEC/LOC1"
    one = example("location", id="LOC1")["evses"][0]
    evses = [{**one, "uid": uid} for uid in ("A", "B", "C")]
    assert ask("PUT", path, token="cpo", body=example("location", id="LOC1", evses=evses)).status == 201
    odd = {"floor_level": ["2"], "last_updated": NEWER}
    assert ask("PATCH", f"{path}/A", token="cpo", body=odd).code == 1000
    changes = {"evses": [{"uid": "C", "status": "charging"}, {**one, "uid": "D", "floor_level": 3}]}
    assert ask("PATCH", path, token="cpo", body={**changes, "last_updated": NEWER}).code == 1000
    assert sorted(_noted(operate, "locations", "LOC1")) == [
        ("/evses/0/floor_level", "shape"),
        ("/evses/2/status", "coerced"),
        ("/evses/3/floor_level", "coerced"),
    ]
    changes = {"evses": [{"uid": "C", "status": "BLOCKED"}], "last_updated": NEWER}
    assert ask("PATCH", path, token="cpo", body=changes).code == 1000
    assert ask("PATCH", f"{path}/A", token="cpo", body={**odd, "floor_level": "2"}).code == 1000
    assert _noted(operate, "locations", "LOC1") == [("/evses/3/floor_level", "coerced")]


def test_what_is_odd_about_a_connector_is_noted_where_it_stands(ask: Any, known: Known, operate: Any) -> None:
    path = "/ocpi/2.2.1/receiver/locations/BE/BEC/LOC1"
    evse = example("location", id="LOC1")["evses"][0]
    connectors = [{**evse["connectors"][0], "id": id} for id in ("1", "2")]
    body = example("location", id="LOC1", evses=[{**evse, "connectors": connectors}])
    assert ask("PUT", path, token="cpo", body=body).status == 201
    changes = {"max_amperage": "16", "last_updated": NEWER}
    assert ask("PATCH", f"{path}/{evse['uid']}/2", token="cpo", body=changes).code == 1000
    assert _noted(operate, "locations", "LOC1") == [("/evses/0/connectors/1/max_amperage", "coerced")]
    changes = {"max_amperage": 16, "format": "socket", "last_updated": NEWER}
    assert ask("PATCH", f"{path}/{evse['uid']}/2", token="cpo", body=changes).code == 1000
    assert _noted(operate, "locations", "LOC1") == [("/evses/0/connectors/1/format", "coerced")]
    whole = [{**connectors[1], "last_updated": NEWER}]
    assert ask("PUT", f"{path}/{evse['uid']}/2", token="cpo", body=whole).code == 1000
    assert _noted(operate, "locations", "LOC1") == [("/evses/0/connectors/1", "shape")]


def _told_of_periods(operate: Any, party: str) -> list[str]:
    noted = _noted(operate, "sessions", "S1", party)
    return [pointer for pointer, _ in noted if pointer.startswith("/charging_periods")]


def test_periods_that_are_replaced_take_what_was_odd_about_them_along(
    ask: Any, known: Known, operate: Any
) -> None:
    """CNV-67: in 2.1.1 a PATCH replaces them; since 2.2.1 it adds, and what was noted of the others holds."""
    odd = {"start_date_time": "2026-10-01 10:00:00", "dimensions": [{"type": "time", "volume": "1"}]}
    sound = {"start_date_time": NEWER, "dimensions": [{"type": "TIME", "volume": 1}]}
    for version, token, owner in (("2.1.1", "old_cpo", "BE/OLD"), ("2.2.1", "cpo", "BE/BEC")):
        path = f"/ocpi/{version}/receiver/sessions/{owner}/S1"
        more = {} if version == "2.1.1" else {"cdr_token": for_emsp("NL/EXM")}
        body = example("session", version, owner, id="S1", charging_periods=[sound], **more)
        assert ask("PUT", path, token=token, body=body).status == 201
        changes = {"charging_periods": [odd], "last_updated": NEWER}
        assert ask("PATCH", path, token=token, body=changes).code == 1000
        assert _told_of_periods(operate, owner)
        changes = {"charging_periods": [sound], "last_updated": NEWER}
        assert ask("PATCH", path, token=token, body=changes).code == 1000
        assert bool(_told_of_periods(operate, owner)) == (version == "2.2.1")


def test_periods_are_replaced_by_a_2_1_1_patch_also_where_the_session_came_in_another_version(
    ask: Any, known: Known, operate: Any
) -> None:
    first, second = (
        {"start_date_time": at, "dimensions": [{"type": "TIME", "volume": 1}]}
        for at in ("2026-09-01T00:00:00Z", NEWER)
    )
    cpo = known.by_id["old_cpo"]
    known.add(dataclasses.replace(cpo, version="2.2.1"))
    body = example("session", id="S1", owner="BE/OLD", charging_periods=[first], cdr_token=for_emsp("NL/EXM"))
    assert ask("PUT", "/ocpi/2.2.1/receiver/sessions/BE/OLD/S1", token="old_cpo", body=body).status == 201
    known.add(cpo)
    changes = {"charging_periods": [second], "last_updated": NEWER}
    assert ask("PATCH", "/ocpi/2.1.1/receiver/sessions/BE/OLD/S1", token="old_cpo", body=changes).code == 1000
    found = operate("get", module="sessions", party="BE/OLD", id="S1")["object"]["charging_periods"]
    assert [each["start_date_time"] for each in found] == [NEWER]


def test_a_page_that_is_not_utf_8_is_stored_as_what_it_is_and_noted(
    partner: Any, operate: Any, drain: Any
) -> None:
    body = example("location", id="LOC1", **CAFE)
    page = {"status_code": 1000, "data": [[body]], "timestamp": NEWER}
    partner.answer("GET", "locations", body=_json(page).encode("latin-1"))
    operate("pull", partner=partner.id, module="locations")
    drain()
    found = operate("get", module="locations", party="BE/BEC", id="LOC1")
    assert found["object"]["name"] == CAFE["name"]
    assert _noted(operate, "locations", "LOC1") == [("", "charset"), ("", "shape")]


def _json(value: Any) -> str:
    return jsontext.dumps(value)


@pytest.mark.parametrize(
    "path", ["credentials/x", "receiver/nothing", "sender", "x/y/z", "receiver/locations/a/b/c/d/e/f"]
)
def test_an_envelope_of_2_1_1_carries_whole_seconds_where_there_is_no_such_path(
    ask: Any, known: Known, path: str
) -> None:
    # TYP-07
    for method in ("GET", "PUT"):
        answer = ask(method, f"/ocpi/2.1.1/{path}", token="old_cpo", body=None if method == "GET" else {})
        assert (answer.status, len(answer.json["timestamp"])) == (404, len("2026-01-01T00:00:00Z")), (
            answer.text
        )
