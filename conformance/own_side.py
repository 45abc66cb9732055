"""The kit's own side: what its platform serves and lists, and a second party of its own behind the same hub.

What a hub passes on is judged by who sees both ends. So the kit joins a hub twice, where it has an invitation
for each: as the party of the run, and as one in the opposite role.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.partner import Partner
from conformance.peer import Peer
from conformance.trial import WANTED, Trial
from conformance.verdict import Skipped

OPPOSITE = {"EMSP": "CPO", "CPO": "EMSP"}


def equip(trial: Trial, partner: Partner) -> None:
    """Give our platform the interfaces of its role, and something to list."""
    other = {"SENDER": "RECEIVER", "RECEIVER": "SENDER"}
    partner.version = trial.version
    wanted = [(module, other[side]) for module, side in WANTED[trial.options.role]]
    if not trial.newer:
        wanted = [each for each in wanted if each[0] not in ("chargingprofiles", "hubclientinfo")]
    if trial.options.role != "HUB":
        wanted = [(m, "RECEIVER" if m == "hubclientinfo" else side) for m, side in wanted]
    partner.modules = tuple(wanted)
    if not trial.options.write:
        return  # what we list would be pulled, and kept: that is writing, too
    samples = trial.samples
    if trial.options.role == "CPO":
        partner.holdings.lists["locations"] = [samples.location(f"P{n}", publish=True) for n in range(1, 6)]
        partner.holdings.lists["tariffs"] = [samples.tariff("P1")]
        if not trial.newer:
            partner.holdings.lists["locations"] = [samples.location(f"P{n}") for n in range(1, 6)]
    if trial.options.role == "EMSP":
        partner.holdings.lists["tokens"] = [samples.token(f"P{n}") for n in range(1, 6)] + [
            samples.token("driver")
        ]


def second(trial: Trial) -> Trial:
    """The kit's second party, which joins when it is first asked for. Raises Skipped."""
    if "second" not in trial.known:
        trial.known["second"] = _joined(trial)
    found: Trial = trial.known["second"]
    if found.stopped:
        raise Skipped(f"the second party could not join: {found.stopped}")
    return found


def _joined(trial: Trial) -> Trial:
    """The second party: its own server, tokens and samples; evidence and secrets are those of the run."""
    if not trial.options.second_token:
        raise Skipped("needs a second invitation of the hub, for a party in the other role (--second-token)")
    server = trial.server().beside()
    options = replace(
        trial.options,
        token=trial.options.second_token,
        role=OPPOSITE[trial.options.role],
        version=trial.version,
        party=trial.options.second_party,
    )
    made = Trial(options, Peer(options.timeout, trial.peer.explain), server)
    made.secrets, made.proofs = trial.secrets, trial.proofs
    made.stopped = made.begin()
    if made.stopped:
        return made
    equip(made, server)
    answer = made.config("POST", made.credentials_url, made.credentials(made.new_token()))
    if not answer.ok or not isinstance(answer.data, dict) or not answer.data.get("token"):
        made.stopped = f"POST of its credentials: {answer.said}"
        return made
    made.took(answer.data)
    made.registered = True
    return made


def leave_second(trial: Trial) -> None:
    """Unregister the second party, where it joined."""
    found = trial.known.get("second")
    if found and found.registered:
        found.config("DELETE", found.credentials_url)
