"""`make run` as somebody meets it: what it says, what it keeps, what it costs while nothing happens."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from chalicelib.settings import SettingsError
from localrun import ROOT, keep, lines, options
from localrun.changes import Changes, is_write
from localrun.platform import LocalPlatform, eventually
from tests.localrun.test_platform import Process, Running
from tests.stub import PartnerStub

TARIFF = {
    "country_code": "NL",
    "party_id": "EXA",
    "id": "T1",
    "currency": "EUR",
    "type": "REGULAR",
    "tax_included": "NO",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.35, "step_size": 1}]}],
    "last_updated": "2026-01-15T09:00:00Z",
}


@pytest.fixture(autouse=True)
def nothing_stays_behind() -> Iterator[None]:
    yield
    for process in Process.started:
        if process.poll() is None:
            process.kill()
            process.wait(10)
    Process.started.clear()


def get(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read().decode()


# -- settings


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OCPI_PAGE_LIMT", "50", "did you mean OCPI_PAGE_LIMIT"),
        ("OCPI_PAGE_LIMT", "", "did you mean OCPI_PAGE_LIMIT"),
        ("PORT", "eighty", "PORT: a number"),
        ("PORT", "70000", "PORT: a number"),
        ("KEEP", "yes", "KEEP: 0 or 1"),
        ("EMULATOR", "localstack", "EMULATOR: moto or ministack"),
        ("AWS_ENDPOINT_URL", "localhost:5001", "AWS_ENDPOINT_URL: an http(s) URL"),
        ("OCPI_SEED", "yes", "OCPI_SEED: 0 or 1"),
        ("OCPI_LOG", "xml", "OCPI_LOG: text or json"),
        ("OCPI_LOCAL_SWEEP", "never", "OCPI_LOCAL_SWEEP: seconds"),
    ],
)
def test_a_wrong_option_is_a_sentence_that_names_it(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)) as refused:
        options.read({name: value})
    assert str(refused.value).startswith(name)


@pytest.mark.parametrize(
    ("environ", "status", "said"),
    [
        ({"OCPI_PAGE_LIMT": "50"}, 2, "OCPI_PAGE_LIMIT"),
        ({"OCPI_PARTIES": "{"}, 2, "OCPI_PARTIES: not JSON"),
        ({"HOST": "no.such.host.invalid"}, 1, "cannot start on no.such.host.invalid"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, 1, "http://127.0.0.1:9"),
    ],
)
def test_what_stops_the_start_is_told_without_a_trace(
    environ: dict[str, str], status: int, said: str
) -> None:
    """Design section 3"""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OCPI_", "AWS_"))}
    done = subprocess.run(
        [sys.executable, "local.py"],
        cwd=ROOT,
        env={**kept, "PORT": "0", **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == status and said in done.stderr and "Traceback" not in done.stderr


def test_the_base_url_is_shown_without_its_last_slash() -> None:
    with LocalPlatform({"OCPI_BASE_URL": "http://127.0.0.1:1/roaming/"}) as platform:
        assert platform.versions_url == "http://127.0.0.1:1/roaming/ocpi/versions"
        assert platform.do("invite", name="x")["versions_url"] == platform.versions_url


# -- what it says


def test_a_start_tells_its_steps_and_a_request_is_one_line() -> None:
    platform = Running()
    for step in ("starting the emulated AWS (moto)", "making tables, queues", "ready after"):
        assert step in platform.output
    assert '{"at"' not in platform.output
    shown = lines.line(
        {
            "at": "2026-10-01T16:30:05.123Z",
            "level": "INFO",
            "message": "request",
            "partner": "example-1e30fc",
            "method": "PUT",
            "path_template": "/2.2.1/receiver/tokens/{country_code}",
            "status": 200,
            "ocpi_status": 1000,
            "duration_ms": 12,
            "outcome": "ok",
        }
    )
    assert shown == "16:30:05 <- example-1e30fc  PUT /2.2.1/receiver/tokens/{country_code}  200 1000  12 ms"
    assert platform.end(signal.SIGTERM) == 0


def test_a_line_of_an_error_has_its_places_and_moves_no_terminal() -> None:
    entry = {"at": "2026-10-01T16:30:05Z", "level": "ERROR", "message": "x\x1b[2J", "exception": "KeyError"}
    shown = lines.line({**entry, "trace": ["app.py:1 f", "app.py:2 g"]})
    assert shown.splitlines()[0].startswith("16:30:05 ERROR x [2J  exception=KeyError")
    assert [each.strip() for each in shown.splitlines()[1:]] == ["app.py:1 f", "app.py:2 g"]
    assert "\x1b" not in shown


def test_its_log_is_json_where_that_is_asked_for() -> None:
    platform = Running(OCPI_LOG="json")
    said = [line for line in platform.output.splitlines() if line.startswith("{")]
    assert any(json.loads(each)["message"] == "operator action" for each in said)


def test_the_page_at_the_root_leads_everywhere_and_is_for_this_machine() -> None:
    with LocalPlatform() as platform:
        status, page = get(f"{platform.base_url}/")
        assert status == 200 and platform.versions_url in page
        for link in re.findall(r'href="([^"]+)"', page):
            assert get(platform.base_url + link)[0] == 200, link
        assert get(f"{platform.base_url}/local/docs/..%2Fapp.py")[0] == 404
        for foreign in ({"Host": "evil.example.com"}, {"Origin": "https://evil.example.com"}):
            status, text = get(f"{platform.base_url}/", **foreign)
            assert status != 200 and "console" not in text
            assert get(f"{platform.base_url}/local/docs/README.md", **foreign)[0] == 403


# -- what it keeps


def test_what_it_knew_is_there_again_after_a_stop_and_after_a_kill(tmp_path: Path, stub: PartnerStub) -> None:
    """KEEP=1: partners with their tokens, objects, what waits"""
    script = (
        "import sys; from pathlib import Path; from localrun import options, keep; import local;"
        f"options.KEPT = Path({str(tmp_path)!r}); keep.SECONDS = 0.3; sys.exit(local.main())"
    )
    port = str(free_port())

    def start() -> Running:
        platform = Running.__new__(Running)
        Process.__init__(platform, "-c", script, until="Ctrl-C", PORT=port, OCPI_SEED="0", KEEP="1")
        platform.base_url = f"http://127.0.0.1:{port}"
        return platform

    platform = start()
    platform.register(stub)
    platform.do("put", module="tariffs", object=TARIFF)
    stub.wait_for("PUT", "/receiver/tariffs/NL/EXA/T1")
    assert platform.end(signal.SIGTERM) == 0
    [file] = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0

    stub.forget()
    platform = start()
    assert [each["id"] for each in platform.do("list", module="tariffs")["objects"]] == ["T1"]
    platform.do("put", module="tariffs", object={**TARIFF, "id": "T2"})
    stub.wait_for("PUT", "/receiver/tariffs/NL/EXA/T2")  # our token for it was kept, encrypted as it is
    before = file.stat().st_mtime_ns
    eventually(lambda: file.stat().st_mtime_ns != before)
    platform.do("put", module="tariffs", object={**TARIFF, "id": "T3"})
    before = file.stat().st_mtime_ns
    eventually(lambda: file.stat().st_mtime_ns != before)
    platform.end(signal.SIGKILL)

    platform = start()
    assert {each["id"] for each in platform.do("list", module="tariffs")["objects"]} == {"T1", "T2", "T3"}
    waiting = [each for each in platform.do("partners")["partners"] if each["state"] == "INVITED"]
    assert len(waiting) == 1  # the invitation it shows is not one more each time
    assert platform.end(signal.SIGTERM) == 0


@pytest.fixture
def stub() -> Iterator[PartnerStub]:
    stub = PartnerStub([{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}])
    yield stub
    stub.down()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_file_that_is_no_kept_data_stops_the_start_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "8000.data").write_bytes(b"nonsense")
    with pytest.raises(keep.Unusable, match=r"8000.data cannot be read.*start without KEEP"):
        LocalPlatform(keep=tmp_path / "8000.data").start()


# -- what it costs


def test_while_nothing_happens_it_asks_for_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Design section 2: below 1 % of a core; how much of one that is, `python -m bench localrun` says"""
    asked: list[str] = []
    call = BaseClient._make_api_call

    def counted(self: Any, operation: str, *rest: Any) -> Any:
        asked.append(operation)
        return call(self, operation, *rest)

    with LocalPlatform({"OCPI_SEED": "0"}):
        time.sleep(3)
        monkeypatch.setattr(BaseClient, "_make_api_call", counted)
        time.sleep(5)
        assert len(asked) < 25, asked


