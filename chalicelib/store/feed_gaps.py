"""Which numbers of a feed are empty, as its items say it: "7 12-40", in its head while that is short.

Where much stays between the holes the text is long. Then it stands in pieces beside the head, which stays
below 1 KB: so a new number costs the same among many holes. The pieces are written again together with the
head, in one transaction, and bear the same number `made`; whoever reads another one reads again.

Contract: design section 7; ARC-09 to ARC-11
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from chalicelib.store.dynamodb import Item, number, text
from chalicelib.store.feeds import Gap

# Characters that the head holds itself, and that a piece holds.
MOST_IN_HEAD, MOST_IN_PIECE = 400, 3000
# Pieces that fit in one transaction with the head; of more holes the pieces are larger.
MOST_PIECES = 90

Read = Callable[[list[str]], list[Item | None]]


def gaps_text(gaps: Iterable[Gap]) -> str:
    """How an item says which numbers are empty: "7 12-40"."""
    return " ".join(f"{begin}-{end}" if end > begin else str(begin) for begin, end in gaps)


def gaps_in(text: str) -> Iterator[Gap]:
    """The runs of numbers that an item says."""
    for each in text.split():
        begin, _, end = each.partition("-")
        yield int(begin), int(end or begin)


def said(head: Item, read: Read) -> str | None:
    """The whole text; None where its pieces are of another time than the head. `read` is of parts by name."""
    many = int(head.get("pieces", {}).get("N", 0))
    if not many:
        return str(head.get("gaps", {}).get("S", ""))
    found = read([_name(at) for at in range(many)])
    if any(each is None or each["made"] != head["made"] for each in found):
        return None
    return " ".join(each["gaps"]["S"] for each in found if each is not None)


def kept(gaps: Iterable[Gap], head: Item) -> tuple[Item, dict[str, Item]]:
    """What takes the place of the gaps of a head: values by attribute, and of each piece by its name."""
    whole = gaps_text(gaps)
    made = {"made": number(int(head.get("made", {}).get("N", 0)) + 1)}
    if len(whole) <= MOST_IN_HEAD:
        return {"gaps": text(whole), "pieces": number(0), **made}, {}
    pieces = list(_cut(whole, max(MOST_IN_PIECE, len(whole) // MOST_PIECES + 20)))
    values = {"gaps": text(""), "pieces": number(len(pieces)), **made}
    return values, {_name(at): {"gaps": text(each), **made} for at, each in enumerate(pieces)}


def _cut(whole: str, most: int) -> Iterator[str]:
    while len(whole) > most:
        at = whole.rindex(" ", 0, most)
        yield whole[:at]
        whole = whole[at + 1 :]
    yield whole


def _name(at: int) -> str:
    return f"gaps#{at:04d}"
