"""The objects of a page of a partner's list: stored each by itself, or set aside, so that the rest is kept.

Contract: design section 8; TRA-18, TRA-58, TRA-59
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import logs
from chalicelib.evidence import quarantine
from chalicelib.objects import checks, hub_client_info, ingest
from chalicelib.ocpi.errors import InvalidParameters, ServerError
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.messages import Party
from chalicelib.partners import parties

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.store.refusals import Refusal
    from chalicelib.wiring import Platform


@dataclass
class Stored:
    """What became of the objects of a page: `kept` are the partitions of those known now, `owners` theirs."""

    kept: list[str] = field(default_factory=list)
    owners: set[Party] = field(default_factory=set)
    stale: int = 0
    aside: int = 0


def store(
    platform: Platform,
    partner: Partner,
    module: str,
    page: Iterable[Any],
    noted: tuple[Finding, ...],
    asked_at: str,
    theirs: Collection[Party],
) -> Stored:
    """Store the objects of these parties that a page, asked for at a time, has; `noted` is said of each."""
    heard = []
    aside: list[Refusal] = []
    stored = Stored()
    for each in page:
        try:
            meant, repaired = checks.mended(partner, each)
            outcome = ingest.receive(
                platform,
                module,
                meant,
                partner.version,
                theirs,
                via=partner.id,
                noted=noted + repaired,
                asked_at=asked_at,
            )
            stored.kept.append(outcome.key.partition)
            stored.owners.add(outcome.key.party)
            stored.stale += outcome.state == "stale"
            heard.append(outcome)
        except InvalidParameters as problem:
            aside.append(quarantine.pulled(platform, partner, module, each, problem))
        except (ClientError, BotoCoreError, ServerError):
            raise
        except Exception as problem:
            logs.log_exception("pulled object not understood", problem, module=module)
            aside.append(quarantine.pulled(platform, partner, module, each, problem))
    stored.aside = len(aside)
    platform.refusals.keep(aside)
    if module == parties.HUBCLIENTINFO:
        hub_client_info.heard(platform, partner, heard)
    return stored
