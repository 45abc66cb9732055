"""What docs/backend.md and docs/webhooks.md show is run as it stands: objects, webhook, queue, commands.

Contract: design section 5
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contract.samples import SAMPLES
from localrun.platform import LocalPlatform, eventually
from stack import functions, template
from tests.harness import CPO, EMSP

ROOT = Path(__file__).parent.parent
WEBHOOKS = (ROOT / "docs" / "webhooks.md").read_text()
WEBHOOK_EXAMPLE, QUEUE_EXAMPLE = re.findall(r"```python\n(.*?)```", WEBHOOKS, re.DOTALL)


def test_the_objects_to_copy_are_put_without_a_warning(operate: Any, drain: Any) -> None:
    for module, value in SAMPLES.values():
        said = operate("put", module=module, object=value)
        assert (said["stored"], said["errors"], said["warnings"]) == (1, [], []), value["last_updated"]
    drain()
    assert operate("audit", party="NL/EXA", id="CDR-1001")["verdict"] == "AGREE"


@pytest.fixture
def module_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after `pip install ./clients`."""
    monkeypatch.syspath_prepend(str(ROOT / "clients"))


def test_the_webhook_example_answers_a_partners_command(
    monkeypatch: pytest.MonkeyPatch, module_path: None
) -> None:
    """A back end that has nothing but HTTP hears and answers, and the eMSP has its result."""
    emsp_party = {**EMSP, "country_code": "DE"}
    url = "http://127.0.0.1:9000/"
    cpo = LocalPlatform({"OCPI_PARTIES": json.dumps([CPO]), "OCPI_RETRY_SCHEDULE": "1,2,5"})
    emsp = LocalPlatform({"OCPI_PARTIES": json.dumps([emsp_party])})
    port = _free_port()
    cpo.settings["OCPI_BACKEND_URL"] = url.replace("9000", str(port))
    with cpo, emsp:
        shown = _manage(cpo, "webhook_secret", "--json")
        monkeypatch.setenv("WEBHOOK_SECRET", json.loads(shown)["secret"])
        invited = cpo.do("invite", name="Example Mobility")
        emsp.do("register", versions_url=invited["versions_url"], token=invited["token"], version="2.2.1")
        for name in ("Tariff", "Location"):
            cpo.do("put", module=SAMPLES[name][0], object=SAMPLES[name][1])
        results: list[Any] = []

        def while_listening(prompt: str) -> str:
            body = {"location_id": "LOC1", "evse_uid": "3256", "token": _token()}
            eventually(lambda: emsp.operator(_get_location())["ok"], 20)
            sent = emsp.do("send_command", command="START_SESSION", to="NL/EXA", body=body)
            results.append(eventually(lambda: emsp.do("command", id=sent["id"])["result"], 20))
            return ""

        example = WEBHOOK_EXAMPLE.replace("http://127.0.0.1:8000", cpo.base_url)
        example = example.replace("port=9000", f"port={port}")
        exec(compile(example, "webhooks.md", "exec"), {"input": while_listening, "__name__": "example"})
        assert results == [{"result": "ACCEPTED"}]


def test_the_queue_example_hears_what_its_rule_lets_through(
    monkeypatch: pytest.MonkeyPatch, module_path: None
) -> None:
    with LocalPlatform() as platform:
        for name, value in platform.emulator.environ().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_DEFAULT_REGION", platform.emulator.environ()["AWS_REGION"])
        stage = platform.wiring.settings.stage
        example: dict[str, Any] = {}
        exec(QUEUE_EXAMPLE.replace('"dev"', f'"{stage}"'), example)
        platform.wiring.backend.emit("PartnerRecovered", {"partner": "p", "name": "n", "parties": []})
        change = {"module": "tariffs", "owner": "BE/BEC", "id": "T1", "part": "", "version": "2.2.1"}
        platform.wiring.backend.emit(
            "ObjectChanged", {**change, "last_updated": "2026-03-02T09:31:02.000Z", "object": {}}
        )
        heard: list[Any] = []
        eventually(lambda: example["work"](heard.append) or heard)
        assert [each.kind for each in heard] == ["ObjectChanged"]
        example["work"](heard.append)
        assert len(heard) == 1


def test_the_policy_names_what_is_deployed() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", WEBHOOKS, re.DOTALL)
    ask, inbox, _ = [each["Resource"].rpartition(":")[2] for each in json.loads(text)["Statement"]]
    assert ask == functions.BY_NAME["operator"].physical_name.replace("${Stage}", "dev")
    resources = template.merge_template()["Resources"]
    assert inbox == resources["InboxQueue"]["Properties"]["QueueName"]["Fn::Sub"].replace("${Stage}", "dev")


def test_the_commands_shown_are_commands() -> None:
    with LocalPlatform({"OCPI_BACKEND_URL": "http://127.0.0.1:9/"}) as platform:
        found = re.findall(r"python manage\.py ([^`\n]+)", WEBHOOKS)
        assert len(found) >= 4
        for each in found:
            assert _manage(platform, *each.split())


def _manage(platform: LocalPlatform, *words: str) -> str:
    command = [sys.executable, "manage.py", "--url", platform.base_url, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def _token() -> dict[str, Any]:
    token: dict[str, Any] = {**SAMPLES["Token"][1], "country_code": "DE", "contract_id": "DE-EXM-C10001-4"}
    return token


def _get_location() -> dict[str, Any]:
    return {"action": "get", "module": "locations", "party": "NL/EXA", "id": "LOC1"}


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