def test_what_is_written_is_taken_up_at_once_though_nobody_asks_often(stub: PartnerStub) -> None:
    """From the table over its stream and a queue to the partner, where each looks every five seconds"""
    platform = Running()
    platform.register(stub)
    time.sleep(1)  # everything waits by now
    platform.do("put", module="tariffs", object=TARIFF)
    stub.wait_for("PUT", "/receiver/tariffs/NL/EXA/T1", seconds=4)
    assert platform.end(signal.SIGTERM) == 0


def test_who_looks_before_it_waits_misses_nothing() -> None:
    changes = Changes()
    seen = changes.count
    changes.note()
    begun = time.monotonic()
    changes.wait(seen, 5)
    assert time.monotonic() - begun < 1
    changes.wait(changes.count, 0.05)  # nothing new: the time is up


@pytest.mark.parametrize(
    ("target", "writes"),
    [
        ("DynamoDB_20120810.TransactWriteItems", True),
        ("DynamoDB_20120810.Query", False),
        ("AmazonSQS.SendMessageBatch", True),
        ("AmazonSQS.ReceiveMessage", False),
        ("AWSEvents.PutEvents", True),
        ("", False),
    ],
)
def test_only_what_can_be_new_wakes_anybody(target: str, writes: bool) -> None:
    assert is_write(target) is writes


def test_what_running_needs_is_part_of_what_developing_needs() -> None:
    """And nothing of it is packaged"""
    lambda_, run, develop = ((ROOT / f"requirements{name}.txt").read_text() for name in ("", "-run", "-dev"))
    assert "-r requirements.txt" in run and "-r requirements-run.txt" in develop
    for name in ("click", "rich", "moto", "chalice", "boto3"):
        assert re.search(rf"^{name}\b", run, re.M) and not re.search(rf"^{name}\b", lambda_, re.M)
    for name in ("pytest", "mypy", "ruff", "cfn-lint"):
        assert not re.search(rf"^{name}\b", run, re.M)


def test_manage_and_local_import_what_running_needs_and_nothing_else() -> None:
    """`make run` installs requirements-run.txt alone"""
    script = (
        "import sys\n"
        "for name in ('pytest', 'hypothesis', 'jsonschema', 'samtranslator', 'mypy', 'cfnlint'):\n"
        "    sys.modules[name] = None\n"
        "import local, manage, cli.main, localrun.platform, localrun.emulator, app, chalicelib.workers\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
