"""Hubs and routing: who is there, where a request goes, and whose names the headers carry."""

from __future__ import annotations

from typing import Any

from conformance.check import NEWER, READING, check
from conformance.checks.credentials import in_use
from conformance.lists import number
from conformance.peer import Exchange
from conformance.receiving import below, path, require_same
from conformance.samples import stamp
from conformance.trial import WANTED, Trial
from conformance.verdict import Skipped, advise, require, require_refusal, require_success

H: Any = {"module": "hubclientinfo", "interface": "SENDER", "roles": ("EMSP", "CPO"), "versions": NEWER}
G: Any = {
    "module": "hubclientinfo",
    "interface": "RECEIVER",
    "roles": ("HUB",),
    "versions": NEWER,
    "writes": True,
}


def hub(trial: Trial) -> tuple[str, str]:
    """The hub's country and party. Raises Skipped where the other side is none."""
    if not trial.is_hub:
        raise Skipped("the other side is no hub")
    if not trial.hub_party:
        in_use(trial)
    if not trial.hub_party:
        raise Skipped("the other side does not say which party is the hub")
    return trial.hub_party[:2], trial.hub_party[2:]


@check(
    "CRE-47",
    "A hub lists itself, and not the parties behind it",
    "GET credentials",
    "one role, HUB",
    versions=("2.2.1",),
    roles=("EMSP", "CPO"),
    module="credentials",
)
def hub_lists_itself(trial: Trial) -> None:
    hub(trial)
    in_use(trial)
    others = [each for each in trial.roles if each["role"] != "HUB"]
    require(not others, f"beside HUB it lists {others}", trial.proofs[-1])


@check(
    "CRE-49",
    "A hub says which party it is",
    "GET credentials",
    "hub_party_id, five characters",
    versions=("2.3.0",),
    roles=("EMSP", "CPO"),
    module="credentials",
)
def hub_says_who_it_is(trial: Trial) -> None:
    if not trial.is_hub:
        raise Skipped("the other side is no hub")
    found = in_use(trial)
    named = str(found.get("hub_party_id") or "")
    require(len(named) == 5, f"hub_party_id is {found.get('hub_party_id')!r}", trial.proofs[-1])


@check(
    "HCI-06",
    "A hub tells of others, and not of us",
    "GET hubclientinfo",
    "our own party is not in the list",
    force=READING,
    **H,
)
def hub_tells_of_others(trial: Trial) -> None:
    trial.endpoint("hubclientinfo", "SENDER")
    found = trial.crawl("hubclientinfo").objects
    ours = [e for e in found if (e.get("country_code"), e.get("party_id")) == (trial.country, trial.party)]
    require(not ours, "it lists ourselves")


def _towards(
    trial: Trial, to: tuple[str, str], module: str, side: str, method: str, at: str = "", body: Any = None
) -> Exchange:
    headers = {"OCPI-to-country-code": to[0], "OCPI-to-party-id": to[1]}
    return trial.ask(method, module, side, at, body, headers=headers)


def _a_list(trial: Trial) -> str:
    for module, side in WANTED[trial.options.role]:
        if side == "SENDER" and module in ("locations", "tokens", "tariffs") and trial.find(module, side):
            return module
    raise Skipped("the hub offers no list that we could ask for")


@check(
    "STA-23",
    "A receiver that nobody knows is answered with 4001",
    "GET a list TO a party that does not exist",
    "4001",
    roles=("EMSP", "CPO"),
    versions=NEWER,
    module="routing",
)
def unknown_receiver(trial: Trial) -> None:
    hub(trial)
    answer = _towards(trial, ("ZZ", "QQQ"), _a_list(trial), "SENDER", "GET")
    require(answer.code == 4001, f"must be 4001: {answer.said}", answer)


@check(
    "STA-25",
    "A party that is not connected is answered for with 4003",
    "GET a list TO a party that hubclientinfo shows OFFLINE",
    "4003 (or 4002)",
    roles=("EMSP", "CPO"),
    versions=NEWER,
    module="routing",
)
def offline_party(trial: Trial) -> None:
    hub(trial)
    module = _a_list(trial)
    owner = "EMSP" if module == "tokens" else "CPO"
    trial.endpoint("hubclientinfo", "SENDER")
    for each in trial.crawl("hubclientinfo").objects:
        if (each.get("role"), each.get("status")) == (owner, "OFFLINE"):
            party = (str(each.get("country_code")), str(each.get("party_id")))
            answer = _towards(trial, party, module, "SENDER", "GET")
            if answer.code not in (4002, 4003) and trial.moved("hubclientinfo"):
                raise Skipped("it came back meanwhile")
            require(answer.code in (4002, 4003), f"must be 4003: {answer.said}", answer)
            return
    raise Skipped(f"the hub shows no {owner} that is OFFLINE")


