"""Asks any OCPI endpoint what it does and writes a report: `python -m conformance URL TOKEN`.

The kit is a partner of its own: it registers with an invitation (or takes a
token in use), tries what the other side serves to the chosen role, listens for
what the other side calls, and judges all of it by the specification. It shares
no code with the platform or the sandbox, so that two faults do not agree.

    cli        the command line; what is allowed, where reports go
    trial      one run: who we are, what the other side offers, check after check
    peer       requests to the other side, each kept as evidence
    partner    the platform that the other side sees: endpoints, credentials, result URLs
    samples    the objects that the kit owns; shapes + objects.txt: what an object must look like
    checks/    the rules as data, each with the function that tries it
    report/    text, JSON, JUnit, HTML
"""

KIT_VERSION = "1"
VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
