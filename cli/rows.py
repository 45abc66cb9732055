"""What is worth knowing of an action beside its schema: a row each; an action without one is a command, too.

`columns`: of each list in the answer (`objects/locations`: of that module), as
`heading=path:kind`; the last one wraps. `file`: the field that a FILE fills.
`positional`: optional fields that may be given without their name. `secret`:
fields that never stand in the arguments. `failed`: whether an answer that is
`ok` says all the same that something was refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import RenderableType

from cli import answers, money
from cli.show import Column, Screen
from cli.show import columns as c

Show = Callable[[Screen, Any], Iterable[RenderableType]]
Columns = Mapping[str, tuple[Column, ...]]


def put_refused(data: Any) -> bool:
    """Whether an answer has faults of objects, or counts some that were refused."""
    if not isinstance(data, dict):
        return False
    errors = data.get("errors")
    faults = isinstance(errors, list) and any(isinstance(each, dict) and "pointer" in each for each in errors)
    count = data.get("refused")
    return faults or (isinstance(count, int) and count > 0)


def not_accepted(data: Any) -> bool:
    """Whether a partner answered a request of ours with anything but ACCEPTED."""
    response = data.get("response") if isinstance(data, dict) else None
    result = response.get("result") if isinstance(response, dict) else response
    return isinstance(result, str) and result != "ACCEPTED"


def not_allowed(data: Any) -> bool:
    allowed = data.get("allowed") if isinstance(data, dict) else None
    return isinstance(allowed, str) and allowed != "ALLOWED"


def has_errors(data: Any) -> bool:
    """Whether a finding is an error; advice and warnings are none."""
    found = data.get("findings") if isinstance(data, dict) else None
    return isinstance(found, list) and any(str(each.get("severity")).lower() == "error" for each in found)


@dataclass(frozen=True)
class Row:
    """How the command of one action differs from what its schema alone would make of it."""

    topic: str = "More"
    examples: tuple[str, ...] = ()
    columns: Columns = field(default_factory=dict)
    show: Show | None = None
    positional: tuple[str, ...] = ()
    file: str = ""
    pairs: str = ""
    secret: frozenset[str] = frozenset()
    failed: Callable[[Any], bool] = put_refused
    newest_first: bool = False
    wait: str = ""
    watch: bool = False


TOPICS = ("Partners", "Objects", "Delivery", "Commands", "Money", "Evidence", "Hub", "More")
FAULTS = c("object=id:whole file:whole pointer message")
PULLS = c("state:whole partner module pages:n objects:n set_aside:n total:n started=started_at:age reason")
PUTS = c("id:whole module state total:n stored:n unchanged:n older:n refused:n updated=updated_at:age")
COMMANDS = c("created=created_at:age way=@way:whole command:whole partner state:whole response result id")
LISTED: Columns = {
    "objects/locations": c(
        "party=@party:whole id:whole evses=@evses updated=last_updated:age name place=@address"
    ),
    "objects/tariffs": c("party=@party:whole id:whole type currency updated=last_updated:age prices=@prices"),
    "objects/sessions": c(
        "party=@party:whole id:whole status token=@token kwh:n cost=@cost start=start_date_time:clock "
        "place=@place"
    ),
    "objects/cdrs": c(
        "party=@party:whole id:whole end=end_date_time:clock kwh=total_energy:n cost=@cost currency "
        "session=session_id token=@token"
    ),
    "objects/tokens": c(
        "party=@party:whole uid:whole type valid whitelist updated=last_updated:age issuer "
        "contract=contract_id"
    ),
    "objects/hubclientinfo": c("party=@party:whole role status updated=last_updated:time"),
}

ROWS: Mapping[str, Row] = {
    "status": Row(
        "Partners", ("status", "status --watch"), show=answers.status, failed=lambda data: False, watch=True
    ),
    "partners": Row(
        "Partners",
        ("partners", "partners --wide"),
        {
            "partners": c(
                "id:whole name state:whole ocpi=version health=health.state backlog:n "
                "heard=health.last_success:age roles"
            )
        },
    ),
    "partner": Row(
        "Partners", ("partner Example", "partner example-1e30fc --json"), show=answers.partner, watch=True
    ),
    "invite": Row(
        "Partners",
        ('invite "Example Mobility" --roles EMSP/DE/EXM', "invite Hub --hub --expires-in 7d"),
        positional=("name",),
        show=answers.invited,
    ),
    "register": Row(
        "Partners",
        (
            "register https://partner.example.com/ocpi/versions",
            "register https://partner.example.com/ocpi/versions --token - < token.txt",
        ),
        secret=frozenset({"token"}),
        show=answers.partner,
    ),
    "update_registration": Row("Partners", ("update_registration Example",), show=answers.partner),
    "unregister": Row("Partners", ("unregister Example",)),
    "suspend": Row("Partners", ("suspend Example",), show=answers.partner),
    "resume": Row("Partners", ("resume Example",), show=answers.partner),
    "put": Row(
        "Objects",
        (
            "put locations LOC1.json",
            "put locations exported/ --keep-status",
            "put tariffs - < tariffs.json",
            "put locations sites.csv --map sites.map.json",
        ),
        {"errors": FAULTS, "warnings": FAULTS},
        file="object",
        show=answers.put,
    ),
    "puts": Row("Objects", ("puts", "puts --job sites-2026-10 --watch"), {"puts": PUTS}, newest_first=True),
    "check": Row(
        "Objects",
        ("check locations LOC1.json", "check cdrs folder/"),
        {"errors": FAULTS, "warnings": FAULTS, "advice": FAULTS},
        file="object",
        show=answers.put,
    ),
    "patch": Row(
        "Objects",
        ("patch locations LOC1 --evse-uid LOC1-1 status=OUTOFORDER", "patch tariffs AC1 changes.json"),
        {"errors": FAULTS, "warnings": FAULTS},
        file="changes",
        pairs="changes",
        show=answers.put,
    ),
    "remove": Row("Objects", ("remove tariffs AC1", "remove tariffs AC1 --force")),
    "get": Row(
        "Objects", ("get locations LOC1", "get cdrs CDR1 --party BE/BEC --json"), show=answers.get, watch=True
    ),
    "list": Row(
        "Objects",
        ("list locations", "list sessions --party all --status ACTIVE", "list cdrs --date-from monday --csv"),
        LISTED,
    ),
    "authorize": Row(
        "Objects", ("authorize 04E1A2B3C40001", "authorize 04E1A2B3C40001 --party NL/EXA"), failed=not_allowed
    ),
    "charging_preferences": Row(
        "Objects", ("charging_preferences S1 preferences.json",), file="preferences", failed=not_accepted
    ),
    "held": Row("Objects", ("held Example locations LOC1",), show=answers.held),
    "deliveries": Row(
        "Delivery",
        ("deliveries", "deliveries --partner Example --state REFUSED", "deliveries --follow"),
        {"deliveries": answers.DELIVERIES},
    ),
    "redeliver": Row("Delivery", ("redeliver --partner Example", "redeliver --id example-1e30fc#...")),
    "pull": Row(
        "Delivery",
        ("pull Example", "pull Example --module locations --full --wait"),
        {"pulls": PULLS},
        wait="pull",
    ),
    "pulls": Row(
        "Delivery",
        ("pulls", "pulls --partner Example --watch"),
        {"pulls": PULLS, "findings": c("id pointer message")},
        newest_first=True,
    ),
    "push": Row("Delivery", ("push Example", "push Example --module tariffs")),
    "send_command": Row(
        "Commands",
        (
            "send_command STOP_SESSION BE/BEC body.json --wait",
            'send_command UNLOCK_CONNECTOR BE/BEC --body \'{"location_id": "LOC1", ...}\'',
        ),
        file="body",
        failed=not_accepted,
        wait="command",
    ),
    "answer_command": Row("Commands", ("answer_command 5f0c... ACCEPTED",)),
    "commands": Row(
        "Commands",
        ("commands", "commands --state PENDING --follow"),
        {"commands": COMMANDS},
        newest_first=True,
    ),
    "command": Row("Commands", ("command 5f0c...",), watch=True),
    "set_profile": Row(
        "Commands",
        ("set_profile S1 profile.json --wait",),
        file="charging_profile",
        failed=not_accepted,
        wait="command",
    ),
    "clear_profile": Row("Commands", ("clear_profile S1 --wait",), failed=not_accepted, wait="command"),
    "active_profile": Row(
        "Commands", ("active_profile S1 --duration 3600 --wait",), failed=not_accepted, wait="command"
    ),
    "answer_profile": Row("Commands", ("answer_profile 5f0c... ACCEPTED",)),
    "audit": Row(
        "Money",
        ("audit BE/BEC CDR1", "audit cdr.json --tariffs @tariffs.json --time-zone Europe/Brussels"),
        positional=("party", "id"),
        file="cdr",
        show=money.bill,
    ),
    "audits": Row(
        "Money",
        ("audits --verdict DISAGREE --date-from monday", "audits --partner Example --csv"),
        {
            "audits": c(
                "at:age cdr=@object:below verdict:whole claimed=@claimed:whole computed=@computed:whole "
                "difference=@difference:whole currency:whole cause"
            )
        },
        newest_first=True,
    ),
    "quote": Row(
        "Money",
        ('quote tariff.json --start 2026-10-01T08:00:00Z --profile \'[{"minutes": 60, "kwh": 11}]\'',),
        file="tariff",
        show=money.bill,
    ),
    "price": Row(
        "Money", ("price cdr.json --tariffs @tariffs.json", "price --session S1"), file="cdr", show=money.bill
    ),
    "lint": Row(
        "Money",
        ("lint tariff.json", "lint NL/EXA AC1", "lint tariffs/"),
        {"findings": c("severity code:whole pointer message")},
        positional=("party", "id"),
        file="tariff",
        failed=has_errors,
    ),
    "dispute": Row("Money", ('dispute BE/BEC CDR1 "priced in UTC"',), positional=("party", "id", "reason")),
    "disputes": Row(
        "Money",
        ("disputes", "disputes --state OPEN"),
        {"disputes": c("opened=opened_at:time cdr=@object state outcome settled=settled_at:time reason")},
        newest_first=True,
    ),
    "settle": Row("Money", ("settle BE/BEC CDR1 ACCEPTED",), positional=("party", "id", "outcome")),
    "release": Row("Money", ("release NL/EXA CDR1",), positional=("party", "id")),
    "statement": Row(
        "Money",
        ("statement --partner Example --month 2026-10", "statement --party BE/BEC --month 2026-10 --csv"),
        {
            "rows": c(
                "end=end_date_time:time cdr=@object:below kwh:n claimed=@claimed:whole "
                "computed=@computed:whole difference=@difference:whole currency verdict"
            ),
            "currencies": c(
                "currency cdrs:n credits:n kwh:n claimed=@claimed computed=@computed "
                "difference=@difference disputed=@disputed"
            ),
            "sessions_without_cdr": c("session=@object start=start_date_time:time kwh:n status"),
        },
    ),
    "reconcile": Row(
        "Money",
        ("reconcile", "reconcile --partner Example"),
        {"findings": c("since:age kind partner object=@object:below state:whole message")},
    ),
    "money_policy": Row("Money", ("money_policy Example --policy gireve",)),
    "messages": Row(
        "Evidence",
        (
            "messages --partner Example --module cdrs --id CDR1",
            "messages --outcome refused --date-from monday",
            "messages --partner Example --follow",
        ),
        {
            "messages": c(
                "at:clock way=@way:whole partner request=@request:whole object=@object answer=@answer:whole "
                "ms=duration_ms:n outcome:whole id:below said=@said"
            )
        },
        newest_first=True,
    ),
    "message": Row("Evidence", ("message 01J...",), show=answers.message),
    "refusals": Row(
        "Evidence",
        ("refusals --date-from monday", "refusals --partner Example --follow"),
        {"refusals": c("at:clock id:below partner module object=@object findings=@faults")},
        newest_first=True,
    ),
    "refusal": Row("Evidence", ("refusal 01J...",), show=answers.refusal),
    "readmit": Row("Evidence", ("readmit 01J...", "readmit --partner Example")),
    "scorecard": Row(
        "Evidence",
        ("scorecard Example", "scorecard Example --format html > example.html"),
        show=answers.scorecard,
    ),
    "routes": Row(
        "Hub",
        ("routes --from NL/CPO --to DE/MSP", "routes --follow"),
        {"routes": c("at:clock from to method answer=@answer ms=duration_ms:n versions losses path")},
        newest_first=True,
    ),
    "agree": Row("Hub", ("agree NL/CPO DE/MSP", "agree NL/CPO DE/MSP --no-allowed"), positional=("parties",)),
    "agreements": Row("Hub", ("agreements",), {"agreements": c("parties=@agreed allowed modules")}),
    "help": Row("More", ("help", "help put")),
}


def row(action: str) -> Row:
    """What is known of the action; of one that nothing is known of, the usual."""
    return ROWS.get(action, Row(examples=(action,)))
