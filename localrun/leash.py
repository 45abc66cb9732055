"""Runs a program that ends when its standard input closes: with us, however we end, kill -9 included."""

import signal
import subprocess
import sys
import threading


def main(command: list[str]) -> int:
    """Run the command; its exit status."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def watch() -> None:
        sys.stdin.buffer.read()
        process.terminate()
        try:
            process.wait(0.4)
        except subprocess.TimeoutExpired:
            process.kill()

    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    threading.Thread(target=watch, daemon=True).start()
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
