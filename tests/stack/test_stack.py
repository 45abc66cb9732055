"""What is deployed: names, roles, retention, sizes and the package; read from the expanded template."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import socket
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import pytest

from chalicelib import settings, workers
from chalicelib.actions import dispatch
from contract import events as told
from deploy import adopt, costs, recording, refill
from stack import (
    console,
    dashboard,
    functions,
    gateway,
    linting,
    package,
    parameters,
    permissions,
    template,
    watching,
)
from stack.storage import OBJECT_TABLES, QUEUE_TIMEOUTS
from tests.apart import apart

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template of a fresh package."""
    return package.package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def expanded(packaged: Path) -> dict[str, Any]:
    return linting.expand(json.loads(packaged.read_text()))


def of_type(document: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: each for name, each in document["Resources"].items() if each["Type"] == kind}


def test_the_committed_files_are_those_the_stack_package_writes() -> None:
    for name, content in template.files().items():
        assert (ROOT / ".chalice" / name).read_text() == content, f"{name}: run python -m stack.template"
    known = {path.name for path in (ROOT / ".chalice").glob("*.json")}
    assert known == set(template.files())


def test_the_package_is_small_and_the_same_bytes_when_made_again(packaged: Path, tmp_path: Path) -> None:
    again = package.package(tmp_path).parent
    for name in ("deployment.zip", "sam.json"):
        first, second = (packaged.parent / name).read_bytes(), (again / name).read_bytes()
        assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()
    assert (again / "deployment.zip").stat().st_size <= 6 * 1024 * 1024


def test_an_update_keeps_tables_key_and_api(expanded: dict[str, Any]) -> None:
    baseline = json.loads(linting.BASELINE.read_text())
    assert linting.moved(linting.logical_ids(expanded), baseline) == []
    assert set(linting.logical_ids(expanded)) == set(baseline), "add what is new to stack/logical-ids.json"


def test_a_lost_table_and_one_with_other_keys_are_noticed() -> None:
    baseline = json.loads(linting.BASELINE.read_text())
    assert linting.moved({}, baseline)
    assert linting.moved({**baseline, "PartnersTable": baseline["PartnersTable"] + " part"}, baseline)


def test_what_outlives_a_stack_can_be_brought_into_a_new_one(expanded: dict[str, Any]) -> None:
    """Another key could not read the tokens of the old one, so the import names all of it."""
    document = adopt.kept(template.merge_template())
    lasting = {name for name, each in expanded["Resources"].items() if each.get("DeletionPolicy") == "Retain"}
    assert set(document["Resources"]) == lasting
    for name in lasting:
        assert document["Resources"][name] == expanded["Resources"][name]
    named = {
        each["LogicalResourceId"]: each["ResourceIdentifier"] for each in adopt.imports(document, "x", "k")
    }
    assert set(named) == lasting
    assert named["LocationsTable"] == {"TableName": "ocpi-x-locations"}
    assert named["TokenKey"] == {"KeyId": "k"}
    assert named["TokenKeyAlias"] == {"AliasName": "alias/ocpi-x"}


def test_what_a_table_lacks_is_copied_out_of_a_restored_one_and_nothing_else(aws: None) -> None:
    client = boto3.client("dynamodb", region_name="eu-central-1")
    for name in ("refill-restored", "refill-used"):
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("a", "b")],
            KeySchema=[
                {"AttributeName": name, "KeyType": kind} for name, kind in (("a", "HASH"), ("b", "RANGE"))
            ],
        )
    for table, part, value in (("restored", "1", "old"), ("restored", "2", "old"), ("used", "1", "new")):
        item = {"a": {"S": "x"}, "b": {"S": part}, "v": {"S": value}}
        client.put_item(TableName=f"refill-{table}", Item=item)
    assert refill.refill(client, "refill-restored", "refill-used") == 1
    found = {each["b"]["S"]: each["v"]["S"] for each in client.scan(TableName="refill-used")["Items"]}
    assert found == {"1": "new", "2": "old"}


