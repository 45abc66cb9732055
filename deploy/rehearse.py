"""`python -m deploy.rehearse`: the documented commands, unedited, on an emulated AWS with IAM enforced.

Packages for this machine, deploys, updates, deploys again without a change
and deploys a second stage; then a partner registers with the deployed
functions, receives a Location and is pushed an update; then the stack is
deleted, its tables are still there, and a new stack takes them over. Ends
with status 1 at the first thing that is not as it should be.

Tools are installed on first use into `.tools/`: the emulator and the AWS CLI,
each in an environment of its own. What the emulator leaves out is listed in
docs/deploying.md.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from typing import Any

from deploy import rehearse_hub
from deploy.deployed import client, invoke, operated, step, waiting
from deploy.room import ROOT, NotAsItShouldBe, emulator, expect, install, until
from localrun.sources import schedule_event
from sandbox import Partner

STAGE = "rehearsal"
STACK = f"ocpi-{STAGE}"
SECOND = "second"
LOCATION = {
    "country_code": "NL",
    "party_id": "EXA",
    "id": "LOC1",
    "publish": True,
    "name": "Rehearsal",
    "address": "Stationsplein 1",
    "city": "Utrecht",
    "postal_code": "3511ED",
    "country": "NLD",
    "coordinates": {"latitude": "52.089444", "longitude": "5.110278"},
    "time_zone": "Europe/Amsterdam",
    "last_updated": "2026-01-01T00:00:00Z",
    "evses": [
        {
            "uid": "E1",
            "evse_id": "NL*EXA*E1",
            "status": "AVAILABLE",
            "last_updated": "2026-01-01T00:00:00Z",
            "connectors": [
                {
                    "id": "1",
                    "standard": "IEC_62196_T2",
                    "format": "SOCKET",
                    "power_type": "AC_3_PHASE",
                    "max_voltage": 230,
                    "max_amperage": 16,
                    "last_updated": "2026-01-01T00:00:00Z",
                }
            ],
        }
    ],
}


def main() -> None:
    begun = time.monotonic()
    try:
        with step("tools"):
            install()
        with emulator() as environ:
            _rehearse(environ)
    except NotAsItShouldBe as problem:
        raise SystemExit(f"NOT AS IT SHOULD BE: {problem}") from None
    print(f"rehearsed in {time.monotonic() - begun:.0f} s")


def _rehearse(environ: dict[str, str]) -> None:
    settings, _ = _documented("2. Say who you are (2 minutes)")
    (deploy,) = _documented("3. Deploy (5 minutes)")
    with step("make package and make deploy"):
        _shell(environ, settings, deploy)
    outputs = _outputs(environ)
    with step("make deploy of a second stage, a hub"):
        hub, _ = _documented("From an empty account to two parties that charge", "hub.md", SECOND)
        _shell(environ, hub)
    with step("make deploy of the hub with a base URL"):
        own = _base_url(environ, _outputs(environ, f"ocpi-{SECOND}"))
        _run(environ | {"OCPI_BASE_URL": own}, "make", "deploy", f"STAGE={SECOND}")
    environ["OCPI_BASE_URL"] = _base_url(environ, outputs)
    environ["ALARM_EMAIL"] = "you@example.com"
    with step("a preview of a changed setting"):
        said = _run(environ | {"PREVIEW": "1"}, "make", "deploy", f"STAGE={STAGE}")
        expect("describe-change-set" in said, f"preview: {said}")
        expect(not _settings_kept(environ)["AlarmEmail"], "the preview changed the stack")
    with step("make deploy with a changed setting"):
        _run(environ, "make", "deploy", f"STAGE={STAGE}")
        expect(_outputs(environ)["RestAPIId"] == outputs["RestAPIId"], "the update replaced the API")
    with step("make deploy without a change"):
        done = _run(environ, "make", "deploy", f"STAGE={STAGE}")
        expect("No changes to deploy" in done, f"a second deployment changed something:\n{done[-2000:]}")
    with step("IAM is enforced"):
        _denied(environ)
    try:
        _walk(environ, outputs)
    except NotAsItShouldBe as problem:
        raise NotAsItShouldBe(f"{problem}\n{_errors(environ)}") from None
    try:
        rehearse_hub.walk(environ, f"ocpi-{SECOND}")
    except NotAsItShouldBe as problem:
        raise NotAsItShouldBe(f"{problem}\n{_errors(environ, f'ocpi-{SECOND}')}") from None
    with step("the first partner, by the documented commands"):
        invite, register = _documented("6. The first partner (5 minutes)")
        invited = _shell(environ, invite)
        expect("/ocpi/versions" in invited, f"invite: {invited}")
        # Nobody is at partner.example.com, and the operator function says so.
        asked = subprocess.run(
            ["bash", "-euc", register],
            cwd=ROOT,
            env=environ | {"OCPI_TOKEN": "what-the-partner-gave"},  # else it asks for it
            capture_output=True,
            text=True,
        )
        said = asked.stdout + asked.stderr
        expect(said.startswith("3001: versions: no connection"), f"register: {said}")
        _run(environ, ".venv/bin/python", "manage.py", "--function", f"{STACK}-operator", "status")
    with step("bring a lost object back from a restored table"):
        restore, refill = _documented("Backup and restore")
        _shell(environ, restore)
        _lose(environ, "LOC1")
        said = _shell(environ, refill)
        expect(said.startswith("2 items copied"), f"refill: {said}")
    delete_stack, adopt, delete_data = _documented("Teardown")
    with step("delete the stack, keep the tables"):
        key = _key(environ)
        _shell(environ, delete_stack)
        kept = json.loads(_run(environ, "aws", "dynamodb", "scan", "--table-name", f"ocpi-{STAGE}-locations"))
        expect(kept["Count"] > 0, "the Location was deleted with the stack")
    with step("a new stack on the kept tables"):
        _shell(environ, settings, adopt)
        expect(_key(environ) == key, "the new stack has another key: partners' tokens are lost")
        found = operated(environ, f"{STACK}-operator", {"action": "get", "module": "locations", "id": "LOC1"})
        expect(found["object"]["name"] == "Rehearsal", f"get: {found}")
    with step("delete the data as well"):
        _shell(environ, delete_stack, delete_data)
        left = client(environ, "dynamodb").list_tables()["TableNames"]
        left = [each for each in left if each.startswith(f"{STACK}-")]
        expect(left == [], f"left: {left}")


def _base_url(environ: dict[str, str], outputs: dict[str, str]) -> str:
    """The emulator serves APIs under its own address: set in an update, as for a custom domain."""
    return f"{environ['AWS_ENDPOINT_URL']}/restapis/{outputs['RestAPIId']}/api/_user_request_"


def _documented(heading: str, page: str = "deploying.md", stage: str = STAGE) -> list[str]:
    """The shell blocks of one section of a page of docs/, for a stage of the rehearsal's."""
    text = (ROOT / "docs" / page).read_text()
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return [re.sub(r"\b(dev|prod)\b", stage, each) for each in blocks]


