"""`make run`: a platform of its own on one machine, that starts, stops, is killed and comes back."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from localrun import REGION, ROOT, seed
from localrun.emulator import TOOLS
from localrun.platform import PARTIES as LOCAL_PARTIES
from localrun.platform import LocalPlatform, eventually
from localrun.template import Template, Unresolvable
from tests.stub import PartnerStub


class Process:
    """A program of ours in a process of its own; its output up to the line that shows it is there."""

    started: ClassVar[list[subprocess.Popen[str]]] = []

    def __init__(self, *arguments: str, until: str, **environ: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OCPI_", "AWS_"))}
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**kept, "PYTHONUNBUFFERED": "1", **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(self.process)
        assert self.process.stdout is not None
        self.output = ""
        for line in self.process.stdout:
            self.output += line
            if until in line:
                # What it says later must not fill the pipe, or it could say nothing more and not end.
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return
        raise AssertionError(f"ended with {self.process.wait()}:\n{self.output}")

    def end(self, number: int) -> int:
        """Send a signal; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(20)


class Running(Process):
    """`local.py` on a free port."""

    def __init__(self, **environ: str) -> None:
        super().__init__("local.py", until="Ctrl-C", **{"PORT": "0", "OCPI_SEED": "0", **environ})
        self.base_url = re.search(r"OCPI platform +(\S+)", self.output)[1]  # type: ignore[index]

    def do(self, action: str, **fields: Any) -> Any:
        request = urllib.request.Request(
            f"{self.base_url}/2015-03-31/functions/operator/invocations",
            json.dumps({"action": action, **fields}, default=float).encode(),
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            answer = json.load(response)
        assert answer["ok"], answer
        return answer["data"]

    def ask(self, path: str, header: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data, {"Authorization": header})
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    def register(self, stub: PartnerStub) -> None:
        token = self.do("invite", name="Stub")["token"]
        header = "Token " + base64.b64encode(token.encode()).decode()
        answer = self.ask("/ocpi/2.2.1/credentials", header, stub.credentials)
        assert answer["status_code"] == 1000, answer


@pytest.fixture(autouse=True)
def nothing_stays_behind() -> Iterator[None]:
    """Whatever a failing test left running ends with it."""
    yield
    for process in Process.started:
        if process.poll() is None:
            process.kill()
            process.wait(10)
    Process.started.clear()


@pytest.fixture
def emulator() -> Iterator[str]:
    process = Process("-m", "localrun.emulator", until="AWS_ENDPOINT_URL", PORT="0", EMULATOR="moto")
    yield process.output.strip().partition("=")[2]
    process.end(signal.SIGTERM)


@pytest.fixture
def stub() -> Iterator[PartnerStub]:
    stub = PartnerStub([{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}])
    yield stub
    stub.down()


def test_it_tells_a_newcomer_a_request_that_works_and_ends_cleanly_on_ctrl_c() -> None:
    platform = Running(OCPI_SEED="1")
    curl = re.search(r"curl -H 'Authorization: (Token \S+)' (\S+)", platform.output)
    assert curl is not None
    found = platform.ask(curl[2].removeprefix(platform.base_url), curl[1])
    assert found["status_code"] == 1000
    assert {each["version"] for each in found["data"]} == {"2.1.1", "2.2.1", "2.3.0"}
    assert len(platform.do("list", module="locations", party="NL/EXA")["objects"]) == len(seed.SITES)
    assert platform.end(signal.SIGINT) == 0


def test_two_beside_each_other_register_and_share_nothing() -> None:
    """Two processes, each with an emulator and a port of its own: the README's second platform."""
    party = {
        "role": "EMSP",
        "country_code": "DE",
        "party_id": "EXM",
        "business_details": {"name": "Second"},
    }
    first = Running(OCPI_SEED="1", EMULATOR="moto")
    second = Running(OCPI_PARTIES=json.dumps([party]), EMULATOR="moto")
    invited = first.do("invite", name="Second")
    found = second.do("register", versions_url=invited["versions_url"], token=invited["token"])
    assert (found["state"], found["version"]) == ("REGISTERED", "2.3.0")
    names = {each["name"] for each in first.do("partners")["partners"] if each["state"] == "REGISTERED"}
    assert names == {"Second"}
    arrived = eventually(lambda: second.do("list", module="locations", party="NL/EXA")["objects"], 30)
    known = {each["id"] for each in first.do("list", module="locations", party="NL/EXA")["objects"]}
    assert {each["id"] for each in arrived} <= known
    assert second.do("list", module="locations", party="DE/EXM")["objects"] == []
    assert [each.end(signal.SIGTERM) for each in (first, second)] == [0, 0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("emulator_name", ["moto", "ministack"])
def test_ended_by_a_signal_it_leaves_no_process_behind(number: int, emulator_name: str) -> None:
    if emulator_name == "ministack" and not (TOOLS / "bin" / "ministack").exists():
        pytest.skip("make emulator EMULATOR=ministack installs it")
    platform = Running(EMULATOR=emulator_name)
    started = below(platform.process.pid)
    assert bool(started) == (emulator_name == "ministack")
    assert platform.end(number) == 0
    eventually(lambda: not any(alive(each) for each in started))


def below(pid: int) -> set[int]:
    """The processes that this one started, and theirs."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            if parent == pid:
                found |= {int(path.parent.name), *below(int(path.parent.name))}
    return found


def alive(pid: int) -> bool:
    """Whether it is there, and not just waiting to be told that it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_chalice_local_serves_the_same_routes(emulator: str, tmp_path: Path) -> None:
    """Chalice's own server, over the tables that `make run` made."""
    parties = json.dumps(LOCAL_PARTIES)
    shared = {"AWS_ENDPOINT_URL": emulator, "OCPI_STAGE": "shared", "OCPI_PARTIES": parties}
    platform = Running(**shared)
    header = "Token " + base64.b64encode(platform.do("invite", name="First")["token"].encode()).decode()
    port = str(free_port())
    Process(
        str(Path(sys.executable).with_name("chalice")),
        "local",
        "--no-autoreload",
        "--port",
        port,
        until="Serving on",
        OCPI_ALLOW_PRIVATE_URLS="1",
        OCPI_BASE_URL=f"http://127.0.0.1:{port}",
        AWS_DEFAULT_REGION=REGION,
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",
        **shared,
    )
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/ocpi/versions", None, {"Authorization": header}
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        found = json.load(response)
    assert found["status_code"] == 1000
    assert {each["version"] for each in found["data"]} == {"2.1.1", "2.2.1", "2.3.0"}
    assert {each["url"].partition("/ocpi/")[0] for each in found["data"]} == {f"http://127.0.0.1:{port}"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_killed_and_started_again_on_the_same_endpoint_it_has_lost_nothing(
    emulator: str, stub: PartnerStub
) -> None:
    first = Running(AWS_ENDPOINT_URL=emulator)
    first.register(stub)
    stub.down()
    first.do("put", module="tariffs", object=seed.tariffs("NL", "EXA")[0])
    first.end(signal.SIGKILL)

    stub.up()
    second = Running(AWS_ENDPOINT_URL=emulator)
    put = stub.wait_for("PUT", "/receiver/tariffs/NL/EXA/AC1", seconds=45)
    assert put.json["id"] == "AC1"
    assert [each["id"] for each in second.do("list", module="tariffs", party="NL/EXA")["objects"]] == ["AC1"]
    assert [each["state"] for each in second.do("partners")["partners"] if each["roles"]] == ["REGISTERED"]
    assert second.end(signal.SIGTERM) == 0


def test_a_wrong_setting_stops_the_start_and_is_named() -> None:
    ended = subprocess.run(
        [sys.executable, "local.py"],
        cwd=ROOT,
        env={**os.environ, "OCPI_PAGE_LIMIT": "many"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 2
    assert "OCPI_PAGE_LIMIT" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "local.py"],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert ended.returncode == 1
    assert str(port) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_two_platforms_in_one_process_share_nothing() -> None:
    with LocalPlatform() as one, LocalPlatform() as other:
        assert one.base_url != other.base_url
        one.do("put", module="tariffs", object=seed.tariffs("NL", "EXA")[0])
        assert one.do("list", module="tariffs")["objects"]
        assert not other.do("list", module="tariffs")["objects"]
        token = one.do("invite", name="Partner")["token"]
        header = "Token " + base64.b64encode(token.encode()).decode()
        request = urllib.request.Request(other.versions_url, headers={"Authorization": header})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == 401


def test_stopped_and_started_again_in_one_process_it_goes_on_where_it_was() -> None:
    platform = LocalPlatform()
    with platform:
        base_url = platform.base_url
        platform.do("put", module="tariffs", object=seed.tariffs("NL", "EXA")[0])
    with platform:
        assert platform.base_url == base_url
        assert platform.do("list", module="tariffs")["objects"]


def test_seeding_twice_changes_nothing_and_seeds_only_parties_hosted_here() -> None:
    parties = json.dumps([{"role": "CPO", "country_code": "DE", "party_id": "ABC",
                           "business_details": {"name": "Example"}}])  # fmt: skip
    with LocalPlatform({"OCPI_SEED": "1", "OCPI_PARTIES": parties}) as platform:
        platform.do("patch", module="locations", id="LOC1", evse_uid="LOC1-1", changes={"status": "BLOCKED"})
        seed.plant(platform)
        found = platform.do("get", module="locations", id="LOC1")["object"]
        assert found["evses"][0]["status"] == "BLOCKED"
        assert found["party_id"] == "ABC"
        assert not platform.do("list", module="tokens")["objects"]


def test_what_the_operator_sends_to_the_inbox_queue_is_done() -> None:
    with LocalPlatform() as platform:
        sqs, prefix = platform.wiring.clients.sqs, platform.wiring.settings.prefix
        url = sqs.get_queue_url(QueueName=f"{prefix}-inbox")["QueueUrl"]
        message = {"action": "put", "module": "tariffs", "object": seed.tariffs("NL", "EXA")[0]}
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message, default=float))
        eventually(lambda: platform.do("list", module="tariffs")["objects"])


@pytest.mark.parametrize("version", ["2.3.0", "2.2.1", "2.1.1"])
def test_the_samples_are_valid_and_every_version_can_say_them(version: str) -> None:
    from chalicelib.ocpi import jsontext, writing

    made = {
        "location": seed.locations("NL", "EXA"),
        "tariff": seed.tariffs("NL", "EXA"),
        "token": seed.tokens("NL", "EXM"),
    }
    for kind, objects in made.items():
        for each in objects:
            canonical = jsontext.loads(jsontext.dumps(each))
            assert writing.check(kind, canonical) == ()
            written = writing.write(kind, canonical, version).object
            assert writing.check(kind, written, version) == ()


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize(
    "path", ["/ocpi/versions", "/ocpi/2.2.1/receiver/tokens/DE/MSP/1", "/nowhere/at/all"]
)
def test_a_method_nobody_offers_is_answered_in_an_envelope(
    ask: Callable[..., Any], partner: PartnerStub, method: str, path: str
) -> None:
    """AMB-40: 405 where the path exists, 404 where it does not, and never API Gateway's own text."""
    answer = ask(method, path, token=partner.token)
    assert answer.status == (404 if "nowhere" in path else 405)
    assert answer.code == 2000
    assert "x-amazon" not in answer.headers.get("allow", "")


def test_every_queue_and_stream_source_of_the_deployed_file_is_fed_here() -> None:
    import app

    sources = Template.read("dev", "123456789012").sources()
    assert {each.name for each in app.app.event_sources} == {each.function for each in sources}
    fed = {(each.kind, each.function, each.name) for each in sources}
    assert fed == {
        *(
            ("DynamoDB", "announce", f"ocpi-dev-{module}")
            for module in ("locations", "tariffs", "tokens", "sessions", "cdrs", "hubclientinfo")
        ),
        *(
            ("SQS", name, f"ocpi-dev-{name.replace('_', '-')}")
            for name in ("push", "push_slow", "pull", "results", "inbox", "audit", "webhook")
        ),
        ("Schedule", "sweep", ""),
    }
    assert all(each.partial for each in sources if each.kind != "Schedule")
    assert {each.failures for each in sources if each.kind == "DynamoDB"} == {"ocpi-dev-announce-dead"}
    assert {each.function: each.batch_size for each in sources}["pull"] == 1


def test_intrinsics_are_resolved_as_cloudformation_does() -> None:
    template = Template(
        {
            "Parameters": {"Protection": {"Type": "String", "Default": "on"}},
            "Conditions": {"On": {"Fn::Equals": [{"Ref": "Protection"}, "on"]}},
        },
        "dev",
        "1",
    )

    def attributes(logical: str) -> dict[str, str]:
        return {"Ref": f"{logical}-name", "Arn": f"arn:{logical}"}

    value = {
        "Sub": {"Fn::Sub": "${Stage}-${Queue}-${Queue.Arn}-${!Kept}-${AWS::Region}"},
        "List": {"Fn::Sub": ["${own}", {"own": {"Ref": "Queue"}}]},
        "Att": {"Fn::GetAtt": "Queue.Arn"},
        "If": {"Fn::If": ["On", "yes", {"Ref": "AWS::NoValue"}]},
        "Gone": {"Fn::If": ["On", {"Ref": "AWS::NoValue"}, "x"]},
        "Join": {"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]},
    }
    assert template.resolve(value, attributes) == {
        "Sub": "dev-Queue-name-arn:Queue-${Kept}-eu-central-1",
        "List": "Queue-name",
        "Att": "arn:Queue",
        "If": "yes",
        "Join": "a-dev",
    }
    with pytest.raises(Unresolvable):
        template.resolve({"Fn::ImportValue": "x"}, attributes)


def test_who_asks_before_the_samples_are_in_is_answered_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that tries the port until it answers never hears of an empty platform."""
    platform, heard = LocalPlatform({"OCPI_SEED": "1"}), queue.Queue[Any]()
    plant = seed.plant

    def ask() -> None:
        body = json.dumps({"action": "list", "module": "locations"}).encode()
        url = f"http://127.0.0.1:{platform.port}/2015-03-31/functions/operator/invocations"
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=30) as response:
            heard.put(json.load(response))

    def planted(platform: LocalPlatform) -> None:
        threading.Thread(target=ask, daemon=True).start()
        with pytest.raises(queue.Empty):
            heard.get(timeout=0.5)
        plant(platform)

    monkeypatch.setattr(seed, "plant", planted)
    with platform:
        assert len(heard.get(timeout=20)["data"]["objects"]) == len(seed.SITES)


def test_a_start_that_fails_at_the_samples_lets_go_of_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = LocalPlatform({"OCPI_SEED": "1"})

    def refused(platform: LocalPlatform) -> None:
        raise RuntimeError("refused")

    monkeypatch.setattr(seed, "plant", refused)
    with pytest.raises(RuntimeError, match="refused"):
        platform.start()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", platform.port)) != 0
