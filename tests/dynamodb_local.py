"""The tests of storage and delivery on DynamoDB Local, AWS's own engine, beside moto.

`python -m tests.dynamodb_local [PATH...]` brings it from Maven on first use, starts it and runs these
tests with their tables in it; everything else stays moto's. Without a JVM or Maven it says so and does
nothing.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time

from localrun import ROOT

VERSION = "2.5.2"
HOME = ROOT / ".tools" / f"dynamodb-local-{VERSION}"
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>ocpi</groupId><artifactId>dynamodb-local</artifactId><version>1</version><dependencies><dependency>
<groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>{VERSION}</version>
</dependency></dependencies></project>
"""
# What shows how objects are stored, listed and told of.
PATHS = (
    "store/test_feeds.py",
    "store/test_feed_sizes.py",
    "objects/test_order.py",
    "objects/test_periods.py",
    "objects/test_lists.py",
    "objects/test_private.py",
    "delivery/test_retry.py",
)


def install() -> bool:
    """DynamoDB Local in .tools/; whether it is there."""
    if (HOME / "lib").exists():
        return True
    if not (shutil.which("java") and shutil.which("mvn")):
        return False
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / "pom.xml").write_text(POM)
    command = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib.part"]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True)
    if done.returncode:
        print(f"DynamoDB Local did not come: {done.stdout[-500:]}")
        return False
    (HOME / "lib.part").rename(HOME / "lib")
    return True


def start() -> tuple[subprocess.Popen[bytes], str]:
    """Its process, in memory, and its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    main = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner"
    command = [
        "java",
        "-Xmx1g",
        "-Djava.library.path=lib",
        "-cp",
        "lib/*",
        main,
        "-inMemory",
        "-port",
        str(port),
    ]
    process = subprocess.Popen(command, cwd=HOME, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process, f"http://127.0.0.1:{port}"
        except OSError:
            time.sleep(0.2)
    process.kill()
    raise RuntimeError("DynamoDB Local does not answer")


def paths() -> list[str]:
    """The files that run on it."""
    return [str(ROOT / "tests" / name) for name in PATHS]


def main(arguments: list[str]) -> int:
    if not install():
        print("SKIPPED: DynamoDB Local needs a JVM and Maven; storage and delivery ran on moto alone")
        return 0
    process, endpoint = start()
    try:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(arguments or paths())]
        return subprocess.run(command, env={**os.environ, "OCPI_TEST_DYNAMODB": endpoint}).returncode
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
