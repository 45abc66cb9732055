"""A sandbox that is wrong all over in one respect: what each lie must cost, beside the single breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.conduct import Asked, Misconduct, Reply

Lie = Callable[[Any, Asked, Reply], None]


def _ours(asked: Asked) -> bool:
    return asked.module not in ("credentials", "versions", "details", "results")


def refuses_every_write(partner: Any, asked: Asked, reply: Reply) -> None:
    """Whatever is sent is wrong."""
    if asked.method != "GET" and _ours(asked):
        reply.status, reply.body = 200, {"status_code": 2001, "timestamp": "2026-01-01T00:00:00Z"}


def takes_everything(partner: Any, asked: Asked, reply: Reply) -> None:
    """Whatever is sent is right."""
    if asked.method != "GET" and _ours(asked):
        data = {"result": "ACCEPTED", "timeout": 1, "allowed": "ALLOWED", "location": {"location_id": "1"}}
        reply.status = 200
        reply.body = {"status_code": 1000, "timestamp": "2026-01-01T00:00:00Z", "data": data}


def spoils_what_it_lists(partner: Any, asked: Asked, reply: Reply) -> None:
    """Objects that contradict themselves."""
    if asked.lists and isinstance(reply.body, dict) and isinstance(reply.body.get("data"), list):
        reply.body["data"] = [_spoiled(asked.module, dict(each)) for each in reply.body["data"]]


def _spoiled(module: str, each: dict[str, Any]) -> dict[str, Any]:
    if module == "locations":
        hours = {
            "twentyfourseven": True,
            "regular_hours": [{"weekday": 9, "period_begin": "9", "period_end": "8"}],
        }
        each |= {"publish": True, "publish_allowed_to": [{"issuer": "X"}], "opening_times": hours}
        for evse in each.get("evses") or []:
            evse["connectors"] = [{**c, "tariff_ids": ["NOPE"], "id": "1"} for c in evse["connectors"] * 2]
            evse["parking"] = [{"parking_id": "NOPE"}]
    if module == "tariffs":
        each |= {"start_date_time": "2026-02-01T00:00:00Z", "end_date_time": "2026-01-01T00:00:00Z"}
        price = {"type": "ENERGY", "price": 1, "step_size": 0}
        each["elements"] = [{"price_components": [price], "restrictions": {"min_kwh": 1}}]
    if module == "sessions":
        each["status"] = "COMPLETED"
        each.pop("end_date_time", None)
    if module == "cdrs":
        each["charging_periods"] = [
            {**p, "start_date_time": f"2026-01-0{n}T00:00:00Z"}
            for n in (2, 1)
            for p in each["charging_periods"][:1]
        ]
        each |= {"credit": True}
        each.pop("credit_reference_id", None)
    return each


def mixes_success_and_failure(partner: Any, asked: Asked, reply: Reply) -> None:
    """HTTP says no, OCPI says yes."""
    if reply.status >= 400 and isinstance(reply.body, dict):
        reply.body["status_code"] = 1000


def has_codes_of_its_own(partner: Any, asked: Asked, reply: Reply) -> None:
    """2900 for every refusal."""
    if isinstance(reply.body, dict) and 2000 <= int(reply.body.get("status_code", 0)) < 3000:
        reply.body["status_code"] = 2900


def falls_over_what_is_odd(partner: Any, asked: Asked, reply: Reply) -> None:
    """HTTP 500 where it should refuse."""
    if reply.status in (400, 404) or (isinstance(reply.body, dict) and reply.body.get("status_code") == 2001):
        reply.status = 500


def says_more_than_asked(partner: Any, asked: Asked, reply: Reply) -> None:
    """Names in camel case, and data where none belongs."""
    if isinstance(reply.body, dict) and _ours(asked) and asked.method in ("PUT", "PATCH", "DELETE"):
        reply.body["data"] = {"camelCase": 1}


def reverses_every_other_list(partner: Any, asked: Asked, reply: Reply) -> None:
    """An order that is another one each time."""
    if asked.lists and isinstance(reply.body, dict) and isinstance(reply.body.get("data"), list):
        asked_before = partner.__dict__.setdefault("lists_asked", {})
        url = f"{asked.request.path}?{sorted(asked.request.query.items())}"
        asked_before[url] = asked_before.get(url, 0) + 1
        if asked_before[url] % 2 == 0:
            reply.body["data"] = reply.body["data"][::-1]


def lies_about_the_limit(partner: Any, asked: Asked, reply: Reply) -> None:
    """X-Limit is less than what comes, and a next link says there is more."""
    if asked.lists and "limit" in asked.request.query:
        reply.headers["X-Limit"] = "0"


def answers_versions_carelessly(partner: Any, asked: Asked, reply: Reply) -> None:
    """No message ids on configuration modules, and versions that differ each time."""
    if not _ours(asked):
        reply.headers.pop("X-Request-ID", None)
    if (
        asked.module == "versions"
        and isinstance(reply.body, dict)
        and isinstance(reply.body.get("data"), list)
    ):
        partner.asked_so_far = getattr(partner, "asked_so_far", 0) + 1
        more = {"version": f"9.{partner.asked_so_far}", "url": reply.body["data"][0]["url"]}
        reply.body["data"] = [*reply.body["data"], more]


def tell(partner: Any, lie: Lie) -> None:
    partner.conduct.tell(Misconduct(lie.__name__, "reply", lie))


# What must not pass, by the lie, the sandbox, our role and version; what single breaks show is not repeated.
COST: dict[tuple[Lie, str, str, str], str] = {
    (reverses_every_other_list, "CPO", "EMSP", "2.2.1"): "TRA-28/a TRA-28/d",
    (reverses_every_other_list, "EMSP", "CPO", "2.2.1"): "TRA-28/e",
    (lies_about_the_limit, "CPO", "EMSP", "2.2.1"): "TRA-35/a TRA-35/b TRA-35/c TRA-35/d",
    (lies_about_the_limit, "EMSP", "CPO", "2.2.1"): "TRA-35/e",
    (answers_versions_carelessly, "CPO", "EMSP", "2.2.1"): "TRA-85 VER-18 VER-25",
    (refuses_every_write, "CPO", "EMSP", "2.3.0"): (
        "AMB-25 AMB-44 ARC-03 CDR-02 CDR-10 CHP-15/a CHP-15/c CHP-23/c CMD-01 CMD-07 CMD-08/b CMD-18 "
        "CMD-18/b CMD-19 CMD-37 CMD-39 CMD-41 CMD-45 CMD-48 CMD-49 SES-02 SES-11/a SES-42 TAR-05/a "
        "TOK-02 TOK-02/b TOK-04/a TOK-06 TRA-46/c TRA-49/c TRA-51/b TRA-75/b TYP-01/c "
    ),
    (refuses_every_write, "EMSP", "CPO", "2.3.0"): (
        "AMB-05 AMB-05/b AMB-39/b CDR-04 CDR-07 CDR-11 CDR-15 LOC-04 LOC-41/a LOC-43 LOC-44 LOC-45 "
        "LOC-46 LOC-47 LOC-51 LOC-52 SES-12 SES-12/b SES-13 SES-14 SES-16 SES-18 SES-28/b STA-07/b "
        "STA-14/b TAR-06/a TAR-07 TAR-07/b TAR-11 TOK-08 TOK-30/a TOK-30/b TOK-36 TRA-46/b TRA-49/b "
        "TYP-02 TYP-06 TYP-13 TYP-15 "
    ),
    (refuses_every_write, "HUB", "EMSP", "2.2.1"): ("HCI-04 HUB-16 "),
    (refuses_every_write, "EMSP", "CPO", "2.1.1"): ("SES-20 TAR-08 TRA-50 "),
    (refuses_every_write, "EMSP", "HUB", "2.2.1"): ("HCI-03 HCI-03/b HCI-11 "),
    (takes_everything, "CPO", "EMSP", "2.3.0"): (
        "ARC-20/b CHP-11 CMD-03 SES-32 STA-03/a STA-14/f STA-14/g TRA-54/g TRA-56/b TRA-70 "
    ),
    (takes_everything, "EMSP", "CPO", "2.3.0"): (
        "CHP-18/a CHP-42 STA-14/c STA-14/d STA-14/e TRA-54/c TRA-54/d TRA-54/e TRA-54/f TYP-18 "
    ),
    (takes_everything, "EMSP", "HUB", "2.2.1"): ("HCI-07 "),
    (spoils_what_it_lists, "CPO", "EMSP", "2.3.0"): (
        "CDR-06 CDR-25 LOC-17 LOC-19 LOC-62 LOC-71 LOC-78 LOC-81 LOC-91 SES-28/a TAR-14 TAR-21 TAR-26 "
    ),
    (mixes_success_and_failure, "CPO", "EMSP", "2.3.0"): ("STA-01 "),
    (has_codes_of_its_own, "CPO", "EMSP", "2.3.0"): ("CHP-10 STA-10 "),
    (falls_over_what_is_odd, "CPO", "EMSP", "2.3.0"): (
        "SES-11/b STA-03/b STA-03/c STA-03/d STA-05/b STA-05/c TAR-05/b "
    ),
    (falls_over_what_is_odd, "EMSP", "CPO", "2.3.0"): ("LOC-41/b TRA-54/b "),
    (says_more_than_asked, "CPO", "EMSP", "2.3.0"): ("TRA-98 "),
}
