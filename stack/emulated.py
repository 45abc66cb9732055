"""Starts ministack for the rehearsal, with the resource types it does not know accepted and left undone.

Run by the rehearsal's own environment, where the rest of the project is not installed.
"""

from __future__ import annotations

from ministack import app
from ministack.services.cloudformation import provisioners

# Nothing depends on these; their form is checked by cfn-lint only.
ACCEPTED = ("AWS::Logs::QueryDefinition", "AWS::EventSchemas::Schema")


def _create(logical_id: str, properties: dict, stack: str) -> tuple[str, dict]:
    return f"{stack}-{logical_id}", {}


def _update(physical_id: str, old: dict, new: dict, stack: str) -> tuple[str, dict]:
    return physical_id, {}


def _delete(physical_id: str, properties: dict) -> None:
    return None


if __name__ == "__main__":
    for kind in ACCEPTED:
        provisioners._RESOURCE_HANDLERS[kind] = {"create": _create, "update": _update, "delete": _delete}
    app.main()
