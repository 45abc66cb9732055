#!/usr/bin/env python3
"""The operator's command line, over the operator function: `python manage.py help`.

Talks to a platform on this machine (--url, OCPI_URL) or to a deployed function
(--function, OCPI_FUNCTION). The commands are in `cli/`.
"""

from __future__ import annotations

import sys

try:
    from cli.main import main
except ModuleNotFoundError as missing:
    if missing.name not in ("click", "rich", "msgspec", "urllib3"):
        raise
    sys.exit(f"{missing.name} is not installed: run `make setup`, then .venv/bin/python manage.py")

if __name__ == "__main__":
    sys.exit(main())