@check(
    "HUB-30",
    "A list of everybody can be had from the hub",
    "GET a list TO the hub",
    "one paged list",
    roles=("EMSP", "CPO"),
    versions=NEWER,
    module="routing",
)
def get_all(trial: Trial) -> None:
    to = hub(trial)
    module = _a_list(trial)
    answer = require_success(_towards(trial, to, module, "SENDER", "GET"), "GET TO the hub")
    require(isinstance(answer.data, list), "`data` must be an array", answer)
    require(answer.header("x-total-count"), "no X-Total-Count", answer)
    owner = "EMSP" if module == "tokens" else "CPO"
    for each in trial.crawl("hubclientinfo").objects if trial.serves("hubclientinfo", "SENDER") else []:
        if (each.get("role"), each.get("status")) == (owner, "CONNECTED") and number(
            answer, "X-Total-Count"
        ) == 0:
            party = (str(each.get("country_code")), str(each.get("party_id")))
            one = _towards(trial, party, module, "SENDER", "GET")
            advise(not (one.ok and one.data), f"{'/'.join(party)} lists objects, the hub none", one)


@check(
    "HUB-16",
    "A broadcast is answered by the hub",
    "PUT TO the hub",
    "1000, TO us, FROM the hub",
    roles=("EMSP", "CPO"),
    versions=NEWER,
    module="routing",
    writes=True,
)
def broadcast_is_answered(trial: Trial) -> None:
    to = hub(trial)
    module, body, name = "locations", trial.samples.location("B1"), "id"
    if trial.options.role == "EMSP":
        module, body, name = "tokens", trial.samples.token("B1"), "uid"
    answer = _towards(trial, to, module, "RECEIVER", "PUT", path(trial, body[name]), body)
    require_success(answer, "a broadcast")
    party = answer.header("ocpi-from-party-id")
    require(party in (None, to[1]), f"FROM is {party}", answer)


@check(
    "HUB-21",
    "Sessions and CDRs are not broadcast",
    "POST a CDR TO the hub",
    "refused (2001)",
    roles=("CPO",),
    versions=NEWER,
    module="routing",
    writes=True,
    force=READING,
)
def no_broadcast_of_cdrs(trial: Trial) -> None:
    to = hub(trial)
    trial.endpoint("cdrs", "RECEIVER")
    answer = _towards(trial, to, "cdrs", "RECEIVER", "POST", "", trial.samples.cdr("B2"))
    require_refusal(answer, 2001, "a broadcast of a CDR")


@check(
    "HUB-04",
    "Nobody speaks in a stranger's name",
    "GET a list FROM a party that is not ours",
    "no success (2001)",
    roles=("EMSP", "CPO"),
    versions=NEWER,
    module="routing",
    force=READING,
)
def no_strangers_name(trial: Trial) -> None:
    module = _a_list(trial)
    answer = trial.ask("GET", module, "SENDER", headers={"OCPI-from-party-id": "QQQ"})
    if trial.is_hub:
        require_refusal(answer, 2001, "a stranger's name in FROM")
    require(not answer.problem and answer.status < 500, f"it broke the server: {answer.said}", answer)


@check(
    "HCI-03",
    "ClientInfo is taken and read back",
    "PUT hubclientinfo/{country}/{party}, then GET it",
    "1000, and every field that was sent",
    **G,
)
def client_info_is_taken(trial: Trial) -> None:
    info = trial.samples.client_info(trial.country, "KIB")
    at = below(trial.country, "KIB")
    require_success(trial.ask("PUT", "hubclientinfo", "RECEIVER", at, info), "PUT of a ClientInfo")
    answer = require_success(trial.ask("GET", "hubclientinfo", "RECEIVER", at), "GET of a ClientInfo")
    require_same(trial, info, answer.data)


@check(
    "HCI-11",
    "A party that went offline is shown so",
    "PUT the same party with status OFFLINE, GET it",
    "OFFLINE",
    **G,
)
def client_goes_offline(trial: Trial) -> None:
    at = below(trial.country, "KIB")
    body = trial.samples.client_info(trial.country, "KIB", status="OFFLINE", last_updated=stamp())
    require_success(trial.ask("PUT", "hubclientinfo", "RECEIVER", at, body), "PUT of a ClientInfo")
    answer = require_success(trial.ask("GET", "hubclientinfo", "RECEIVER", at), "GET of a ClientInfo")
    require((answer.data or {}).get("status") == "OFFLINE", "another status came", answer)


@check(
    "HCI-07",
    "A status that OCPI does not know is refused with 2001",
    "PUT a ClientInfo with status ASLEEP",
    "HTTP 200 and 2001",
    **G,
)
def unknown_status(trial: Trial) -> None:
    at = below(trial.country, "KIC")
    body = trial.samples.client_info(trial.country, "KIC", status="ASLEEP")
    require_refusal(trial.ask("PUT", "hubclientinfo", "RECEIVER", at, body), 2001, "an unknown status")
