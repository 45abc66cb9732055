"""How Tokens are named and found: by uid and type, group, printed number, contract.

Contract: TOK-06, AMB-36, AMB-41, LOC-14, CNV-65
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.ocpi.messages import Party
from chalicelib.store.dynamodb import Item, text
from chalicelib.store.object_items import Key, folded

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

RFID = "RFID"
OTHER_TYPES = ("APP_USER", "AD_HOC_USER", "OTHER", "EMAID")
# How many Tokens of one group or number are looked at.
MOST_ENTERED = 1000


def key(party: Party, uid: str, type: str = RFID) -> Key:
    """The key of a Token; of an RFID one it is the uid alone."""
    plain = folded(type) == RFID and "|" not in uid
    return Key("tokens", *party, uid if plain else f"{uid}|{folded(type)}")


def uid_of(key: Key) -> str:
    return key.id.rpartition("|")[0] if "|" in key.id else key.id


def type_of(key: Key) -> str:
    return key.id.rpartition("|")[2] if "|" in key.id else RFID


def stays_here(key: Key) -> bool:
    """Whether this is a Token that is not pushed: the car's contract says whom to ask about it (TOK-11)."""
    return key.module == "tokens" and type_of(key) == "EMAID"


def group(group_id: str) -> str:
    return f"group:{folded(group_id)}"


def visual(issuer: str, visual_number: str) -> str:
    return f"visual:{issuer}:{visual_number}"


def contract(party: Party, contract_id: str) -> str:
    return f"contract:{'/'.join(party)}:{folded(contract_id)}"


def session(party: Party, session_id: str) -> str:
    """What a CDR of ours is entered under beside its own id."""
    return f"session:{'/'.join(party)}:{folded(session_id)}"


def anybodys_contract(contract_id: str) -> str:
    """Under which a hub finds the Tokens of a contract, whosever they are."""
    return f"contract:{folded(contract_id)}"


def sketch(party: Party, uid: str, type_: str, valid: bool, now: str) -> dict[str, Any]:
    """A Token of which little more is known than its uid (CNV-107)."""
    return {
        "country_code": party[0],
        "party_id": party[1],
        "uid": uid,
        "type": type_ or RFID,
        "contract_id": "#NA",
        "issuer": "/".join(party),
        "valid": valid,
        "whitelist": "NEVER",
        "last_updated": now,
    }


def entered(platform: Platform, entry: str, module: str = "tokens") -> list[Key]:
    """The Tokens entered under a group, a printed number or a contract; the CDRs under a Session."""
    objects = platform.objects
    answer = objects.client.query(
        TableName=objects.table(module),
        IndexName="feed",
        KeyConditionExpression="#f = :f",
        ProjectionExpression="#cc,#pp,#i",
        ExpressionAttributeNames={"#f": "feed", "#cc": "country_code", "#pp": "party_id", "#i": "id"},
        ExpressionAttributeValues={":f": text(entry)},
        Limit=MOST_ENTERED,
    )
    return [
        Key(module, item["country_code"]["S"], item["party_id"]["S"], item["id"]["S"])
        for item in answer["Items"]
    ]


def entering(
    platform: Platform, key: Key, before: dict[str, Any] | None, after: dict[str, Any], own: bool
) -> list[dict[str, dict[str, Any]]]:
    """The writes, beside its own, by which a Token will also be found by other things.

    Whoever looks a Token up compares it, so an entry that is out of date does no harm.
    """
    hub = platform.settings.hub is not None
    old = _entries(key, before or {}, own, hub)
    table = platform.objects.table(key.module)
    actions: list[dict[str, dict[str, Any]]] = []
    for name, entry in _entries(key, after, own, hub).items():
        if old.get(name) == entry:
            continue
        item: Item = {
            "object": text(key.partition),
            "part": text(f"@{name}"),
            "feed": text(entry),
            "place": text(key.partition),
            "country_code": text(key.country_code),
            "party_id": text(key.party_id),
            "id": text(key.id),
        }
        actions.append({"Put": {"TableName": table, "Item": item}})
    return actions


def is_news(key: Key, before: dict[str, Any] | None, after: dict[str, Any]) -> bool:
    """Whether a Token can be found by something that it could not be found by before."""
    return before is None or _entries(key, before, False) != _entries(key, after, False)


def _entries(key: Key, token: dict[str, Any], own: bool, hub: bool = False) -> dict[str, str]:
    entries = {}
    if key.module == "cdrs":
        return {"session": session(key.party, str(token["session_id"]))} if token.get("session_id") else {}
    if token.get("group_id"):
        entries["group"] = group(str(token["group_id"]))
    if token.get("visual_number"):
        entries["visual"] = visual(str(token.get("issuer")), str(token["visual_number"]))
    contract_id = token.get("contract_id") or token.get("auth_id")
    if own and contract_id:
        entries["contract"] = contract(key.party, str(contract_id))
    if hub and contract_id:
        entries["hub"] = anybodys_contract(str(contract_id))
    return {name: entry for name, entry in entries.items() if len(entry.encode()) <= 1024}