def test_stages_share_no_name(expanded: dict[str, Any]) -> None:
    """Several stages in one account."""
    own = re.compile(r"(Table|Queue|Topic|Alarm|Dashboard|Function|LogGroup|Alias|Schema)Name|Name")
    for logical_id, resource in expanded["Resources"].items():
        for name, value in resource["Properties"].items():
            if own.fullmatch(name) and "Ref" not in value:
                assert "${Stage}" in value["Fn::Sub"], logical_id


def test_data_outlives_the_stack(expanded: dict[str, Any]) -> None:
    kept = of_type(expanded, "AWS::DynamoDB::Table") | of_type(expanded, "AWS::KMS::Key")
    assert len(kept) == 14
    for name, resource in kept.items():
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain", name


def test_every_table_is_on_demand_recoverable_encrypted_and_expires(expanded: dict[str, Any]) -> None:
    tables = of_type(expanded, "AWS::DynamoDB::Table")
    for table in (each["Properties"] for each in tables.values()):
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"]["SSEEnabled"] is True
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert table["DeletionProtectionEnabled"] == {"Fn::If": ["ProtectTables", True, False]}
    streams = [name for name, each in tables.items() if "StreamSpecification" in each["Properties"]]
    assert len(streams) == len(OBJECT_TABLES)


