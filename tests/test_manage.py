"""The operator's command line, against a platform on a real port."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import manage
from localrun.functions import Functions

ROOT = Path(__file__).resolve().parent.parent
EMSP = {"role": "EMSP", "country_code": "DE", "party_id": "MSP"}


@pytest.fixture
def url(hand: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The invoke API of the platform of `hand`, on loopback."""
    from localrun.front import Front

    functions: Functions = hand.functions
    front = Front(functions, lambda after: [])
    port = front.start(0)
    monkeypatch.delenv("OCPI_FUNCTION", raising=False)
    monkeypatch.setenv("OCPI_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("COLUMNS", "160")
    yield f"http://127.0.0.1:{port}"
    front.stop()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = manage.main(arguments)
    out, err = capsys.readouterr()
    lines = [line for line in out.splitlines() if not line.startswith('{"at"')]  # the platform's own log
    return code, "\n".join(lines), err


def test_help_lists_every_action(url, hand, capsys):
    """Design section 5"""
    code, out, _ = run(capsys, "help")
    assert code == 0
    for action in hand.operate("help")["actions"]:
        assert f"\n{action} " in out
    code, out, _ = run(capsys, "help", "register")
    assert code == 0 and "versions_url" in out and "2.1.1, 2.2.1, 2.3.0" in out


def test_every_action_of_the_platform_is_a_command(url, hand):
    for name, action in hand.operate("help")["actions"].items():
        text = manage.command(name, action).format_help()
        for field in action["schema"].get("properties", {}):
            assert f"--{field.replace('_', '-')}" in text or f" {field}" in text


def test_an_invitation_and_a_table_of_partners(url, capsys):
    code, out, _ = run(capsys, "invite", "--name", "Example Mobility", "--roles", "EMSP/DE/MSP")
    assert code == 0
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert lines["versions_url"].endswith("/ocpi/versions") and len(lines["token"]) > 40
    code, out, _ = run(capsys, "partners")
    head, row = out.splitlines()
    assert head.startswith("ID") and "STATE" in head
    assert row.startswith(lines["partner"]) and "INVITED" in row
    code, out, _ = run(capsys, "partner", lines["partner"])
    assert "EMSP" in out and "INVITED" in out


def test_json_is_the_data_as_the_action_gives_it(url, hand, capsys):
    """Design section 5: --json for machines, before or after the action"""
    invited = hand.operate("invite", name="x", roles=[EMSP])
    for arguments in (("--json", "partner", invited["partner"]), ("partner", invited["partner"], "--json")):
        code, out, _ = run(capsys, *arguments)
        assert code == 0
        assert json.loads(out) == hand.operate("partner", partner=invited["partner"])


def test_a_refusal_is_told_on_standard_error(url, capsys):
    """Design section 5: exit code 1, the message and the pointer"""
    code, out, err = run(capsys, "partner", "nobody")
    assert (code, out) == (1, "")
    assert err == "unknown_partner: /partner: no partner 'nobody'\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("partner",),
        ("invite", "--name", "x", "--expires-in", "soon"),
        ("invite", "--nmae", "x"),
        ("register", "https://example.com/", "t", "--version", "2.2.1", "--requires", "{"),
        ("put", "locations", "/nowhere.json"),
    ],
)
def test_a_wrong_command_line_ends_with_2(url, capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        run(capsys, *arguments)
    assert ended.value.code == 2


def test_objects_come_from_a_file_or_standard_input(url, capsys, tmp_path, monkeypatch):
    """`put` of one object or a list"""
    sent: list[dict[str, Any]] = []

    def invoke(event: dict[str, Any]) -> dict[str, Any]:
        if event["action"] != "help":
            sent.append(event)
            return {"ok": True, "data": {"stored": 1}}
        return manage.by_url(url)(event)

    monkeypatch.setattr(manage, "by_url", lambda where: invoke)
    monkeypatch.setattr(manage, "_answer", manage._answer)
    schema = {
        "summary": "put",
        "schema": {
            "properties": {
                "module": {"type": "string"},
                "object": {"anyOf": [{"type": "object"}, {"type": "null"}]},
                "objects": {"anyOf": [{"type": "array"}, {"type": "null"}]},
            },
            "required": ["module"],
        },
    }
    parser = manage.command("put", schema)
    one, many = tmp_path / "one.json", tmp_path / "many.json"
    one.write_text('{"id": "LOC1"}')
    many.write_text('[{"id": "LOC1"}, {"id": "LOC2"}]')
    assert manage.payload(parser, schema["schema"], ["tariffs", str(one)]) == {
        "module": "tariffs",
        "object": {"id": "LOC1"},
    }
    found = manage.payload(parser, schema["schema"], ["tariffs", str(many)])
    assert [each["id"] for each in found["objects"]] == ["LOC1", "LOC2"]
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"id": "LOC3"}'))
    assert manage.payload(parser, schema["schema"], ["tariffs", "-"])["object"] == {"id": "LOC3"}
    assert manage.payload(parser, schema["schema"], ["tariffs", "--object", f"@{one}"])["object"] == {
        "id": "LOC1"
    }


def test_a_platform_that_is_not_there_is_told_in_words(capsys, monkeypatch):
    monkeypatch.delenv("OCPI_FUNCTION", raising=False)
    code, _, err = run(capsys, "--url", "http://127.0.0.1:9", "status")
    assert code == 1 and "is the platform running?" in err
    code, _, err = run(capsys, "--url", "file:///etc/passwd", "status")
    assert code == 1 and "http" in err


def test_a_server_that_is_no_platform_is_told_in_words(capsys, partner, monkeypatch):
    monkeypatch.delenv("OCPI_FUNCTION", raising=False)
    code, _, err = run(capsys, "--url", partner.base_url, "status")
    assert code == 1 and "function" in err


def test_a_deployed_function_is_asked_through_aws(hand, capsys, monkeypatch):
    """Design section 5: --function for AWS"""
    import botocore.session

    asked = []

    class Client:
        def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
            asked.append(FunctionName)
            answer = hand.functions.call("operator", json.loads(Payload))
            return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    monkeypatch.setattr(botocore.session.Session, "create_client", lambda *given, **more: Client())
    code, out, _ = run(capsys, "--function", "ocpi-dev-operator", "--json", "status")
    assert code == 0 and json.loads(out)["partners"] == {}
    assert set(asked) == {"ocpi-dev-operator"}


def test_text_of_a_partner_does_not_move_the_terminal(url, hand, capsys):
    """A name with control characters is shown without them"""
    hand.operate("invite", name="evil\x1b[2J\nname")
    for arguments in (("partners",), ("partner", hand.operate("partners")["partners"][0]["id"])):
        _, out, _ = run(capsys, *arguments)
        assert "\x1b" not in out and "evil" in out


def test_it_runs_with_nothing_but_python(url):
    """`python manage.py` needs no package for a platform on this machine"""
    done = subprocess.run(
        [sys.executable, "-S", "-I", str(ROOT / "manage.py"), "--url", url, "help"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "invite" in done.stdout
