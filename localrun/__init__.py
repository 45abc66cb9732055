"""The whole platform on one machine: never packaged, and no part of what is deployed.

An emulator stands in for AWS, `front` for API Gateway, `pump` for Lambda's
event sources. What is created and what feeds what is read from the very
files that are deployed.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REGION = "eu-central-1"
