"""No operation costs more units or round trips among many objects than among few: counted, not timed."""

from __future__ import annotations

from bench import growth
from tests.apart import apart

FEW, MORE = 10, 60


def counted() -> list[dict[str, str]]:
    """What each operation uses among few and among more, but for those that say what they grow by."""
    return [
        {
            f"{what}, among {among}": str(cost)
            for (what, among), cost in growth.costs(many).items()
            if cost.target == growth.FLAT
        }
        for many in (FEW, MORE)
    ]


def test_nothing_costs_more_among_many_objects_than_among_few() -> None:
    """Design section 7: the cost of a page does not grow with its offset or with the table; LOC-14 by index;
    a party behind a hub by key.
    """
    few, more = apart("tests.test_growth", "counted")
    assert len(few) > 7
    assert more == few
