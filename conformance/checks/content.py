"""What lists show: every object whole and of a party of the other side; what holds of each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from conformance import VERSIONS
from conformance.check import NEWER, SHOULD, check, letter
from conformance.checks.paging import LISTS, roles_for
from conformance.shapes import earlier, faults, moment
from conformance.trial import Trial
from conformance.verdict import Skipped, require, require_no_faults

KINDS = dict(zip(LISTS, ("Location", "Session", "CDR", "Tariff", "Token", "ClientInfo"), strict=True))
SESSION_ONLY = ("CURRENT", "ENERGY_EXPORT", "ENERGY_IMPORT", "POWER", "STATE_OF_CHARGE")
Rule = Callable[[Any], Iterator[str]]


def _whole(module: str, index: int) -> None:
    kind = KINDS[module]
    versions = NEWER if module == "hubclientinfo" else VERSIONS

    @check(
        f"TRA-42/{letter(index)}",
        f"Every {kind} in the list is whole",
        f"GET all pages of {module}",
        "required fields, types, lengths and values as the object table has them",
        module=module,
        interface="SENDER",
        roles=roles_for(module),
        versions=versions,
    )
    def run(trial: Trial) -> None:
        objects = trial.crawl(module).objects
        if not objects:
            raise Skipped("the list is empty")
        found = [f"{kind} {number}{fault}" for number, each in enumerate(objects)
                 for fault in faults(kind, each, trial.version)]  # fmt: skip
        require_no_faults(found, "as listed", trial.proofs[0] if trial.proofs else None)


for _index, _module in enumerate(LISTS):
    _whole(_module, _index)


def each_object(
    id: str, title: str, module: str, expects: str, force: str = "MUST", versions: tuple[str, ...] = VERSIONS
) -> Callable[[Rule], Rule]:
    """Declare a rule that holds for every object of a list; it yields what is wrong."""

    def declare(rule: Rule) -> Rule:
        @check(
            id,
            title,
            f"GET all pages of {module}",
            expects,
            module=module,
            interface="SENDER",
            roles=roles_for(module),
            versions=versions,
            force=force,
        )
        def run(trial: Trial) -> None:
            objects = trial.crawl(module).objects
            if not objects:
                raise Skipped("the list is empty")
            found = [
                f"{each.get('id') or each.get('uid')}: {fault}"
                for each in objects
                for fault in _judged(rule, each)
            ]
            require_no_faults(found, "as listed", trial.proofs[0] if trial.proofs else None)

        return rule

    return declare


def _judged(rule: Rule, each: dict[str, Any]) -> list[str]:
    """What the rule finds; nothing where the object has not even the right form, which TRA-42 says."""
    try:
        return list(rule(each))
    except (LookupError, TypeError, ValueError, AttributeError):
        return []


@each_object(
    "TAR-14",
    "A restricted dimension has a default",
    "tariffs",
    "an unrestricted element after the restricted ones",
    "SHOULD",
    NEWER,
)
def dimensions_have_a_default(tariff: dict[str, Any]) -> Iterator[str]:
    limited, free = set(), set()
    for element in tariff.get("elements") or []:
        kinds = {c.get("type") for c in element.get("price_components") or [] if isinstance(c, dict)}
        rules = {name for name, value in (element.get("restrictions") or {}).items() if value}
        if rules and "reservation" not in rules:
            limited |= kinds
        elif not rules:
            free |= kinds
    for kind in sorted(str(each) for each in limited - free):
        yield f"{kind} has restricted elements only"


@each_object(
    "TAR-21",
    "A Tariff does not end before it begins",
    "tariffs",
    "end_date_time after start_date_time",
    versions=NEWER,
)
def tariffs_end_later(tariff: dict[str, Any]) -> Iterator[str]:
    start, end = tariff.get("start_date_time"), tariff.get("end_date_time")
    if not earlier(start, end) and moment(start) and moment(end):
        yield f"{start} to {end}"


@each_object(
    "TAR-26", "step_size counts at least one unit", "tariffs", "step_size >= 1, except for FLAT", "SHOULD"
)
def step_size_counts(tariff: dict[str, Any]) -> Iterator[str]:
    for element in tariff.get("elements") or []:
        for each in element.get("price_components") or []:
            if (
                each.get("type") != "FLAT"
                and isinstance(each.get("step_size"), int)
                and each["step_size"] < 1
            ):
                yield f"step_size {each['step_size']} of {each.get('type')}"


@each_object(
    "SES-28/a", "A Session that is over has an end", "sessions", "end_date_time where COMPLETED", "SHOULD"
)
def completed_sessions_end(session: dict[str, Any]) -> Iterator[str]:
    if session.get("status") == "COMPLETED" and not (
        session.get("end_date_time") or session.get("end_datetime")
    ):
        yield "COMPLETED, but no end"


@each_object(
    "CDR-34",
    "No dimension of Sessions is in a CDR",
    "cdrs",
    f"none of {', '.join(SESSION_ONLY)}",
    versions=NEWER,
)
def no_session_dimensions(cdr: dict[str, Any]) -> Iterator[str]:
    for period in cdr.get("charging_periods") or []:
        for each in period.get("dimensions") or []:
            if each.get("type") in SESSION_ONLY:
                yield f"dimension {each['type']}"


@each_object(
    "CDR-06",
    "A Credit CDR names the CDR it takes back",
    "cdrs",
    "credit with credit_reference_id, another id than its own",
    versions=NEWER,
)
def credits_name_their_cdr(cdr: dict[str, Any]) -> Iterator[str]:
    reference = cdr.get("credit_reference_id")
    if cdr.get("credit") and (not reference or str(reference).upper() == str(cdr.get("id")).upper()):
        yield f"credit_reference_id is {reference!r}"


@each_object(
    "CDR-31",
    "total_cost is the sum of its parts",
    "cdrs",
    "fixed, energy, time, parking and reservation cost add up, where all that is priced is given",
    "SHOULD",
    NEWER,
)
def costs_add_up(cdr: dict[str, Any]) -> Iterator[str]:
    parts = [cdr[f"total_{name}_cost"] for name in ("fixed", "energy", "time", "parking", "reservation")
             if isinstance(cdr.get(f"total_{name}_cost"), dict)]  # fmt: skip
    limited = any(each.get("min_price") or each.get("max_price") for each in cdr.get("tariffs") or [])
    if parts and isinstance(cdr.get("total_cost"), dict) and not cdr.get("credit") and not limited:
        net = next((name for name in ("before_taxes", "excl_vat") if name in cdr["total_cost"]), "")
        total = sum(float(each.get(net) or 0) for each in parts)
        if net and abs(total - float(cdr["total_cost"][net])) > 0.02:
            yield f"the parts add up to {total:g}, total_cost says {cdr['total_cost'][net]}"


@each_object(
    "CDR-30",
    "Parking is part of the total time, and a session does not end before it begins",
    "cdrs",
    "total_parking_time <= total_time; end after start",
)
def times_fit(cdr: dict[str, Any]) -> Iterator[str]:
    if float(cdr.get("total_parking_time") or 0) > float(cdr.get("total_time") or 0) + 0.001:
        yield "total_parking_time is more than total_time"
    end = cdr.get("end_date_time") or cdr.get("stop_date_time")
    if earlier(end, cdr.get("start_date_time")):
        yield f"{cdr.get('start_date_time')} to {end}"


@each_object("CDR-25", "The periods of a CDR follow each other", "cdrs", "each begins after the one before")
def periods_follow(cdr: dict[str, Any]) -> Iterator[str]:
    starts = [each.get("start_date_time") for each in cdr.get("charging_periods") or []]
    if any(earlier(later, first) for first, later in pairwise(starts)):
        yield "charging_periods are not in the order of time"


@each_object(
    "TOK-10",
    "Tokens of app users are not whitelisted",
    "tokens",
    "whitelist NEVER for APP_USER and AD_HOC_USER",
    "SHOULD",
    NEWER,
)
def app_users_are_asked_for(token: dict[str, Any]) -> Iterator[str]:
    listed = token.get("whitelist") in ("ALWAYS", "ALLOWED", "ALLOWED_OFFLINE")
    if token.get("type") in ("APP_USER", "AD_HOC_USER") and listed:
        yield f"{token['type']} with whitelist {token.get('whitelist')}"


def _own_parties(index: int, module: str) -> None:
    @check(
        f"TRA-58/{letter(index)}",
        f"What is listed belongs to a party of the other side ({module})",
        f"GET all pages of {module}",
        "country_code and party_id are those of a role in its Credentials",
        module=module,
        interface="SENDER",
        roles=roles_for(module),
        versions=NEWER,
        force=SHOULD,
    )
    def run(trial: Trial) -> None:
        objects = trial.crawl(module).objects
        if not objects or not trial.roles:
            raise Skipped("the list is empty" if not objects else "the roles of the other side are not known")
        if trial.is_hub:
            raise Skipped("a hub lists objects of the parties behind it")
        parties = {f"{each['country_code']}/{each['party_id']}".upper() for each in trial.roles}
        owners = {
            f"{each['country_code']}/{each['party_id']}".upper()
            for each in objects
            if each.get("country_code") and each.get("party_id")
        }
        require(
            owners <= parties, f"objects of {', '.join(sorted(owners - parties))}; its parties are {parties}"
        )


for _index, _module in enumerate(LISTS[:5]):
    _own_parties(_index, _module)


def _ours_only(index: int, module: str) -> None:
    @check(
        f"TRA-17/{letter(index)}",
        f"No other provider's customers are shown ({module})",
        f"GET all pages of {module}",
        "every cdr_token is of our party",
        module=module,
        interface="SENDER",
        roles=("EMSP",),
        versions=NEWER,
        force=SHOULD,
    )
    def run(trial: Trial) -> None:
        objects = trial.crawl(module).objects
        if not objects:
            raise Skipped("the list is empty")
        ours = f"{trial.country}/{trial.party}".upper()
        owners = set()
        for each in objects:
            token = each.get("cdr_token")
            if isinstance(token, dict) and token.get("country_code") and token.get("party_id"):
                owners.add(f"{token['country_code']}/{token['party_id']}".upper())
        others = sorted(owners - {ours})
        require(not others, f"shows what customers of {', '.join(others)} did")


_ours_only(0, "sessions")
_ours_only(1, "cdrs")
