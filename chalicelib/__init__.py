"""What Lambda runs: an OCPI platform, from its doors (`app.py`, `workers`) down to its tables."""

import gc
import os

# A start makes 90,000 objects, most of which stay; looking for garbage among them takes a fifth of it.
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    gc.set_threshold(100_000)
