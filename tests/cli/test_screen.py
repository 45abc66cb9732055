"""What the command line shows: on wide and narrow terminals, in pipes, and while time passes."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from cli.main import main
from tests.cli.conftest import ROOT, shell

LONG = "HTTP 400, OCPI 2001: evses/0/connectors/0/max_voltage: 'high' is no whole number"


def delivery(**changes: Any) -> dict[str, Any]:
    return {
        "id": "stub-emsp-fr-gra-5e9977#locations#NL/EXA/L-E762-1#-",
        "partner": "stub-emsp-fr-gra-5e9977",
        "module": "locations",
        "owner": "NL/EXA",
        "object_id": "L-E762-1",
        "part": "",
        "state": "REFUSED",
        "attempts": 1,
        "next_attempt_at": None,
        "reason": LONG,
        **changes,
    }


LISTING = {"properties": {"limit": {"type": "integer"}, "cursor": {"type": "string"}}}


@pytest.fixture
def deliveries(canned: Any) -> Any:
    canned.schemas["deliveries"] = LISTING
    canned.answers["deliveries"] = {"deliveries": [delivery(), delivery(state="WAITING")], "cursor": None}
    return canned


def on_terminal(columns: int, *arguments: str, seconds: float = 0.0) -> str:
    """What manage.py writes to a terminal of so many columns.

    With `seconds` it is ended by Ctrl-C so long after it began to write.
    """
    parent, child = pty.openpty()
    environ = {"TERM": "xterm-256color", "COLUMNS": str(columns)}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        stdin=child,
        stdout=child,
        stderr=child,
        env={name: value for name, value in os.environ.items() if name != "NO_COLOR"} | environ,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    os.close(child)
    said, until = b"", 0.0
    while True:
        if seconds and said and not until:
            until = time.monotonic() + seconds
        if until and time.monotonic() > until:
            process.send_signal(signal.SIGINT)
            seconds = until = 0.0
        if not select.select([parent], [], [], 0.05)[0]:
            continue
        try:
            more = os.read(parent, 65536)
        except OSError:
            break
        if not more:
            break
        said += more
    os.close(parent)
    assert process.wait(30) == 0
    return said.decode()


# -- columns


@pytest.mark.parametrize("columns", [60, 80, 100, 120, 200])
def test_no_chosen_column_is_dropped_at_any_width(deliveries, run, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    code, out, _ = run("deliveries")
    assert code == 0 and max(map(len, out.splitlines())) <= columns
    for heading in ("STATE", "PARTNER", "MODULE", "OBJECT", "TRIES", "NEXT", "REASON"):
        assert heading in out
    assert out.count("REFUSED") == 1 and out.count("WAITING") == 1
    assert out.replace("\n", " ").count("HTTP 400, OCPI 2001:") == 2


def test_at_80_columns_what_one_came_for_is_whole_below_its_row(deliveries, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run("deliveries")
    lines = out.splitlines()
    assert lines[2].split() == ["REFUSED", "stub-emsp-fr-gra-5e9977", "locations", "NL/EXA/L-E762-1", "1"]
    assert " ".join(" ".join(lines[3:5]).split()).startswith(LONG)


def test_wide_shows_every_field_whole(deliveries, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run("deliveries", "--wide")
    head, row, _ = out.splitlines()
    assert "ID" in head.split() and "OBJECT" in head
    assert LONG in row and delivery()["id"] in row


def test_a_pipe_that_says_no_width_gets_lines_that_are_not_cut(deliveries):
    done = shell("deliveries")
    head, row, _ = done.stdout.splitlines()
    assert head.startswith("STATE") and LONG in row and "\x1b" not in done.stdout
    assert [line for line in done.stdout.splitlines() if line != line.rstrip()] == []


def test_colours_are_for_terminals(deliveries):
    assert "\x1b[1;31mREFUSED\x1b[0m" in on_terminal(120, "deliveries")
    assert "\x1b" not in shell("deliveries", env={"COLUMNS": "120", "TERM": "xterm-256color"}).stdout


def test_an_empty_list_says_so(canned, run):
    canned.answers["deliveries"] = {"deliveries": [], "cursor": None}
    assert run("deliveries")[:2] == (0, "no deliveries\n")
    assert json.loads(run("deliveries", "--json")[1]) == canned.answers["deliveries"]
    assert run("deliveries", "--csv")[1].startswith("state,partner,module,")


def test_rows_of_an_unknown_action_stand_below_each_other_where_they_have_no_room(canned, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    canned.answers["inventory"] = {"things": [{f"name_{at}": f"value {at} of a thing" for at in range(9)}]}
    _, out, _ = run("inventory")
    for at in range(9):
        assert re.search(rf"name_{at} +value {at} of a thing$", out, re.M)


def test_text_of_a_partner_does_not_move_the_terminal(url, hand, run):
    """A name with control characters is shown without them"""
    hand.operate("invite", name="evil\x1b[2J\nname [bold]x[/bold] :smile:")
    for arguments in (("partners",), ("partner", hand.operate("partners")["partners"][0]["id"])):
        _, out, _ = run(*arguments)
        assert "\x1b" not in out and "evil" in out and "[bold]x[/bold] :smile:" in out


def test_the_overview_names_what_was_refused(url, hand, run, partner, drain):
    partner.answer("PUT", "/locations", status=400, code=2001)
    code, out, _ = run("status")
    assert code == 0 and "1 REGISTERED" in out and "CPO NL/EXA" in out


# -- machines


def test_csv_has_a_column_per_field_and_runs_no_formula(canned, run):
    canned.answers["things"] = {
        "things": [{"id": "=1+1", "a": {"b": -2}, "c": [1, "x"]}, {"id": "-3", "d": True}]
    }
    code, out, _ = run("things", "--csv")
    assert code == 0
    assert list(csv.DictReader(io.StringIO(out))) == [
        {"id": "'=1+1", "a.b": "-2", "c": '[1,"x"]', "d": ""},
        {"id": "-3", "a.b": "", "c": "", "d": "true"},
    ]


def test_one_thing_is_one_row_of_csv_with_its_lists_in_cells(url, hand, run):
    hand.operate("invite", name="Example")
    for words in (("partner", "Example"), ("status",)):
        code, out, _ = run(*words, "--csv")
        (row,) = csv.DictReader(io.StringIO(out))
        assert code == 0 and row.keys() & {"name", "queued"}


def test_the_endpoints_of_a_partner_are_a_table_at_80_columns(url, hand, run, monkeypatch):
    hand.register_partner(name="Example")
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run("partner", "Example")
    assert re.search(r"^MODULE +INTERFACE +URL$", out, re.MULTILINE)


def test_what_a_partner_holds_is_told_by_its_differences_first(canned, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    apart = [{"pointer": "/evses/0/status", "ours": "CHARGING", "theirs": "AVAILABLE"}]
    theirs = {"id": "L1", "evses": [{"uid": "E1", "status": "AVAILABLE"}]}
    for found, told in (
        ({"object": theirs, "differences": apart}, r"/evses/0/status +CHARGING +AVAILABLE"),
        ({"object": theirs, "differences": []}, "the same as here"),
        ({"object": None, "differences": []}, "it has none"),
    ):
        canned.answers["held"] = {"url": "https://x.example/L1", "differs": [], **found}
        code, out, _ = run("held")
        assert code == 0 and re.search(told, out), out
        assert ("- uid: E1" in out) == (found["object"] is not None)


def test_amounts_come_out_with_the_digits_they_came_with(hand, canned):
    from cli import ask
    from cli.show import as_json

    text = b'{"ok": true, "data": {"total_cost": 0.10, "exact": 12345678901234567.89}}'
    data = ask.answer(text, None)["data"]
    assert '"total_cost": 0.10,' in as_json(data) and "12345678901234567.89" in as_json(data)


# -- what goes wrong


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "http://nowhere.invalid", "file:///etc/passwd", "nonsense"]
)
def test_a_platform_that_is_not_there_is_told_in_words(url, monkeypatch):
    done = shell("--url", url, "status")
    assert done.returncode == 1 and done.stdout == ""
    assert (
        "is the platform running?" in done.stderr or "http://" in done.stderr
    ) and "Traceback" not in done.stderr


def test_a_server_that_is_no_platform_is_told_in_words(run, partner, monkeypatch):
    monkeypatch.delenv("OCPI_FUNCTION", raising=False)
    code, _, err = run("--url", partner.base_url, "status")
    assert code == 1 and "is this a platform's URL?" in err


def test_a_closed_pipe_ends_quietly(canned):
    canned.answers["things"] = {"things": [{"id": str(at), "text": "x" * 60} for at in range(4000)]}
    canned.answers["puts"] = {**canned.answers["things"], "errors": [{"pointer": "/city"}]}
    for action, status in (("things", "0"), ("puts", "1"), ("help", "0")):
        command = f"{sys.executable} {ROOT / 'manage.py'} {action} | head -1; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
        assert done.stdout.splitlines()[-1] == status and done.stderr == ""


def test_a_deployed_function_is_asked_through_aws(hand, run, monkeypatch):
    """Design section 5: --function for AWS"""
    import boto3

    asked = []

    class Client:
        def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
            asked.append(FunctionName)
            answer = hand.functions.call("operator", json.loads(Payload))
            return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    monkeypatch.setattr(boto3, "client", lambda *given, **more: Client())
    code, out, _ = run("--function", "ocpi-dev-operator", "--json", "status")
    assert code == 0 and json.loads(out)["partners"] == {}
    assert set(asked) == {"ocpi-dev-operator"}


def test_aws_without_credentials_or_region_is_told_in_words(tmp_path):
    environ = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    environ |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "", "AWS_DEFAULT_REGION": None}
    done = shell("--function", "ocpi-dev-operator", "status", env=environ)
    assert done.returncode == 1 and "ocpi-dev-operator: You must specify a region" in done.stderr


# -- over time


def test_a_watch_asks_again_until_it_is_interrupted(deliveries):
    said = on_terminal(120, "deliveries", "--watch", "--every", "0.2", seconds=2.5)
    assert said.count("STATE") >= 2 and "every 0.2 s" in said
    assert "Traceback" not in said


def test_a_follower_is_told_what_is_new_and_what_changed_once(deliveries):
    first, second = delivery(object_id="OLD"), delivery(object_id="NEW")
    deliveries.answers["deliveries"] = [
        {"deliveries": [first]},
        {"deliveries": [first, second]},
        {"deliveries": [{**first, "state": "GIVEN_UP"}, second]},
    ]
    said = on_terminal(120, "deliveries", "--follow", "--every", "0.2", seconds=2.5)
    assert said.count("STATE") == 1
    assert said.count("OLD") == 2 and said.count("NEW") == 1 and said.count("GIVEN_UP") == 1


def test_a_pull_may_be_waited_for(canned, run):
    canned.schemas["pull"] = {"required": ["partner"], "properties": {"partner": {"type": "string"}}}
    canned.answers["pull"] = {"pulls": [{"id": "p1", "state": "RUNNING"}]}
    canned.answers["pulls"] = [
        {"pulls": [{"id": "p1", "state": "RUNNING", "objects": 1, "total": 2}]},
        {"pulls": [{"id": "p1", "state": "COMPLETED", "objects": 2, "total": 2}]},
    ]
    code, out, _ = run("pull", "ex", "--wait")
    assert code == 0 and "COMPLETED" in out
    canned.answers["pulls"] = {"pulls": [{"id": "p1", "state": "FAILED", "reason": "404"}]}
    code, out, _ = run("pull", "ex", "--wait")
    assert code == 1 and "404" in out


@pytest.mark.parametrize(("response", "status"), [("ACCEPTED", 0), ("REJECTED", 1), ("NOT_SUPPORTED", 1)])
def test_a_command_that_a_partner_does_not_accept_ends_with_1(canned, run, response, status):
    canned.schemas["send_command"] = {
        "required": ["command", "to", "body"],
        "properties": {
            "command": {"type": "string"},
            "to": {"anyOf": [{"type": "string"}, {"type": "object"}]},
            "body": {"type": "object"},
        },
    }
    canned.answers["send_command"] = {"id": "c", "state": "PENDING", "response": {"result": response}}
    code, out, _ = run("send_command", "STOP_SESSION", "BE/BEC", "--body", '{"session_id": "S1"}')
    assert code == status and response in out
    assert canned.asked[-1]["body"] == {"session_id": "S1"} and canned.asked[-1]["to"] == "BE/BEC"


# -- completion


def test_bash_completes_actions_options_choices_and_partners(url, hand, tmp_path):
    hand.operate("invite", name="Example Mobility")
    source = shell("completion", "bash").stdout
    words = {
        "ocpi par": ["partners", "partner", "partner_options"],
        "ocpi deliveries --st": ["--state"],
        "ocpi deliveries --state REF": ["REFUSED"],
        "ocpi list loc": ["locations"],
        "ocpi partner ex": [hand.operate("partners")["partners"][0]["id"]],
    }
    for line, due in words.items():
        script = f"""{source}