def test_every_queue_has_a_dead_letter_queue_and_hides_long_enough(expanded: dict[str, Any]) -> None:
    queues = of_type(expanded, "AWS::SQS::Queue")
    for name, timeout in QUEUE_TIMEOUTS.items():
        found = queues[functions.queue_id(name)]["Properties"]
        assert found["VisibilityTimeout"] >= 6 * timeout
        receives = {"inbox": 10, "audit": 10, "webhook": 1000}.get(name, 5)
        assert found["RedrivePolicy"]["maxReceiveCount"] == receives
        dead = found["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        assert queues[dead]["Properties"]["QueueName"] == {"Fn::Sub": f"ocpi-${{Stage}}-{name}-dead"}


def test_every_source_reports_partial_failures(expanded: dict[str, Any]) -> None:
    sources = of_type(expanded, "AWS::Lambda::EventSourceMapping")
    assert len(sources) == len(QUEUE_TIMEOUTS) + len(OBJECT_TABLES)
    for name, source in sources.items():
        assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        if "StreamArn" in json.dumps(source["Properties"]["EventSourceArn"]):
            assert source["Properties"]["BisectBatchOnFunctionError"] is True
            assert source["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]


def test_every_function_has_its_own_role_size_and_log_group(expanded: dict[str, Any]) -> None:
    found = of_type(expanded, "AWS::Lambda::Function")
    assert set(found) == {each.logical_id for each in functions.FUNCTIONS}
    roles = {json.dumps(each["Properties"]["Role"]) for each in found.values()}
    assert len(roles) == len(found)
    groups = of_type(expanded, "AWS::Logs::LogGroup")
    names = {each["Properties"]["LogGroupName"]["Fn::Sub"] for each in groups.values()}
    for function in functions.FUNCTIONS:
        properties = found[function.logical_id]["Properties"]
        assert properties["FunctionName"] == {"Fn::Sub": function.physical_name}
        assert properties["MemorySize"] == function.memory
        assert properties["Timeout"] == function.timeout
        assert f"/aws/lambda/{function.physical_name}" in names
    assert all(each["Properties"]["RetentionInDays"] for each in groups.values())


def test_every_worker_is_deployed_without_the_app(expanded: dict[str, Any]) -> None:
    handlers = {each["Properties"]["Handler"] for each in of_type(expanded, "AWS::Lambda::Function").values()}
    expected = {
        f"{workers.__name__}.{each.name}" for each in functions.FUNCTIONS if each.name != "api_handler"
    }
    assert handlers == expected | {"app.app"}


def test_no_policy_has_a_wildcard_but_streams_that_have_no_name_yet() -> None:
    for name, policy in permissions.policies().items():
        text = json.dumps(policy)
        for statement in re.findall(r'"(?:Action|Resource)": (\[[^\]]*\]|"[^"]*"|\{[^}]*\})', text):
            for word in re.findall(r'"([^"]*\*[^"]*)"', statement):
                allowed = word.endswith("/stream/*") or (
                    "log-group:/aws/lambda/" in word and word.endswith(":*")
                )
                assert allowed, f"{name}: {word}"


def test_every_setting_is_a_parameter_and_reaches_every_function(expanded: dict[str, Any]) -> None:
    known = set(settings.NAMES)
    read = set(re.findall(r'get\("(OCPI_[A-Z_]+)"', Path(settings.__file__).read_text()))
    assert known == read == {*template.SETTINGS, "OCPI_STAGE"}
    for each in of_type(expanded, "AWS::Lambda::Function").values():
        variables = each["Properties"]["Environment"]["Variables"]
        assert set(variables) == known
    assert {template.parameter(name) for name in template.SETTINGS} <= set(expanded["Parameters"])


def test_a_wrong_setting_stops_the_deployment() -> None:
    party = '[{"role":"CPO","country_code":"NL","party_id":"EXA","business_details":{"name":"X"}}]'
    assert "OcpiPageLimit=50" in parameters.overrides({"OCPI_PAGE_LIMIT": "50"}, "dev", exists=True)
    with pytest.raises(settings.SettingsError, match="OCPI_PAGE_LIMIT"):
        parameters.overrides({"OCPI_PARTIES": party, "OCPI_PAGE_LIMIT": "many"}, "dev", exists=False)
    with pytest.raises(settings.SettingsError, match="OCPI_PARTIES"):
        parameters.overrides({}, "dev", exists=False)
    with pytest.raises(settings.SettingsError, match="STAGE"):
        parameters.overrides({}, "Prod", exists=True)
    with pytest.raises(settings.SettingsError, match=r"OCPI_PAGE_LIMT.*OCPI_PAGE_LIMIT"):
        parameters.overrides({"OCPI_PAGE_LIMT": "50"}, "dev", exists=True)
    assert parameters.overrides({"AWS_REGION": "x"}, "dev", exists=True) == ["Stage=dev"]


PARTY = '{"role":"CPO","country_code":"NL","party_id":"%s","business_details":{"name":"Example Charging"}}'


def many_parties(count: int) -> str:
    return "[" + ",".join(PARTY % f"{number:03d}" for number in range(count)) + "]"


def test_more_parties_than_a_parameter_holds_stop_the_deployment_and_a_file_is_the_way() -> None:
    """Row I15."""
    parameters.overrides({"OCPI_PARTIES": many_parties(30)}, "dev", exists=False)
    with pytest.raises(settings.SettingsError, match=r"OCPI_PARTIES: \d+ bytes.*4096.*@parties.json"):
        parameters.overrides({"OCPI_PARTIES": many_parties(60)}, "dev", exists=False)
    with pytest.raises(settings.SettingsError, match=r"together.*4096"):
        parameters.overrides({"OCPI_PARTIES": many_parties(39)}, "dev", exists=False)


def test_parties_are_read_from_a_file_of_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "parties.json").write_text(many_parties(300))
    monkeypatch.setattr(settings, "__file__", str(tmp_path / "settings.py"))
    assert len(settings.read({"OCPI_PARTIES": "@parties.json"}).parties) == 300
    assert "OcpiParties=@parties.json" in parameters.overrides(
        {"OCPI_PARTIES": "@parties.json"}, "dev", exists=False
    )
    for wrong in ("@other.json", "@../parties.json", "@", "@settings.py"):
        with pytest.raises(settings.SettingsError, match="OCPI_PARTIES"):
            settings.read({"OCPI_PARTIES": wrong})


def test_the_operators_page_is_behind_iam_and_nobody_is_let_in_by_the_function(
    expanded: dict[str, Any],
) -> None:
    (url,) = of_type(expanded, "AWS::Lambda::Url").values()
    assert url["Properties"]["AuthType"] == "AWS_IAM"
    for permission in of_type(expanded, "AWS::Lambda::Permission").values():
        assert permission["Properties"]["Action"] != "lambda:InvokeFunctionUrl"
        assert permission["Properties"]["Principal"] != "*"


def test_a_budget_is_there_where_it_is_asked_for_and_its_mail_may_be_sent(expanded: dict[str, Any]) -> None:
    (budget,) = of_type(expanded, "AWS::Budgets::Budget").values()
    assert budget["Condition"] == "HasBudget"
    statements = of_type(expanded, "AWS::SNS::TopicPolicy")["AlarmTopicPolicy"]["Properties"][
        "PolicyDocument"
    ]
    allowed = {each["Principal"]["Service"] for each in statements["Statement"]}
    assert allowed == {"budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com"}


@pytest.mark.parametrize("event", watching.MAILS)
def test_a_mail_names_the_partner_what_since_when_what_to_do_and_the_command_line(event: str) -> None:
    target = watching.resources()[f"{event}Rule"]["Properties"]["Targets"][0]["InputTransformer"]
    lines = [json.loads(line) for line in target["InputTemplate"]["Fn::Sub"].splitlines()]
    names = set(re.findall(r"<(\w+)>", "".join(lines)))
    assert names == set(target["InputPathsMap"]) and "partner" in names and names & {"time", "since"}
    commands = [each.partition("manage.py --function ocpi-${Stage}-operator ")[2] for each in lines]
    for command in filter(None, commands):
        known = dispatch.actions()[command.split()[0]].fields.model_fields
        assert {word[2:] for word in command.split() if word.startswith("--")} <= set(known)
    assert any(commands)
    headings = re.findall("“([^”]+)”", "".join(lines))
    written = (ROOT / "docs" / "operating.md").read_text()
    assert all(f"## {each}\n" in written for each in headings)


def test_the_teardown_names_every_table_that_stays() -> None:
    (listed,) = re.findall(
        r"^for table in (.+); do$", (ROOT / "docs" / "deploying.md").read_text(), re.MULTILINE
    )
    tables = [
        each for each in template.merge_template()["Resources"].values() if "TableName" in each["Properties"]
    ]
    assert {f"ocpi-${{Stage}}-{name}" for name in listed.split()} == {
        each["Properties"]["TableName"]["Fn::Sub"]
        for each in tables
        if each["Type"] == "AWS::DynamoDB::Table"
    }


def test_the_documentation_names_every_setting_with_its_default() -> None:
    written = (ROOT / "docs" / "deploying.md").read_text()
    for name, rest in template.SETTINGS.items():
        (row,) = re.findall(rf"^\| `{name}` \| `(\w+)` \| (.*) \|$", written, re.MULTILINE)
        assert row[0] == template.parameter(name)
        assert rest.get("Default", "") in row[1], name
    for name, parameter in parameters.STACK_ONLY.items():
        assert f"| `{name}` | `{parameter}` |" in written


def test_the_documentation_gives_every_functions_size_and_reason() -> None:
    written = (ROOT / "docs" / "deploying.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) MB \| (\d+) s \| (\d*) ?\| (.+) \|$", written, re.MULTILINE)
    assert {name: (int(memory), int(timeout), int(most or 0)) for name, memory, timeout, most, _ in rows} == {
        each.name.replace("_", "-"): (each.memory, each.timeout, each.concurrency)
        for each in functions.FUNCTIONS
    }


def test_the_api_is_throttled_and_logs_its_accesses(expanded: dict[str, Any]) -> None:
    (stage,) = of_type(expanded, "AWS::ApiGateway::Stage").values()
    (methods,) = stage["Properties"]["MethodSettings"]
    assert (methods["ThrottlingRateLimit"], methods["ThrottlingBurstLimit"]) == (gateway.RATE, gateway.BURST)
    assert (methods["ResourcePath"], methods["HttpMethod"]) == ("/*", "*")
    assert stage["Properties"]["AccessLogSetting"]["DestinationArn"] == {"Fn::Sub": "${AccessLog.Arn}"}
    limits = (ROOT / "docs" / "deploying.md").read_text()
    assert f"{gateway.RATE} requests per second with bursts of {gateway.BURST}" in limits


def test_the_template_stays_below_the_limits_of_aws(packaged: Path, expanded: dict[str, Any]) -> None:
    """ARC: 1 MB of template, 500 resources in a stack, 120 resources of an API (design section 4)."""
    compact = json.dumps(json.loads(packaged.read_text()), separators=(",", ":"))
    assert len(compact) < 700_000
    assert len(json.dumps(expanded, separators=(",", ":"))) < 700_000
    assert len(expanded["Resources"]) < 400
    paths = next(iter(of_type(expanded, "AWS::ApiGateway::RestApi").values()))["Properties"]["Body"]["paths"]
    nodes = {"/".join(path.split("/")[: at + 1]) for path in paths for at in range(len(path.split("/")))}
    assert len(nodes) < 120
    assert all("x-amazon-apigateway-any-method" in methods for methods in paths.values())


def test_the_sweep_runs_once_a_minute_and_its_absence_is_told(expanded: dict[str, Any]) -> None:
    """Row I8: Lambda does not repeat it on top of its schedule; that it never runs is an alarm, too."""
    (config,) = of_type(expanded, "AWS::Lambda::EventInvokeConfig").values()
    assert config["Properties"]["FunctionName"] == {"Ref": "Sweep"}
    assert config["Properties"]["MaximumRetryAttempts"] == 0
    assert config["Properties"]["MaximumEventAgeInSeconds"] == 60
    alarm = expanded["Resources"]["SweepMissingAlarm"]["Properties"]
    assert (alarm["MetricName"], alarm["ComparisonOperator"]) == ("Invocations", "LessThanThreshold")
    assert alarm["TreatMissingData"] == "breaching"


def test_streams_are_retried_until_their_records_expire(expanded: dict[str, Any]) -> None:
    """Row I7: an outage of a service may take longer than any number of attempts."""
    streams = [
        each["Properties"]
        for each in of_type(expanded, "AWS::Lambda::EventSourceMapping").values()
        if "StartingPosition" in each["Properties"]
    ]
    assert streams
    assert {each["MaximumRetryAttempts"] for each in streams} == {-1}


def test_every_alarm_tells_somebody_and_is_explained(expanded: dict[str, Any]) -> None:
    explained = (ROOT / "docs" / "operating.md").read_text()
    alarms = of_type(expanded, "AWS::CloudWatch::Alarm")
    assert len([each for each in alarms.values() if "Condition" not in each]) == costs.ALARMS
    for name, alarm in alarms.items():
        properties = alarm["Properties"]
        assert properties["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert properties["AlarmDescription"].endswith(f"docs/operating.md#{plain_name(properties)}")
    headings = set(re.findall(r"^## ([a-z-]+)$", explained, re.MULTILINE))
    assert headings == {plain_name(each["Properties"]) for each in alarms.values()}


def plain_name(alarm: dict[str, Any]) -> str:
    name: str = alarm["AlarmName"]["Fn::Sub"]
    return name.removeprefix("ocpi-${Stage}-")


def test_the_dashboard_is_free_of_charge_and_fits_its_grid() -> None:
    body = json.loads(dashboard.resources()["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    metrics = [
        each
        for widget in body["widgets"]
        if widget["type"] == "metric"
        for each in widget["properties"]["metrics"]
        if isinstance(each[0], str)
    ]
    assert len(metrics) <= 50
    for widget in body["widgets"]:
        assert widget["x"] + widget["width"] <= 24
    assert body["widgets"][0]["properties"]["endpoint"] == "${Widget.Arn}"


def asked_metrics(expanded: dict[str, Any]) -> set[tuple[str, str, frozenset[tuple[str, str]]]]:
    """(namespace, name, dimensions) of every metric that an alarm or the dashboard looks at."""
    found = set()
    for alarm in (each["Properties"] for each in of_type(expanded, "AWS::CloudWatch::Alarm").values()):
        dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        namespace = alarm["Namespace"]
        found.add(
            (plain(namespace), alarm["MetricName"], frozenset((k, plain(v)) for k, v in dimensions.items()))
        )
    body = json.loads(dashboard.resources()["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    for widget in body["widgets"]:
        before: list[Any] = []
        for metric in widget["properties"].get("metrics", []):
            words = [each for each in metric if isinstance(each, str)]
            expression = next(
                (str(each.get("expression", "")) for each in metric if isinstance(each, dict)), ""
            )
            searched = re.match(r"SEARCH\('\{([^,]+),.*MetricName=\"(\w+)\"", expression)
            if searched:  # by whatever dimensions it has
                found.add((searched[1], searched[2], frozenset()))
            if words == ["..."]:
                words = before
            words = [before[at] if word == "." else word for at, word in enumerate(words)]
            before = words or before
            if words:
                pairs = frozenset(zip(words[2::2], words[3::2], strict=True))
                found.add((words[0], words[1], pairs))
    return found


def plain(value: Any) -> str:
    return value["Fn::Sub"] if isinstance(value, dict) else value


def test_every_metric_that_is_looked_at_is_one_of_something_deployed(expanded: dict[str, Any]) -> None:
    """AWS's own metrics are of resources of this stack; ours come from its metric filters."""

    def names(kind: str, name: str) -> set[str]:
        return {plain(each["Properties"][name]) for each in of_type(expanded, kind).values()}

    deployed = {
        "QueueName": names("AWS::SQS::Queue", "QueueName"),
        "FunctionName": names("AWS::Lambda::Function", "FunctionName"),
        "TableName": names("AWS::DynamoDB::Table", "TableName"),
        "ApiName": names("AWS::ApiGateway::RestApi", "Name"),
        "Stage": names("AWS::ApiGateway::Stage", "StageName"),
        "RuleName": names("AWS::Events::Rule", "Name"),
        "EventBusName": names("AWS::Events::EventBus", "Name"),
    }
    ours = {
        (plain(each["MetricNamespace"]), each["MetricName"])
        for resource in of_type(expanded, "AWS::Logs::MetricFilter").values()
        for each in resource["Properties"]["MetricTransformations"]
    }
    of_aws = {
        "AWS/SQS": ({"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}, {"QueueName"}),
        "AWS/Lambda": ({"Errors", "Throttles", "Invocations", "IteratorAge"}, {"FunctionName"}),
        "AWS/DynamoDB": ({"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"}, {"TableName"}),
        "AWS/ApiGateway": ({"Count", "4XXError", "5XXError", "Latency"}, {"ApiName", "Stage"}),
        "AWS/Events": ({"TriggeredRules"}, {"EventBusName", "RuleName"}),
    }
    asked = asked_metrics(expanded)
    assert len(asked) > 40
    for namespace, name, dimensions in asked:
        if namespace in of_aws:
            known, by = of_aws[namespace]
            assert name in known
            assert {each for each, _ in dimensions} == by, (namespace, name)
        else:
            assert (namespace, name) in ours
            assert not dimensions
        for dimension, value in dimensions:
            assert value in deployed[dimension], (name, dimension, value)
    assert ours <= {(namespace, name) for namespace, name, _ in asked}, "a metric that nobody looks at"


def logged() -> dict[str, set[str]]:
    """The fields of each log line that the code writes, by its message."""
    always = {"at", "level", "message", "request_id", "correlation_id"}
    found: dict[str, set[str]] = {}
    for path in (ROOT / "chalicelib").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            name = isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", ""))
            if not isinstance(call, ast.Call) or name not in ("log", "log_exception"):
                continue
            fields = {each.arg for each in call.keywords if each.arg} | always
            if name == "log_exception":
                fields |= {"exception", "trace"}
            for text in (each for part in call.args for each in ast.walk(part)):
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    found.setdefault(text.value, set()).update(fields)
    return found


def test_queries_and_metric_filters_ask_for_lines_and_fields_that_the_code_writes() -> None:
    known = logged()
    everything = set().union(*known.values())
    body = json.loads(dashboard.resources()["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    queries = [query for _, query in console.QUERIES.values()]
    queries += [each["properties"]["query"] for each in body["widgets"] if each["type"] == "log"]
    assert len(queries) > 10
    for query in queries:
        (message,) = re.findall(r'message = "([^"]+)"', query) or [""]
        allowed = known[message] if message else everything
        assert asked_fields(query) <= allowed, query
    for resource in watching.resources().values():
        if resource["Type"] == "AWS::Logs::MetricFilter":
            (message,) = re.findall(r'\$\.message = "([^"]+)"', resource["Properties"]["FilterPattern"])
            (metric,) = resource["Properties"]["MetricTransformations"]
            assert metric["MetricValue"].removeprefix("$.") in known[message] | {"1"}


LANGUAGE = {
    "SOURCE",
    "filter",
    "fields",
    "sort",
    "stats",
    "limit",
    "by",
    "as",
    "and",
    "or",
    "asc",
    "desc",
    "like",
}
LANGUAGE |= {"count", "sum", "max", "avg", "pct", "ispresent"}


def asked_fields(query: str) -> set[str]:
    """The names of fields in a query of Logs Insights."""
    bare = re.sub(r"""\"[^"]*"|'[^']*'|/[^/]*/""", "", query)
    made = set(re.findall(r"\bas (\w+)", bare))
    words = {each.partition(".")[0] for each in re.findall(r"(?<![@\w.])[a-zA-Z][\w.]*", bare)}
    return words - made - LANGUAGE


def test_queries_look_into_logs_of_functions_that_write_such_lines(expanded: dict[str, Any]) -> None:
    groups = {
        plain(each["Properties"]["LogGroupName"])
        for each in of_type(expanded, "AWS::Logs::LogGroup").values()
    }
    text = json.dumps([console.resources(), dashboard.resources()])
    asked = set(re.findall(r"/aws/lambda/[\w${}-]+", text))
    assert asked
    assert asked <= groups


def test_the_events_that_are_mailed_are_told_with_what_their_mails_say() -> None:
    for event in ("PartnerUnreachable", "PartnerRecovered", "DeliveriesFailed"):
        target = watching.resources()[f"{event}Rule"]["Properties"]["Targets"][0]["InputTransformer"]
        paths = {each.removeprefix("$.detail.") for each in target["InputPathsMap"].values()}
        assert paths - {"$.time"} <= set(told.EVENTS[event].fields)


@pytest.mark.parametrize("name", console.TEST_EVENTS)
def test_every_test_event_of_the_operator_function_is_an_action_with_its_fields(
    name: str, hand: Any, operate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fits the schema that `help` shows, and fails at most for its made-up partner."""
    event = console.TEST_EVENTS[name]
    schema = operate("help")["actions"][event["action"]]["schema"]
    fields = {each: value for each, value in event.items() if each != "action"}
    jsonschema.Draft202012Validator(schema).validate(fields)
    monkeypatch.setattr("socket.getaddrinfo", _nobody)
    answer = hand.functions.call("operator", event)
    made_up = {"partner", "versions_url"} & set(event)
    assert answer["ok"] or (
        made_up and answer["error"]["code"] not in ("invalid", "unknown_action", "internal")
    )


def _nobody(*_: Any, **__: Any) -> Any:
    raise socket.gaierror("no such host")


def test_test_events_are_kept_as_the_lambda_console_does(expanded: dict[str, Any]) -> None:
    (schema,) = of_type(expanded, "AWS::EventSchemas::Schema").values()
    assert schema["Properties"]["RegistryName"] == "lambda-testevent-schemas"
    assert schema["Properties"]["SchemaName"] == {"Fn::Sub": "_ocpi-${Stage}-operator-schema"}
    content = json.loads(schema["Properties"]["Content"])
    examples = content["components"]["examples"]
    assert {name: each["value"] for name, each in examples.items()} == console.TEST_EVENTS
    assert {"invite", "register", "status"} <= {each["action"] for each in console.TEST_EVENTS.values()}


def test_the_costs_in_the_documentation_are_computed_and_below_their_targets() -> None:
    """Design section 11: a month of 10 partners below 60 USD, idle below 3 USD."""
    units = costs.counted()
    for document, made in ((costs.DOCUMENT, costs.table(units)), (costs.SCALE, costs.at_scale(units))):
        assert made in document.read_text(), "run python -m deploy.costs --write"
    stored = "status change stored | {our_status_writes:g} write units, {our_status_reads:g} read units |"
    assert stored.format(**units) in costs.SCALE.read_text()
    by_name = {load.name: sum(costs.month(load, units).values()) for load in costs.LOADS}
    assert by_name["idle"] < 3
    assert by_name["CPO, 10 partners, 1,000 charge points"] < 60
    assert by_name["eMSP, 10 partners with 1,000 charge points"] < 60


def test_the_units_that_costs_are_computed_from_are_those_counted_now() -> None:
    """Design section 11: units and queue calls as counted, no copies that grow old."""
    found = apart("bench.events", "count")
    assert set(found) == set(costs.counted())
    for name, value in costs.counted().items():
        assert found[name] == pytest.approx(value, rel=0.1), f"{name}: python -m deploy.costs --count --write"


def test_a_recorded_call_names_the_resource_and_the_permission_it_needs() -> None:
    def needs(service: str, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str]]:
        return [call[1:] for call in recording.calls("push", service, operation, parameters)]

    table = "ocpi-some-stage-locations"
    assert needs("dynamodb", "GetItem", {"TableName": table}) == [("table:locations", "GetItem")]
    assert needs("dynamodb", "Query", {"TableName": table, "IndexName": "feed"}) == [
        ("table:locations/index/feed", "Query")
    ]
    assert needs("dynamodb", "TransactWriteItems", {"TransactItems": [{"Put": {"TableName": table}}]}) == [
        ("table:locations", "PutItem")
    ]
    assert needs("sqs", "SendMessageBatch", {"QueueUrl": "http://x/1/ocpi-dev-push-slow"}) == [
        ("queue:push-slow", "SendMessage")
    ]
    assert needs("sts", "GetCallerIdentity", {}) == []


def test_no_function_scans_a_table_though_its_role_allowed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Design section 7: no cost grows with a table. `make test` compares every call of the suite so."""
    scan = ("sweep", "table:partners", "Scan")
    found = recording.compare({scan})
    assert found[0] == "scan: sweep reads all of table:partners, however much there is"
    monkeypatch.setitem(permissions.GRANTS, "sweep", {"table:partners": "Scan"})
    assert recording.compare(set())[0] == found[0]
    monkeypatch.undo()
    assert not any(each.startswith("scan: ") for each in recording.compare(set()))


def test_a_missing_and_a_spare_permission_are_both_found() -> None:
    everything = {
        (function, resource, action)
        for function, grants in permissions.GRANTS.items()
        for resource, actions in grants.items()
        for action in actions.split()
    }
    assert recording.compare(everything) == []
    extra = ("widget", "table:locations", "DeleteItem")
    assert recording.compare(everything | {extra}) == ["missing: widget calls DeleteItem on table:locations"]
    some = next(iter(sorted(everything)))
    assert recording.compare(everything - {some})[0].startswith("spare: ")