def _shell(environ: dict[str, str], *blocks: str) -> str:
    """What these shell blocks print; they stop at the first command that fails."""
    return _run(environ, "bash", "-euc", "\n".join(blocks))


def _key(environ: dict[str, str]) -> str:
    """The key that the stack encrypts partners' tokens with."""
    found = client(environ, "cloudformation").describe_stack_resource(
        StackName=STACK, LogicalResourceId="TokenKey"
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def _walk(environ: dict[str, str], outputs: dict[str, str]) -> None:
    def operate(action: str, **fields: Any) -> Any:
        return operated(environ, outputs["OperatorFunction"], {"action": action, **fields})

    with Partner("EMSP", "2.2.1") as partner:

        def shown() -> str:
            """The status of the EVSE, as the partner holds it."""
            return str(partner.held("locations")[0]["evses"][0]["status"])

        with step("a partner registers"):
            invited = operate("invite", name="Rehearsal Partner")
            partner.do("register", versions_url=invited["versions_url"], token=invited["token"])
            expect(partner.heard("GET", "/versions"), "our platform never asked for the partner's versions")
        with step("its Tokens are pulled"):
            uids = {each["uid"] for each in partner.own("tokens")}
            until(
                lambda: uids == {each["uid"] for each in operate("list", module="tokens")["objects"]},
                "the partner's Tokens were not pulled",
            )
        with step("a Location is put and pushed"):
            stored = operate("put", module="locations", object=LOCATION)
            expect(stored["stored"] == 1, f"put: {stored}")
            until(lambda: bool(partner.held("locations")), "the Location was not pushed")
        with step("a status change is pushed"):
            operate("patch", module="locations", id="LOC1", evse_uid="E1", changes={"status": "CHARGING"})
            until(lambda: shown() == "CHARGING", "the status was not pushed")
        with step("a message in the inbox is done and pushed"):
            changes = {"status": "OUTOFORDER"}
            _put_in_inbox(
                environ,
                {
                    "action": "patch",
                    "module": "locations",
                    "id": "LOC1",
                    "evse_uid": "E1",
                    "changes": changes,
                },
            )
            until(lambda: shown() == "OUTOFORDER", "what the inbox was told was not pushed")
            operate("patch", module="locations", id="LOC1", evse_uid="E1", changes={"status": "CHARGING"})
            until(lambda: shown() == "CHARGING", "the status was not pushed again")
        with step("the sweep"):
            invoke(environ, f"{STACK}-sweep", schedule_event("sweep"))
        with step("the second stage knows nothing of it"):
            others = operated(environ, f"ocpi-{SECOND}-operator", {"action": "partners"})
            expect(others["partners"] == [], f"partners of the second stage: {others}")
        with step("the partner reads the Location"):
            (page,) = partner.do("pull", module="locations", limit=10)
            expect(
                page["objects"] == 1 and shown() == "CHARGING", f"pull: {page}, {partner.held('locations')}"
            )
        with step("the operator's page"):
            page = invoke(environ, f"{STACK}-widget", {"widgetContext": {}})
            expect("Rehearsal Partner" in str(page), f"widget: {str(page)[:500]}")
            browsed = invoke(environ, f"{STACK}-operator", {"requestContext": {"http": {"method": "GET"}}})
            expect("Rehearsal Partner" in str(browsed.get("body")), f"console: {str(browsed)[:500]}")
    with step("the dead-letter queues are empty"):
        for queue in ("push", "push-slow", "pull", "results", "inbox", "audit", "announce"):
            expect(not waiting(environ, f"{STACK}-{queue}-dead"), f"{queue}-dead holds messages")


def _lose(environ: dict[str, str], location: str) -> None:
    """Delete a Location and its EVSE behind the platform's back."""
    dynamodb, table = client(environ, "dynamodb"), f"{STACK}-locations"
    keys = [
        {name: item[name] for name in ("object", "part")}
        for item in dynamodb.scan(TableName=table)["Items"]
        if item["object"]["S"].upper().endswith(f"/{location}")
    ]
    expect(len(keys) == 2, f"a Location of one EVSE has the items {keys}")
    for key in keys:
        dynamodb.delete_item(TableName=table, Key=key)


def _settings_kept(environ: dict[str, str]) -> dict[str, str]:
    stack = client(environ, "cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}


def _put_in_inbox(environ: dict[str, str], payload: dict[str, Any]) -> None:
    sqs = client(environ, "sqs")
    url = sqs.get_queue_url(QueueName=f"{STACK}-inbox")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(payload))


def _errors(environ: dict[str, str], stack: str = STACK) -> str:
    """The last error lines of all functions' logs."""
    logs = client(environ, "logs")
    found = []
    for group in logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{stack}")["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        lines = [each["message"].strip() for each in events]
        wrong = [each for each in lines if '"ERROR"' in each or "Traceback" in each or "Error:" in each]
        found += [f"{group['logGroupName']}: {line[:1500]}" for line in wrong[-5:]]
    return "\n".join(found) or "no function logged an error"


def _denied(environ: dict[str, str]) -> None:
    """A user without permissions must be refused, or the rehearsal proves nothing about the roles."""
    iam = client(environ, "iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    stranger = environ | {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    try:
        client(stranger, "dynamodb").scan(TableName=f"ocpi-{STAGE}-partners")
    except Exception as problem:
        expect("AccessDenied" in str(problem), f"not a refusal: {problem}")
    else:
        raise NotAsItShouldBe("a user without permissions read the partners")


def _outputs(environ: dict[str, str], stack: str = STACK) -> dict[str, str]:
    found = client(environ, "cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}


def _run(environ: dict[str, str], *command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    if done.returncode:
        raise NotAsItShouldBe(f"{' '.join(command)}:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
