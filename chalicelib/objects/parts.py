"""The parts in which an object is stored: the head, the EVSEs of a Location, the periods of a Session.

Contract: design section 7; AMB-10, AMB-11
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.objects import order, periods
from chalicelib.ocpi import findings, jsontext, modules, scalars
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.timestamps import is_wire, readable, wire_timestamp
from chalicelib.store import marks
from chalicelib.store.marks import Marks
from chalicelib.store.object_items import Part, check_id, folded, part_name


def replaced(changes: Mapping[str, Any], version: str) -> set[str]:
    """The fields of which a PATCH in that version leaves nothing as it was (SES-17, AMB-10)."""
    added_to = {"evses"} if version == modules.V211 else {"evses", periods.PERIODS}
    return changes.keys() - added_to


def split(
    module: str,
    data: dict[str, Any],
    version: str,
    canonical: dict[str, Any],
    clock: str,
    old: Sequence[Part] = (),
) -> list[Part]:
    """The parts an object is stored in, as it was sent: `data`; what is in them is read in `canonical`.

    The head of a Location keeps its list of EVSEs: those without a name that can be a key,
    and those that are named again further on, stay in it.
    """
    if module != "locations":
        return periods.split(module, whole(data, version, canonical, clock), data, old[1:])
    first = head(data, version, canonical, clock)
    if "evses" not in data:
        return [first]
    sent = data["evses"]
    read = {folded(str(each["uid"])): each for each in canonical.get("evses") or ()}
    parts: dict[str, Part] = {}
    entries: list[Any] = []
    for each in sent if type(sent) is list else [sent]:
        uid = scalars.identifier(each.get("uid")) if type(each) is dict else None
        if uid is None:
            entries.append([each])
            continue
        part = evse(each, version, read.get(folded(uid)) or {"uid": uid}, first.last_updated, clock)
        name = part.name
        if name in parts:
            again = entries.index(name)
            entries[again] = [jsontext.loads(parts[name].body)]
        entries.append(name)
        parts[name] = part
    listed: Any = entries
    if type(sent) is not list:
        listed = {"evse": entries[0]} if type(entries[0]) is str else {"as_sent": sent}
    return [first._replace(evses=jsontext.dumps(listed)), *parts.values()]


def in_step(new: Sequence[Part], canonical: Mapping[str, Any]) -> list[Part]:
    """The parts of a Location, each EVSE at least as new as the latest of its Connectors (LOC-43, LOC-87)."""
    behind = {
        part_name(str(each["uid"])) for each in canonical.get("evses") or () if _newest(each) > _time(each)
    }
    return [_lifted(each) if each.name in behind else each for each in new]


def _lifted(part: Part) -> Part:
    evse = jsontext.loads(part.body)
    latest = _newest(evse)
    if latest <= part.last_updated:
        return part
    evse["last_updated"] = wire_timestamp(latest)
    return part._replace(last_updated=latest, body=jsontext.dumps(evse))


def _newest(evse: Mapping[str, Any]) -> str:
    return max((_time(each) for each in evse.get("connectors") or ()), default="")


def _time(thing: Mapping[str, Any]) -> str:
    return order.moment(thing.get("last_updated"), "")


def noted(
    new: Sequence[Part], old: Sequence[Part], changes: Mapping[str, Any], version: str, found: str
) -> list[Part]:
    """The parts of an object that a PATCH changed, with what is noted of each, and was `found` of the PATCH.

    What is odd about an EVSE in the PATCH of its Location is noted of that EVSE.
    """
    listed = changes.get("evses") or ()
    given = listed if type(listed) is list else [listed]
    names = [part_name(str(each.get("uid"))) if type(each) is dict else "" for each in given]
    fresh: dict[str, list[Finding]] = {}
    for each in findings.of_text(found):
        steps = each.pointer.split("/", 3)
        at = int(steps[2]) if steps[1:2] == ["evses"] and len(steps) > 2 and steps[2].isdecimal() else -1
        if 0 <= at < len(names) and names[at]:
            each = each._replace(pointer="/".join(("", *steps[3:])) if steps[3:] else "")
            fresh.setdefault(names[at], []).append(each)
        else:
            fresh.setdefault("", []).append(each)
    before = {part.name: part.noted for part in old}
    changed = {name: tuple(each) for name, each in zip(names, given, strict=True) if type(each) is dict}
    head = findings.joined(old[0].noted, findings.text(fresh.get("", ())), replaced(changes, version))
    return [
        new[0]._replace(noted=head),
        *(
            part._replace(
                noted=findings.joined(
                    before.get(part.name, ""),
                    findings.text(fresh.get(part.name, ())),
                    changed.get(part.name, ()),
                )
            )
            for part in new[1:]
        ),
    ]


def whole(data: dict[str, Any], version: str, canonical: dict[str, Any], clock: str) -> Part:
    """The only part of an object that is not split."""
    latest = order.moment(canonical.get("last_updated"), clock, clock)
    undated, found = _undated(data), _marks(canonical)
    return Part("", version, latest, jsontext.dumps(data), undated=undated, marks=found)


def head(location: dict[str, Any], version: str, canonical: dict[str, Any], clock: str) -> Part:
    """The part of a Location without its EVSEs."""
    body = {name: value for name, value in location.items() if name not in ("evses", "last_updated")}
    latest = order.moment(canonical.get("last_updated"), clock, clock)
    undated, found = _undated(location), marks.place_marks(canonical.get("coordinates"))
    return Part("", version, latest, jsontext.dumps(body), undated=undated, marks=found)


def evse(data: dict[str, Any], version: str, canonical: dict[str, Any], otherwise: str, clock: str) -> Part:
    """The part of one EVSE; `otherwise`: the time of its Location, where it says none."""
    uid = check_id(canonical.get("uid"), "/uid")
    for at, connector in enumerate(canonical.get("connectors") or ()):
        check_id(str(connector.get("id")), f"/connectors/{at}/id")
    latest = order.moment(canonical.get("last_updated") or data.get("last_updated"), otherwise, clock)
    found = _status(canonical.get("status") or data.get("status"))
    return Part(uid, version, latest, jsontext.dumps(data), undated=_undated(data), marks=found)


def _status(said: Any) -> Marks:
    """The mark of an EVSE."""
    return ((marks.STATUS, said),) if isinstance(said, str) and said else ()


def _marks(canonical: Mapping[str, Any]) -> Marks:
    """What a Session or CDR is looked for by."""
    card = canonical.get("cdr_token")
    if not isinstance(card, Mapping):
        return ()
    said = {marks.TOKEN: card.get("uid")}
    said |= {marks.STATE: canonical["status"]} if "status" in canonical else {}
    said |= {marks.SESSION: canonical["session_id"]} if "session_id" in canonical else {}
    return tuple((name, folded(each)[:255]) for name, each in said.items() if isinstance(each, str) and each)


def _undated(sent: dict[str, Any]) -> bool:
    """Whether it does not say when it was updated, so that the time of arrival is taken."""
    said = sent.get("last_updated")
    if type(said) is str and is_wire(said):
        return False
    try:
        readable(said)
    except ValueError:
        return True
    return False
