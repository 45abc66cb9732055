"""What lists show: every object whole, and its parts in agreement."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterator
from typing import Any

from conformance import VERSIONS
from conformance.check import NEWER, SHOULD, check, letter
from conformance.checks.paging import LISTS, roles_for
from conformance.shapes import faults
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
                f"{each.get('id') or each.get('uid')}: {fault}" for each in objects for fault in rule(each)
            ]
            require_no_faults(found, "as listed", trial.proofs[0] if trial.proofs else None)

        return rule

    return declare


def evses(location: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in location.get("evses") or [] if isinstance(each, dict)]


def connectors(evse: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in evse.get("connectors") or [] if isinstance(each, dict)]


@each_object(
    "LOC-87",
    "A Location is as new as its newest part",
    "locations",
    "last_updated of Location >= EVSE >= Connector",
)
def parents_are_as_new(location: dict[str, Any]) -> Iterator[str]:
    for evse in evses(location):
        if str(evse.get("last_updated")) > str(location.get("last_updated")):
            yield f"EVSE {evse.get('uid')} is newer than its Location"
        for connector in connectors(evse):
            if str(connector.get("last_updated")) > str(evse.get("last_updated")):
                yield f"Connector {evse.get('uid')}/{connector.get('id')} is newer than its EVSE"


@each_object("LOC-60", "EVSE uids are unique in a Location", "locations", "no uid twice")
def uids_are_unique(location: dict[str, Any]) -> Iterator[str]:
    uids = [str(each.get("uid")).upper() for each in evses(location)]
    yield from (f"EVSE {uid} twice" for uid in sorted({u for u in uids if uids.count(u) > 1}))


@each_object("LOC-62", "Connector ids are unique in an EVSE", "locations", "no id twice")
def connector_ids_are_unique(location: dict[str, Any]) -> Iterator[str]:
    for evse in evses(location):
        ids = [str(each.get("id")).upper() for each in connectors(evse)]
        yield from (
            f"Connector {id} of {evse.get('uid')} twice" for id in {i for i in ids if ids.count(i) > 1}
        )


@each_object(
    "LOC-64", "time_zone is a name of the IANA database", "locations", "like Europe/Oslo", versions=NEWER
)
def time_zone_is_known(location: dict[str, Any]) -> Iterator[str]:
    if location.get("time_zone") not in zoneinfo.available_timezones():
        yield f"time_zone {location.get('time_zone')!r} is unknown"


@each_object(
    "LOC-78",
    "Opening hours are given, or it is open around the clock",
    "locations",
    "regular_hours exactly where twentyfourseven is false",
    versions=NEWER,
)
def hours_are_either(location: dict[str, Any]) -> Iterator[str]:
    hours = location.get("opening_times")
    if isinstance(hours, dict) and bool(hours.get("regular_hours")) == bool(hours.get("twentyfourseven")):
        yield "opening_times: regular_hours must be there exactly where twentyfourseven is false"


@each_object(
    "LOC-81",
    "Regular hours are of a weekday and do not end before they begin",
    "locations",
    "weekday 1 to 7, period_end later than period_begin",
)
def hours_have_an_order(location: dict[str, Any]) -> Iterator[str]:
    for each in (location.get("opening_times") or {}).get("regular_hours") or []:
        if each.get("weekday") not in range(1, 8):
            yield f"weekday {each.get('weekday')!r}"
        if str(each.get("period_end")) <= str(each.get("period_begin")) and each.get("period_end") != "24:00":
            yield f"{each.get('period_begin')} to {each.get('period_end')}"


@each_object("LOC-83", "Energy sources add up to 100 percent", "locations", "a sum of 100")
def sources_add_up(location: dict[str, Any]) -> Iterator[str]:
    sources = (location.get("energy_mix") or {}).get("energy_sources") or []
    total = sum(float(each.get("percentage") or 0) for each in sources)
    if sources and abs(total - 100) > 0.5:
        yield f"energy_sources add up to {total:g}"


@each_object(
    "LOC-17",
    "publish_allowed_to is for Locations that are not published",
    "locations",
    "only where publish is false",
    versions=NEWER,
)
def allowed_to_needs_unpublished(location: dict[str, Any]) -> Iterator[str]:
    if location.get("publish") is True and location.get("publish_allowed_to"):
        yield "publish is true and publish_allowed_to is set"


@each_object(
    "LOC-19",
    "A PublishToken names a token",
    "locations",
    "uid with type, or visual_number with issuer, or group_id",
    versions=NEWER,
)
def publish_tokens_name_one(location: dict[str, Any]) -> Iterator[str]:
    for each in location.get("publish_allowed_to") or []:
        if not (each.get("uid") or each.get("visual_number") or each.get("group_id")):
            yield "publish_allowed_to: none of uid, visual_number, group_id"
        if (each.get("uid") and not each.get("type")) or (
            each.get("visual_number") and not each.get("issuer")
        ):
            yield "publish_allowed_to: uid needs type, visual_number needs issuer"


@each_object(
    "LOC-91",
    "The parking of an EVSE is one of its Location",
    "locations",
    "parking_id is the id of a Parking in parking_places, ids unique",
    versions=("2.3.0",),
)
def parking_is_known(location: dict[str, Any]) -> Iterator[str]:
    ids = [str(each.get("id")) for each in location.get("parking_places") or []]
    yield from (f"Parking {id} twice" for id in sorted({i for i in ids if ids.count(i) > 1}))
    for evse in evses(location):
        for each in evse.get("parking") or []:
            if each.get("parking_id") not in ids:
                yield f"EVSE {evse.get('uid')}: unknown parking_id {each.get('parking_id')}"


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
    if start and end and str(end) <= str(start):
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
    if reference and not cdr.get("credit"):
        yield "credit_reference_id without credit"


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
    if end and str(end) < str(cdr.get("start_date_time")):
        yield f"{cdr.get('start_date_time')} to {end}"


@each_object("CDR-25", "The periods of a CDR follow each other", "cdrs", "each begins after the one before")
def periods_follow(cdr: dict[str, Any]) -> Iterator[str]:
    starts = [str(each.get("start_date_time")) for each in cdr.get("charging_periods") or []]
    if starts != sorted(starts):
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
    if token.get("type") in ("APP_USER", "AD_HOC_USER") and token.get("whitelist") != "NEVER":
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
        owners = {f"{each.get('country_code')}/{each.get('party_id')}".upper() for each in objects}
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
            token = token if isinstance(token, dict) else {}
            owners.add(f"{token.get('country_code')}/{token.get('party_id')}".upper())
        others = sorted(owners - {ours})
        require(not others, f"shows what customers of {', '.join(others)} did")


_ours_only(0, "sessions")
_ours_only(1, "cdrs")
