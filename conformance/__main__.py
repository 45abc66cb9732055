"""`python -m conformance URL TOKEN`."""

import sys

from conformance.cli import main

sys.exit(main())
