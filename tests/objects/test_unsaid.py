"""Lists of partners whose version cannot say everything: what is not shown is not counted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.known import Known, a_partner
from tests.objects.test_lists import crawl, ids
from tests.samples import for_emsp, own

pytest_plugins = ["tests.known"]


def cdr(at: int, credit: bool = False) -> dict[str, Any]:
    token = for_emsp("FR/ABC")
    changes = {"credit": True, "credit_reference_id": "EARLIER"} if credit else {}
    return own("cdr", id=f"C{at}", cdr_token=token, **changes)


@pytest.fixture
def older(known: Known) -> None:
    """The eMSP of the CDRs, connected in an older version."""
    known.by_id.pop("emsp2")
    known.add(a_partner("in_2.1.1", "2.1.1", "EMSP/FR/ABC"))
    known.add(a_partner("in_2.2.1", "2.2.1", "EMSP/FR/ABC"))


def test_credit_cdrs_are_not_counted_for_who_cannot_be_told_of_them(
    ask: Any, operate: Any, known: Known, older: None
) -> None:
    """TRA-34, CNV-80: neither total nor offset knows them in 2.1.1; in later versions they are there."""
    operate("put", module="cdrs", objects=[cdr(at, credit=at in (1, 4)) for at in range(6)])
    operate("put", module="cdrs", object=cdr(6, credit=True))
    url = "/ocpi/2.1.1/sender/cdrs"
    assert crawl(ask, f"{url}?limit=2", "in_2.1.1") == (["C0", "C2", "C3", "C5"], ["4", "4"])
    for offset, expected in ((0, ["C0"]), (1, ["C2"]), (3, ["C5"]), (4, [])):
        page = ask("GET", f"{url}?offset={offset}&limit=1", token="in_2.1.1")
        assert (ids(page), page.headers["x-total-count"]) == (expected, "4")
    window = "date_from=2020-01-01T00:00:00Z&limit=3"
    assert crawl(ask, f"{url}?{window}", "in_2.1.1") == (["C0", "C2", "C3", "C5"], ["4", "4"])
    found, totals = crawl(ask, "/ocpi/2.2.1/sender/cdrs?limit=4", "in_2.2.1")
    assert (found, totals) == ([f"C{at}" for at in range(7)], ["7", "7"])
    assert len(operate("list", module="cdrs")["objects"]) == 7
    shown = operate("list", module="cdrs", version="2.1.1")
    assert (len(shown["objects"]), shown["total"]) == (4, 4)


def test_a_tariff_is_counted_while_it_can_be_said(ask: Any, operate: Any, known: Known, clock: Any) -> None:
    """TRA-34, CNV-92, CNV-94, CNV-231: by its kind, its taxes and its validity."""

    def total(version: str, token: str) -> tuple[list[str], str]:
        answer = ask("GET", f"/ocpi/{version}/sender/tariffs", token=token)
        return ids(answer), answer.headers["x-total-count"]

    now = clock()
    year = int(now[:4])
    gross = own("tariff", id="T3", tax_included="YES")
    for element in gross["elements"]:
        for component in element["price_components"]:
            component.pop("vat", None)
    operate(
        "put",
        module="tariffs",
        objects=[
            own("tariff", id="T0", type="REGULAR", start_date_time=None, end_date_time=None),
            own(
                "tariff",
                id="T1",
                type="REGULAR",
                start_date_time=f"{year + 2}-01-01T00:00:00Z",
                end_date_time=None,
            ),
            own("tariff", id="T2", type="PROFILE_CHEAP", start_date_time=None, end_date_time=None),
            gross,
            own(
                "tariff",
                id="T4",
                type="REGULAR",
                start_date_time=None,
                end_date_time=f"{year + 1}-01-01T00:00:00Z",
            ),
        ],
    )
    assert total("2.3.0", "emsp2") == (["T0", "T1", "T2", "T3", "T4"], "5")
    assert total("2.2.1", "emsp") == (["T0", "T1", "T2", "T4"], "4")
    assert total("2.1.1", "old_emsp") == (["T0", "T4"], "2")
    clock.advance(3 * 366 * 86400)
    assert total("2.1.1", "old_emsp") == (["T0", "T1"], "2")
    operate("patch", module="tariffs", id="T2", changes={"type": "REGULAR"})
    assert total("2.1.1", "old_emsp") == (["T0", "T1", "T2"], "3")
    operate("put", module="tariffs", object=own("tariff", id="T0", type="AD_HOC_PAYMENT"))
    operate("remove", module="tariffs", id="T3")
    assert total("2.1.1", "old_emsp") == (["T1", "T2"], "2")
    assert total("2.2.1", "emsp") == (["T0", "T1", "T2", "T4"], "4")
    assert total("2.3.0", "emsp2") == (["T0", "T1", "T2", "T4"], "4")


def test_a_private_location_is_not_counted_for_2_1_1(ask: Any, operate: Any, known: Known) -> None:
    """TRA-34, CNV-32, LOC-13: it is in no list of theirs, also where a token of theirs is named."""
    operate(
        "put", module="locations", objects=[own("location", id="L1"), own("location", id="L2", publish=False)]
    )
    answer = ask("GET", "/ocpi/2.1.1/sender/locations", token="old_emsp")
    assert (ids(answer), answer.headers["x-total-count"]) == (["L1"], "1")
