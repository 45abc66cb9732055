"""Partners that were told everything, and have forgotten what they heard."""

from __future__ import annotations

from typing import Any

import pytest

from tests.samples import CPO_ROLES, EMSP_ROLES


def quiet(register_partner: Any, drain: Any, roles: Any) -> Any:
    stub = register_partner(roles=roles)
    drain()
    stub.forget()
    return stub


@pytest.fixture
def cpo(register_partner: Any, drain: Any) -> Any:
    """A CPO that has nothing yet, already fetched once."""
    return quiet(register_partner, drain, CPO_ROLES)


@pytest.fixture
def emsp(register_partner: Any, drain: Any) -> Any:
    """An eMSP that was told all there is."""
    return quiet(register_partner, drain, EMSP_ROLES)