COMP_WORDS=({line}); COMP_CWORD={len(line.split()) - 1}; COMPREPLY=()
_ocpi_completion ocpi; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        done = subprocess.run(
            ["bash", "-c", script],
            capture_output=True,
            text=True,
            timeout=60,
            env=os.environ | {"XDG_CACHE_HOME": str(tmp_path)},
        )
        assert done.stdout.split() == due, done.stderr


ASKS = {
    "zsh": """
compdef() {{ }}
_describe() {{ print -l -- "${{completions_with_descriptions[@]}}" }}
compadd() {{ print -l -- "${{completions[@]}}" }}
{source}
words=({line}); CURRENT={place}
_ocpi_completion
""",
    "fish": """
{source}
complete -C {quoted}
""",
}


@pytest.mark.parametrize("kind", sorted(ASKS))
def test_zsh_and_fish_complete_the_same(url, hand, tmp_path, kind):
    """In the shells themselves, where they are installed; CI has them."""
    program = shutil.which(kind)
    if program is None:
        pytest.skip(f"no {kind} here; apt-get install {kind}")
    hand.operate("invite", name="Example Mobility")
    source = shell("completion", kind).stdout
    words = {
        "ocpi par": ["partner", "partner_options", "partners"],
        "ocpi deliveries --st": ["--state"],
        "ocpi deliveries --state REF": ["REFUSED"],
        "ocpi list loc": ["locations"],
        "ocpi partner ex": [hand.operate("partners")["partners"][0]["id"]],
    }
    for line, due in words.items():
        script = ASKS[kind].format(
            source=source, line=line, place=len(line.split()), quoted=shlex.quote(line)
        )
        done = subprocess.run(
            [program, *(["-f"] if kind == "zsh" else ["--no-config"]), "-c", script],
            capture_output=True,
            text=True,
            timeout=60,
            env=os.environ | {"XDG_CACHE_HOME": str(tmp_path)},
        )
        found = {re.split(r"[:\t]", each)[0] for each in done.stdout.splitlines() if each}
        assert found == set(due), (line, done.stdout, done.stderr)


@pytest.mark.parametrize("kind", ["zsh", "fish"])
def test_other_shells_run_the_same_file(kind):
    source = shell("completion", kind).stdout
    run = f"{sys.executable} {ROOT / 'manage.py'}"
    assert source.count(run) == 2 and f"_OCPI_COMPLETE={kind}_complete" in source


def test_main_answers_a_status_and_never_exits(canned):
    canned.answers["status"] = {"backlog": 0}
    assert main(["status", "--json"]) == 0
