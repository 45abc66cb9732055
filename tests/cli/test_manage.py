"""The operator's command line, against a platform on a real port."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

EMSP = {"role": "EMSP", "country_code": "DE", "party_id": "MSP"}
CHANGED = "2026-01-15T09:00:00Z"


def location(id: str, **changes: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "EXA",
        "id": id,
        "publish": True,
        "name": f"Place {id}",
        "address": "Laan 1",
        "city": "Ede",
        "country": "NLD",
        "coordinates": {"latitude": "52.040000", "longitude": "5.660000"},
        "time_zone": "Europe/Amsterdam",
        "last_updated": CHANGED,
        **changes,
    }


def wrong(id: str) -> dict[str, Any]:
    return {name: value for name, value in location(id).items() if name != "publish"}


# -- commands out of schemas


def test_help_lists_every_action_with_what_it_does_on_80_columns(url, hand, run, monkeypatch):
    """Design section 5"""
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = run("help")
    assert code == 0 and max(map(len, out.splitlines())) <= 80
    words = " ".join(out.split())
    for name, action in hand.operate("help")["actions"].items():
        if name != "help":
            assert f"{name} {action['summary']}" in words


def test_every_action_of_the_platform_is_a_command_with_all_its_fields(url, hand, run):
    for name, action in hand.operate("help")["actions"].items():
        code, out, _ = run("help", name)
        assert code == 0
        for field in action["schema"].get("properties", {}):
            assert f"--{field.replace('_', '-')}" in out
        if name != "help":
            assert f"manage.py {name}" in out.partition("Examples:")[2]


def test_an_action_that_nothing_here_knows_is_a_command_all_the_same(canned, run):
    canned.schemas["frobnicate"] = {
        "required": ["partner", "how_much"],
        "properties": {
            "partner": {"type": "string"},
            "how_much": {"type": "integer", "description": "seconds"},
            "deep": {"type": "boolean"},
            "modules": {"type": "array", "items": {"type": "string"}},
            "more": {"anyOf": [{"type": "object"}, {"type": "null"}]},
            "since": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
    }
    canned.answers["frobnicate"] = {"frobs": [{"id": "f1", "size": 1}], "cursor": "c"}
    code, out, err = run(
        "frobnicate",
        "ex",
        "2d",
        "--deep",
        "--modules",
        "a,b",
        "--more",
        '{"x": 0.10}',
        "--since",
        "2026-10-01",
    )
    assert code == 0
    assert out.splitlines()[0].split() == ["ID", "SIZE"] and "--cursor c" in err
    assert canned.asked[-1] == {
        "action": "frobnicate",
        "partner": "ex",
        "how_much": 172800,
        "deep": True,
        "modules": ["a", "b"],
        "more": {"x": 0.1},
        "since": "2026-10-01T00:00:00Z",
    }
    assert '"x":0.10' in canned.bodies[-1]  # an amount keeps its digits


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("staus",), "Did you mean 'status'"),
        (("partner",), "partner is required"),
        (("invite", "--name", "x", "--expires-in", "soon"), "not a whole number"),
        (("invite", "--nmae", "x"), "--name"),
        (("invite", "x", "--requires", "[1"), "not JSON"),
        (("put", "locations", "/nowhere.json"), "/nowhere.json: No such file"),
        (("put", "loctions", "-"), "'locations'"),
        (("put", "locations"), "FILE"),
        (("list", "locations", "too", "much"), "one argument too many: 'too'"),
        (("partner", "x", "--follow"), "--follow"),
        (("--watch", "unregister", "x"), "--watch"),
        (("partners", "--json", "--csv"), "--csv"),
        (("export", "cdrs", "--month", "2026-13"), "2026-10"),
        (("--url", "http://127.0.0.1:1", "--function", "f", "status"), "either"),
        ((), "Usage"),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_says_what_is_near(url, run, arguments, hint):
    """Design section 5"""
    code, out, err = run(*arguments)
    assert code == 2
    assert hint in out + err and "Traceback" not in err


def test_actions_and_options_may_be_written_with_either_dash(url, run):
    assert run("update-registration", "nobody")[0] == 1
    assert run("invite", "x", "--expires_in", "600")[0] == 0


@pytest.mark.parametrize(
    "line",
    [
        "--url {} partners",
        "partners --url {}",
        "partners --url={} --json",
        "help --url {}",
        "help partners --url {}",
        "export locations --url {}",
        "list locations --url {} --party own",
        "console --url {} --no-browser",
    ],
)
def test_the_platform_is_named_before_or_after_the_action(url, run, monkeypatch, line):
    monkeypatch.setenv("OCPI_URL", "http://127.0.0.1:9")  # where nobody answers
    code, out, err = run(*line.format(url).split())
    assert (code, err) == (0, "") and out


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("status --url", "requires an argument"),
        ("status --url http://127.0.0.1:1 --function f", "either --url or --function"),
        ("--function f status --url http://127.0.0.1:1", "either --url or --function"),
    ],
)
def test_a_platform_that_is_named_wrongly_is_wrong_usage(run, monkeypatch, line, hint):
    monkeypatch.setenv("OCPI_URL", "http://127.0.0.1:9")
    code, _, err = run(*line.split())
    assert code == 2 and hint in err


def test_what_names_the_platform_is_no_field_of_an_action(hand):
    for name, action in hand.operate("help")["actions"].items():
        assert not {"url", "function"} & set(action["schema"].get("properties", {})), name


# -- partners


def test_an_invitation_and_a_table_of_partners(url, run):
    code, out, _ = run(
        "invite", "Example Mobility", "--roles", "EMSP/DE/MSP", "CPO/DE/MSC", "--expires-in", "7d"
    )
    assert code == 0
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert lines["versions_url"].endswith("/ocpi/versions") and len(lines["token"]) > 40
    code, out, _ = run("partners")
    head, row = out.splitlines()
    assert head.startswith("ID") and "STATE" in head
    assert row.startswith(lines["partner"]) and "INVITED" in row
    code, out, _ = run("partner", lines["partner"])
    assert "EMSP DE/MSP, CPO DE/MSC" in out and "INVITED" in out


def test_a_partner_is_found_by_its_name(url, hand, run):
    """Design section 5: id or unique name"""
    id = hand.operate("invite", name="Example Mobility")["partner"]
    code, out, _ = run("partner", "example mobility", "--json")
    assert code == 0 and json.loads(out)["id"] == id
    code, _, err = run("suspend", "Exmple Mobility")
    assert code == 1 and f"Did you mean 'Example Mobility' ({id})?" in err
    assert hand.operate("partner", partner=id)["state"] == "INVITED"


def test_two_partners_of_one_name_are_not_guessed_at(url, hand, run):
    first, second = (hand.operate("invite", name="Twin")["partner"] for _ in range(2))
    code, _, err = run("partner", "twin")
    assert code == 1 and first in err and second in err


def test_json_is_the_data_as_the_action_gives_it(url, hand, run):
    """Design section 5: --json for machines, before or after the action"""
    invited = hand.operate("invite", name="x", roles=[EMSP])
    for arguments in (("--json", "partner", invited["partner"]), ("partner", invited["partner"], "--json")):
        code, out, _ = run(*arguments)
        assert code == 0
        assert json.loads(out) == hand.operate("partner", partner=invited["partner"])


def test_a_refusal_is_told_on_standard_error_and_ends_with_1(url, run):
    """Design section 5: the message and the pointer; as JSON where that was asked for"""
    code, out, err = run("partner", "nobody")
    assert (code, out) == (1, "")
    assert err == "unknown_partner: /partner: no partner 'nobody'; see partners\n"
    code, out, err = run("partner", "nobody", "--json")
    assert (code, out) == (1, "") and json.loads(err)["error"]["pointer"] == "/partner"


# -- tokens


def test_a_token_comes_from_standard_input_and_never_from_the_arguments(canned, run, stdin, monkeypatch):
    canned.schemas["register"] = {
        "required": ["versions_url", "token"],
        "properties": {"versions_url": {"type": "string"}, "token": {"type": "string"}},
    }
    canned.answers["register"] = {"id": "p", "state": "REGISTERED"}
    for arguments in (("--token", "SECRET"), ("SECRET",), ("--token=SECRET",)):
        code, out, err = run("register", "https://example.com/versions", *arguments)
        assert code == 2 and "SECRET" not in out + err and "--token -" in err
    assert not canned.asked
    stdin("SECRET\n")
    assert run("register", "https://example.com/versions", "--token", "-")[0] == 0
    stdin("SECRET\n")
    assert run("register", "https://example.com/versions")[0] == 0
    stdin("")
    assert run("register", "https://example.com/versions")[0] == 2
    monkeypatch.setenv("OCPI_TOKEN", "SECRET")
    assert run("register", "https://example.com/versions")[0] == 0
    assert [each["token"] for each in canned.asked] == ["SECRET"] * 3


def test_the_token_of_a_card_is_a_filter_and_no_secret(canned, run):
    canned.schemas["list"] = {
        "required": ["module"],
        "properties": {"module": {"type": "string"}, "token": {"type": "string"}},
    }
    canned.answers["list"] = {"objects": []}
    assert run("list", "sessions", "--token", "04E1")[0] == 0
    assert canned.asked[-1]["token"] == "04E1"


# -- objects


def test_a_put_with_a_fault_ends_with_1_and_tells_each_with_id_and_pointer(url, hand, run, stdin, tmp_path):
    """Design section 5: a wrong object in a list is refused by itself"""
    stdin(json.dumps([location("GOOD"), wrong("BAD1"), wrong("BAD2")]))
    code, out, _ = run("put", "locations", "-")
    assert code == 1
    assert out.startswith("1 stored, 0 unchanged") and "2 refused" in out
    for id in ("BAD1", "BAD2"):
        assert re.search(rf"^{id}\s+/publish\s+\w+", out, re.M)
    assert hand.operate("get", module="locations", id="GOOD")
    one = tmp_path / "one.json"
    one.write_text(json.dumps(wrong("BAD3")))
    code, out, _ = run("put", "locations", str(one), "--json")
    assert code == 1
    assert [(each["id"], each["pointer"]) for each in json.loads(out)["errors"]] == [("BAD3", "/publish")]
    one.write_text(json.dumps(location("GOOD")))
    assert run("put", "locations", str(one))[:2] == (0, "0 stored, 1 unchanged\n")


def test_a_folder_is_put_whole_and_each_fault_names_its_file(url, hand, run, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.json").write_text(json.dumps(location("A")))
    (tmp_path / "b.jsonl").write_text(f"{json.dumps(location('B1'))}\n\n{json.dumps(wrong('B2'))}\n")
    (tmp_path / "deep" / "c.json").write_text(json.dumps({"objects": [location("C")], "cursor": ""}))
    (tmp_path / "note.txt").write_text("nothing")
    code, out, _ = run("put", "locations", str(tmp_path))
    assert code == 1 and out.startswith("3 stored")
    assert f"{tmp_path}/b.jsonl[1]" in out and "B2" in out
    assert len(hand.operate("list", module="locations")["objects"]) == 3


def test_check_tells_every_fault_of_every_object_and_stores_nothing(url, hand, run, tmp_path):
    both = tmp_path / "both.json"
    broken = [{"id": id, "country_code": "NL", "party_id": "EXA"} for id in ("X", "Y")]
    both.write_text(json.dumps(broken))
    code, out, _ = run("check", "locations", str(both), "--json")
    told = {(each["id"], each["pointer"]) for each in json.loads(out)["errors"]}
    assert code == 1
    assert {(id, pointer) for id in "XY" for pointer in ("/publish", "/coordinates", "/last_updated")} <= told
    both.write_text(json.dumps([location("X")]))
    assert run("check", "locations", str(both))[0] == 0
    assert hand.operate("list", module="locations")["objects"] == []


def test_more_objects_than_one_invocation_takes_are_put_in_steps(url, hand, run, stdin):
    many = [location(f"L{at:03}") for at in range(60)]
    many[55] = wrong("L055")
    stdin(json.dumps(many))
    code, out, _ = run("put", "locations", "-", "--json")
    data = json.loads(out)
    assert code == 1 and data["stored"] == 59
    assert [(each["index"], each["id"]) for each in data["errors"]] == [(55, "L055")]
    [job] = hand.operate("puts")["puts"]
    assert (job["state"], job["total"], job["stored"], job["refused"]) == ("COMPLETED", 60, 59, 1)


def test_what_the_queue_goes_on_with_is_waited_for(canned, run, stdin):
    canned.schemas["put"] = {
        "required": ["module"],
        "properties": {"module": {"type": "string"}, "objects": {"type": "array"}},
    }
    canned.answers["put"] = {"stored": 1, "unchanged": 0, "errors": [], "queued": 2, "job": "j"}
    error = {"index": 2, "pointer": "/city", "message": "required"}
    counts = {"stored": 2, "unchanged": 0, "refused": 1}
    canned.answers["puts"] = [
        {"puts": [{"id": "j", "state": "RUNNING", "stored": 1}]},
        {"puts": [{"id": "j", "state": "COMPLETED", **counts, "errors": [error]}]},
    ]
    stdin(json.dumps([{"id": "a"}, {"id": "b"}, {"id": "c"}]))
    code, out, _ = run("put", "locations", "-", "--json")
    data = json.loads(out)
    assert code == 1 and data["stored"] == 2 and data["errors"] == [{**error, "id": "c"}]


def test_a_spreadsheet_becomes_locations_by_its_map(url, hand, run, tmp_path):
    """Import: rows of one id are one Location, of one uid one EVSE"""
    sites, mapping = tmp_path / "sites.csv", tmp_path / "map.json"
    sites.write_text(
        "Site;Name;Lat;Lon;Charger;State;Plug;Volt\n"
        "0042;Alpha;52,04;5.66;E1;AVAILABLE;1;230\n"
        "0042;Alpha;52,04;5.66;E1;AVAILABLE;2;400\n"
        "0042;Alpha;52,04;5.66;E2;CHARGING;1;230\n"
        "0043;Beta;52.05;5.67;;;;\n"
    )
    fields = {
        name: f"={value}"
        for name, value in location("").items()
        if isinstance(value, str) and name not in ("id", "name")
    }
    connector = "evses[].connectors[]"
    fields |= {
        "id": "Site",
        "publish": "=true",
        "name": "Name",
        "coordinates.latitude": "Lat:coordinate",
        "coordinates.longitude": "Lon:coordinate",
        "evses[].uid": "Charger",
        "evses[].status": "State",
        "evses[].last_updated": f"={CHANGED}",
        f"{connector}.id": "Plug",
        f"{connector}.max_voltage": "Volt:number",
        f"{connector}.max_amperage": "=16",
        f"{connector}.standard": "=IEC_62196_T2",
        f"{connector}.format": "=SOCKET",
        f"{connector}.power_type": "=AC_3_PHASE",
        f"{connector}.last_updated": f"={CHANGED}",
    }
    mapping.write_text(json.dumps(fields))
    code, out, _ = run("put", "locations", str(sites), "--map", str(mapping))
    assert (code, out) == (0, "2 stored, 0 unchanged\n")
    alpha = hand.operate("get", module="locations", id="0042")["object"]
    assert alpha["coordinates"] == {"latitude": "52.04000", "longitude": "5.66000"}
    assert [
        (evse["uid"], [each["max_voltage"] for each in evse["connectors"]]) for evse in alpha["evses"]
    ] == [
        ("E1", [230, 400]),
        ("E2", [230]),
    ]
    assert "evses" not in hand.operate("get", module="locations", id="0043")["object"]
    mapping.write_text('{"id": "Sight"}')
    code, _, err = run("put", "locations", str(sites), "--map", str(mapping))
    assert code == 2 and "no column 'Sight'" in err and "'Site'" in err


def test_a_patch_is_written_as_pairs_or_taken_from_a_file(url, hand, run, tmp_path):
    hand.operate("put", module="locations", object=location("LOC1"))
    assert run("patch", "locations", "LOC1", "name=New name", "publish=false")[0] == 0
    found = hand.operate("get", module="locations", id="LOC1")["object"]
    assert (found["name"], found["publish"]) == ("New name", False)
    (tmp_path / "changes.json").write_text('{"city": "Arnhem"}')
    assert run("patch", "locations", "LOC1", str(tmp_path / "changes.json"))[0] == 0
    assert hand.operate("get", module="locations", id="LOC1")["object"]["city"] == "Arnhem"


def test_lists_go_on_with_a_cursor_or_are_shown_whole(url, hand, run):
    hand.operate("put", module="locations", objects=[location(f"L{at}") for at in range(5)])
    code, out, err = run("list", "locations", "--limit", "2")
    assert code == 0 and len(out.splitlines()) == 3 and "2 of 5" in err and "--cursor" in err
    code, out, err = run("list", "locations", "--limit", "2", "--all")
    assert [line.split()[1] for line in out.splitlines()[1:]] == [f"L{at}" for at in range(5)]
    assert err == ""
    code, out, _ = run("list", "locations", "--limit", "2", "--all", "--json")
    assert len(json.loads(out)["objects"]) == 5


def test_an_export_has_every_object_and_appears_whole(url, hand, run, tmp_path):
    hand.operate("put", module="locations", objects=[location(f"L{at}") for at in range(3)])
    lines, table = tmp_path / "all.jsonl", tmp_path / "all.csv"
    assert run("export", "locations", "-o", str(lines))[0] == 0
    assert [json.loads(line)["id"] for line in lines.read_text().splitlines()] == ["L0", "L1", "L2"]
    assert run("export", "locations", "-o", str(table))[0] == 0
    assert table.read_text().splitlines()[0].startswith("country_code,party_id,id,publish,name")
    code, out, _ = run("export", "locations", "--json", "--month", "2026-01")
    assert code == 0 and len(json.loads(out)) == 3
    code, out, _ = run("export", "locations", "--json", "--month", "2026-02")
    assert code == 0 and json.loads(out) == []
    assert run("--url", "http://127.0.0.1:9", "export", "locations", "-o", str(tmp_path / "no.csv"))[0] == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["all.csv", "all.jsonl"]
    for file in (lines, table):
        assert run("put", "locations", str(file))[:2] == (0, "0 stored, 3 unchanged\n")


def test_a_month_of_cdrs_is_those_that_ended_in_it(canned, run):
    """As a statement has them (design section 13): by end_date_time in UTC, whenever they came"""
    ends = [
        "2026-09-30T23:59:59.999Z",
        "2026-10-01T00:00:00.000Z",
        "2026-10-31T23:59:59Z",
        "2026-11-01T00:00:00Z",
    ]
    ends += ["2026-11-01T00:00:00.000Z", "2026-11-01T00:00:00", "2026-11-01T00:30:00+01:00"]
    canned.schemas["list"] = {"required": ["module"], "properties": {"module": {"type": "string"}}}
    canned.answers["list"] = {
        "objects": [
            {"id": str(at), "end_date_time": end, "last_updated": "2026-12-01T00:00:00Z"}
            for at, end in enumerate(ends)
        ]
    }
    code, out, _ = run("export", "cdrs", "--month", "2026-10", "--json")
    assert code == 0 and [each["id"] for each in json.loads(out)] == ["1", "2", "6"]
    assert "date_to" not in canned.asked[-1] and canned.asked[-1]["date_from"] == "2026-09-30T00:00:00Z"
