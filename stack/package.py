"""`python -m stack.package OUT`: the CloudFormation package; the same files always give the same bytes.

Chalice makes the template and the zip from a clean copy of what is packaged;
the zip is then compiled ahead, because Lambda cannot keep what it compiles:
about 300 ms of every cold start. `--check` lints the template and its
expansion, and compares the logical ids with the committed ones.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from stack import linting, template

ROOT = Path(__file__).parent.parent
PACKAGED = ("app.py", "chalicelib", "requirements.txt")
LIMIT = 6 * 1024 * 1024
# Parts of libraries that nothing here can reach: models of pydantic 1, plugins, browsers.
LEFT_OUT = ("pydantic/v1/", "pydantic/mypy.py", "pydantic/__pycache__/mypy.", "urllib3/contrib/emscripten/")
# What is read as a file at run time and by no import, so that nobody would miss it before it is needed.
READ = ("tzdata/zoneinfo/Europe/Amsterdam",)
FIXED_DATE = (2020, 1, 1, 0, 0, 0)
# Nothing in a package's metadata is read at run time, and pip writes what differs between machines into it.
DROPPED = (".dist-info/RECORD", ".dist-info/INSTALLER", ".dist-info/direct_url.json", ".dist-info/REQUESTED")


# The same path in every build, and no check against a source whose date is not kept.
COMPILE = """
import pathlib, py_compile, sys
home = pathlib.Path(sys.argv[1])
for file in sorted(home.rglob("*.py")):
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    name = f"/var/task/{file.relative_to(home)}"
    py_compile.compile(str(file), dfile=name, doraise=True, invalidation_mode=mode)
"""


def package(out: Path, architecture: str = "arm64") -> Path:
    """Write template and zip into `out`; the template's path. Raises SystemExit with what went wrong."""
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary) / "project"
        _copy(project, architecture)
        made = Path(temporary) / "made"
        _chalice(project, made)
        out.mkdir(parents=True, exist_ok=True)
        for leftover in (*out.glob("*.zip"), *out.glob("sam*.json")):
            leftover.unlink()
        _compile_ahead(made / "deployment.zip", out / "deployment.zip", Path(temporary) / "unzipped")
        document = json.loads((made / "sam.json").read_text())
        (out / "sam.json").write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
    with zipfile.ZipFile(out / "deployment.zip") as archive:
        if missing := set(READ) - set(archive.namelist()):
            raise SystemExit(f"{out / 'deployment.zip'} lacks {', '.join(sorted(missing))}")
    size = (out / "deployment.zip").stat().st_size
    if size > LIMIT:
        raise SystemExit(f"{out / 'deployment.zip'} has {size} bytes, more than {LIMIT}")
    return out / "sam.json"


def _copy(project: Path, architecture: str) -> None:
    project.mkdir()
    for name in PACKAGED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy(source, project / name)
    template.write(project / ".chalice")
    config = json.loads((project / ".chalice" / "config.json").read_text())
    config["lambda_architecture"] = architecture
    (project / ".chalice" / "config.json").write_text(json.dumps(config))


def _chalice(project: Path, made: Path) -> None:
    environ = {
        "AWS_DEFAULT_REGION": "eu-central-1",
        **os.environ,
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(ROOT / ".tools" / "cache")),
        "PYTHONPATH": "",
    }
    command = [str(Path(sys.executable).with_name("chalice")), "package"]
    command += ["--merge-template", ".chalice/resources.json", str(made)]
    done = subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"chalice package failed:\n{done.stdout}{done.stderr}")


def _compile_ahead(source: Path, target: Path, workplace: Path) -> None:
    with zipfile.ZipFile(source) as archive:
        archive.extractall(workplace)
    # In a fresh interpreter: what a process did before shows in the bytes it compiles.
    subprocess.run(
        [sys.executable, "-S", "-c", COMPILE, str(workplace)], check=True, env={"PYTHONHASHSEED": "0"}
    )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(each for each in workplace.rglob("*") if each.is_file()):
            name = str(file.relative_to(workplace))
            if name.endswith(DROPPED) or name.startswith(LEFT_OUT):
                continue
            entry = zipfile.ZipInfo(name, FIXED_DATE)
            entry.external_attr = (0o755 if file.suffix == ".so" else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes(), compresslevel=9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--arch", choices=("arm64", "x86_64"), default=os.environ.get("ARCH") or "arm64")
    parser.add_argument("--check", action="store_true", help="lint both templates, compare the logical ids")
    chosen = parser.parse_args()
    made = package(chosen.out, chosen.arch)
    archive = chosen.out / "deployment.zip"
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    print(f"{made}\n{archive}: {archive.stat().st_size / 2**20:.2f} MB, sha256 {digest}")
    if chosen.check:
        problems = linting.problems(made)
        if problems:
            raise SystemExit("\n".join(problems))
        print("both templates lint, logical ids are those of the baseline")


if __name__ == "__main__":
    main()
