"""BREAKS: every rule a sandbox can be told to break, by name: what it does then, and which requirement it is.

`partner.do("break", name="no_total_count", module="locations")`; `mend` ends it. Without a module it is
broken everywhere. Each is one rule, so that whoever checks it sees one fault. IDs are those of the
requirement ledger.
"""

from sandbox.breaking import (
    content,
    contradictions,
    finer,
    handshake,
    paging,
    refusing,
    requests,
    taking,
    transport,
    writes,
)
from sandbox.breaking.table import Break

BREAKS: dict[str, Break] = {
    **transport.TRANSPORT,
    **paging.PAGING,
    **handshake.VERSIONS,
    **handshake.CREDENTIALS,
    **content.OBJECTS,
    **contradictions.CONTRADICTIONS,
    **writes.RECEIVING,
    **requests.ASKING,
    **requests.HUBS,
    **requests.CALLING,
    **refusing.REFUSING,
    **taking.TAKING,
    **finer.FINER,
}

__all__ = ["BREAKS", "Break"]
