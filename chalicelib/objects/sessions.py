"""Smart charging that is delegated: which Sessions a smart charging provider gets, and from whom.

A Session is for the eMSP of its token. Where the operator invited or registered
a partner with `smart_charging: delegated`, it is shared further: an SCSP gets
those of our CPOs, and as eMSP we forward those of our customers to it; an eMSP may
forward those of its customers to us as the SCSP. Nobody is let in by its role alone,
since the driver's consent and a contract stand behind it (CHP-06).

Spec: 2.3.0 mod_charging_profiles topologies; CHP-01, CHP-05, CHP-06, CHP-40
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.objects.stored_object import StoredObject, load
from chalicelib.ocpi.errors import InvalidParameters, UnknownObject
from chalicelib.ocpi.messages import Party
from chalicelib.partners import parties
from chalicelib.store import feeds
from chalicelib.store.object_items import Key, party_of

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.partners.call import Call
    from chalicelib.wiring import Platform

SESSIONS = "sessions"
ENDED = ("COMPLETED", "INVALID")


def emsp_of(session: Mapping[str, Any]) -> Party | None:
    """The eMSP whose customer a Session, or a change of one, names."""
    return party_of(session.get("cdr_token"))


def hosted_emsp(platform: Platform, session: StoredObject) -> Party | None:
    """The hosted eMSP whose customer a Session is."""
    emsp = emsp_of(session.canonical)
    return emsp if emsp in platform.settings.hosted("EMSP") else None


# as CPO and as eMSP: Sessions that go to a provider


def takes(platform: Platform, partner: Partner, key: Key) -> bool:
    """Whether a Session of another's may be forwarded to this partner: the provider, and not its CPO."""
    return (
        key.module == SESSIONS
        and bool(parties.providers(platform, partner))
        and not parties.speaks_for(platform, partner, key.party, parties.owners(SESSIONS))
    )


def forwarder(platform: Platform, partner: Partner, found: StoredObject) -> Party | None:
    """The hosted eMSP that forwards this to a partner; None where it is no Session of another's."""
    return hosted_emsp(platform, found) if not found.own and takes(platform, partner, found.key) else None


def forwarded_feeds(platform: Platform, partner: Partner, module: str) -> list[str]:
    """The feeds with the CPOs' Sessions that may be forwarded to this partner."""
    if module != SESSIONS or not platform.settings.hosted("EMSP"):
        return []
    if not parties.providers(platform, partner):
        return []
    cpos = parties.known(platform, "CPO") - parties.spoken_for(platform, partner, ("CPO",))
    return [feeds.name("/".join(party)) for party in sorted(cpos)]


# as the provider: Sessions that an eMSP forwards to us


def check_customer(call: Call, key: Key, known: StoredObject | None, given: Mapping[str, Any] | None) -> None:
    """Let an eMSP see and change its own customers' Sessions only.

    Raises UnknownObject for a Session of another's, InvalidParameters where it would become one.
    """
    if not parties.forwards(call.platform, call.partner, key.module, key.party):
        return
    if known is not None and not call.speaks_for(emsp_of(known.canonical), ("EMSP",)):
        raise UnknownObject("unknown", key.module)
    if given is not None and not call.speaks_for(emsp_of(given), ("EMSP",)):
        raise InvalidParameters("not a customer of this connection", "/cdr_token/party_id")


def through(platform: Platform, owner: Party, session_id: str) -> tuple[Partner, Party] | None:
    """The eMSP that a CPO's Session was forwarded by, which takes requests about it on."""
    found = load(platform, Key(SESSIONS, *owner, session_id))
    emsp = emsp_of(found.canonical) if found else None
    partner = parties.reached(platform, emsp, "EMSP")
    if emsp and partner and parties.forwards(platform, partner, SESSIONS, owner):
        return partner, emsp
    return None


# how a Session is found


def own_session(platform: Platform, session_id: str, to_party: Party | None = None) -> StoredObject | None:
    """A Session of a hosted CPO, the addressed one if it is said."""
    for party in platform.settings.hosted("CPO"):
        if to_party in (None, party):
            found = load(platform, Key("sessions", *party, session_id))
            if found:
                return found
    return None


def find_session(platform: Platform, session_id: str, owner: Party | None = None) -> StoredObject | None:
    """A partner's session of a customer of ours by its id, which only its CPO promises to be unique.

    A smart charging provider may write `NL*EXA*<id>` where two CPOs use one id (AMB-46).
    """
    country, _, rest = session_id.partition("*")
    party, _, id = rest.partition("*")
    if owner is None and len(country) == 2 and len(party) == 3 and id:
        owner, session_id = (country.upper(), party.upper()), id
    owners = [owner] if owner else sorted(parties.known(platform, "CPO"))
    found = [each for party_ in owners if (each := customers(platform, party_, session_id)) is not None]
    return found[0] if len(found) == 1 else None


def customers(platform: Platform, owner: Party, session_id: str) -> StoredObject | None:
    """A CPO's Session of a customer of ours."""
    found = load(platform, Key("sessions", *owner, session_id))
    return found if found and hosted_emsp(platform, found) else None


def owner_of(session: StoredObject) -> Party:
    """The CPO of a session that is stored."""
    return session.key.country_code.upper(), session.key.party_id.upper()
