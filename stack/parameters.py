"""Settings of the environment as parameters of the stack, checked before anything is deployed.

A setting that is not in the environment is left out: CloudFormation then
keeps its value of the last deployment, or takes the default.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from stack import template

# Beside the functions' settings: what only the stack reads.
STACK_ONLY = {
    "ALARM_EMAIL": "AlarmEmail",
    "MONTHLY_BUDGET": "MonthlyBudget",
    "TABLE_PROTECTION": "TableProtection",
    "TEST_EVENTS": "TestEvents",
}
# What CloudFormation takes as the value of a parameter, and Lambda as all variables of a function, in bytes.
PARAMETER_LIMIT = ENVIRONMENT_LIMIT = 4096
A_WAY = "put the list into chalicelib/parties.json and set OCPI_PARTIES=@parties.json (docs/deploying.md)"


def overrides(environ: Mapping[str, str], stage: str, exists: bool) -> list[str]:
    """`Parameter=value` for each that is set. Raises SettingsError, which names the wrong setting."""
    from chalicelib import settings

    if not re.fullmatch(template.STAGE_PATTERN, stage):
        raise settings.SettingsError(f"STAGE: {template.STAGE_PATTERN} is required, not {stage!r}")
    settings.check_names(environ)
    chosen = {name: environ[name] for name in template.SETTINGS if name in environ}
    if not exists or "OCPI_PARTIES" in chosen:
        settings.read(chosen | {"OCPI_STAGE": stage})
    else:
        settings.read({"OCPI_PARTIES": _ANY_PARTY, **chosen, "OCPI_STAGE": stage})
    _fits(chosen, stage)
    found = {"Stage": stage}
    found |= {template.parameter(name): value for name, value in chosen.items()}
    found |= {parameter: environ[name] for name, parameter in STACK_ONLY.items() if name in environ}
    return [f"{name}={value}" for name, value in found.items()]


def _fits(chosen: Mapping[str, str], stage: str) -> None:
    """Refuse what AWS would refuse in the middle of a deployment."""
    from chalicelib.settings import SettingsError

    for name, value in chosen.items():
        size = len(value.encode())
        if size > PARAMETER_LIMIT:
            way = f"; {A_WAY}" if name == "OCPI_PARTIES" else ""
            raise SettingsError(f"{name}: {size} bytes, a parameter of the stack has {PARAMETER_LIMIT}{way}")
    whole = {name: str(rest.get("Default", "")) for name, rest in template.SETTINGS.items()} | dict(chosen)
    whole |= {"OCPI_STAGE": stage}
    size = sum(len(name.encode()) + len(value.encode()) for name, value in whole.items())
    if size > ENVIRONMENT_LIMIT:
        raise SettingsError(
            f"the settings have {size} bytes together, Lambda takes {ENVIRONMENT_LIMIT}; {A_WAY}"
        )


_ANY_PARTY = '[{"role":"CPO","country_code":"NL","party_id":"EXA","business_details":{"name":"kept"}}]'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--exists", choices=("yes", "no"), required=True)
    chosen = parser.parse_args()
    try:
        found = overrides(os.environ, chosen.stage, chosen.exists == "yes")
    except ValueError as problem:
        raise SystemExit(str(problem)) from None
    chosen.out.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
