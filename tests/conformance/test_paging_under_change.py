"""Lists that change while they are walked: a correct server is not blamed, and a fault is still seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from itertools import count

import pytest

from conformance.run import run
from conformance.trial import Options
from sandbox import Partner
from sandbox.conduct import Asked, Misconduct
from sandbox.messages import date_time
from tests.conformance.conftest import verdicts

Change = Callable[[Partner, int], None]
RULES = ("TRA-20", "TRA-26", "TRA-28", "TRA-29", "TRA-30", "TRA-31", "TRA-34", "TRA-35", "TRA-37")


def _stamp(partner: Partner, number: int) -> str:
    return date_time(partner.now() + timedelta(seconds=number))


def changes(partner: Partner, number: int) -> None:
    """An EVSE of the second Location has another status: newer, and where it was."""
    partner.own("locations")[1]["last_updated"] = _stamp(partner, number)


def comes(partner: Partner, number: int) -> None:
    """A Location more, behind the others."""
    made = {
        **deepcopy(partner.own("locations")[0]),
        "id": f"NEW{number}",
        "last_updated": _stamp(partner, number),
    }
    partner.holdings.keep_own("locations", made)


def goes(partner: Partner, number: int) -> None:
    """The first of those that came is gone again: whatever follows moves one place up."""
    comes(partner, number)
    own = partner.holdings.own["locations"]
    came = [key for key in own if "/NEW" in key]
    if len(came) > 2:
        del own[came[0]]


def at(change: Change, requests: Iterator[int], when: Callable[[int], bool]) -> Misconduct:
    def do(partner: Partner, asked: Asked) -> None:
        if asked.lists and asked.module == "locations" and when(number := next(requests)):
            change(partner, number)

    return Misconduct("restless", "request", do)


def tried(change: Change, when: Callable[[int], bool], break_: str = "") -> dict[str, str]:
    with Partner("CPO", page_limit=2) as partner:
        invited = partner.do("invite")
        for number in range(3):
            comes(partner, -number)
        partner.conduct.tell(at(change, count(1), when))
        if break_:
            partner.do("break", name=break_, module="locations")
        given = Options(invited["versions_url"], invited["token"], only=RULES, patience=1)
        found = verdicts(run(given))
    return {
        id: verdict for id, verdict in found.items() if id.endswith(("/a", "/g")) and id.startswith(RULES)
    }


@pytest.mark.parametrize("change", [changes, comes, goes])
@pytest.mark.parametrize(
    "when",
    [
        pytest.param(lambda number: number == 3, id="in the first walk"),
        pytest.param(lambda number: number % 11 == 0, id="now and then"),
        pytest.param(lambda number: True, id="all the time"),
    ],
)
def test_a_list_that_changes_is_no_fault(change: Change, when: Callable[[int], bool]) -> None:
    found = tried(change, when)
    assert {id for id, verdict in found.items() if verdict in ("fail", "warn")} == set()


@pytest.mark.parametrize("change", [changes, comes, goes])
@pytest.mark.parametrize(("break_", "id"), [("total_of_page", "TRA-34/a"), ("no_link", "TRA-30/a")])
def test_a_fault_is_seen_though_the_list_changes(change: Change, break_: str, id: str) -> None:
    """Two walks that find the same objects have the fault between them."""
    found = tried(change, lambda number: number % 150 == 0, break_)
    assert found[id] == "fail"


def test_what_never_stands_still_is_not_judged() -> None:
    assert tried(comes, lambda number: True, "total_of_page")["TRA-34/a"] == "skipped"
