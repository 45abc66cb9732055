"""What a function does before its first request."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(("name", "runs"), [("AWS_LAMBDA_FUNCTION_NAME", "0"), ("OTHER", "many")])
def test_a_function_starts_without_looking_for_garbage_and_nothing_else_does(name: str, runs: str) -> None:
    code = (
        "import chalicelib, gc; before = [each['collections'] for each in gc.get_stats()]\n"
        "from chalicelib import endpoint, workers\n"
        "from chalicelib.aws.clients import Clients; Clients({}).dynamodb\n"
        "print('0' if before == [each['collections'] for each in gc.get_stats()] else 'many')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, name: "f"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == runs
