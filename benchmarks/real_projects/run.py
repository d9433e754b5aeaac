"""Run `harness check` on projects that nobody here wrote, with no file of theirs changed.

    python benchmarks/real_projects/run.py [--folder DIR] [--venv NAME=DIR] [--write] [NAME ...]

Each project is installed from PyPI in a virtual environment below the folder (made once, then used again), this
checkout of harness is added, and all checks run with an embedded server. Prints a table and the findings by rule; the
exit code is 1 if any project ended without a verdict (harness's exit codes 2 and 3), else 0. The first set-up downloads
about 1 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import record  # noqa: E402  # it lies beside our folder, not in a package

_LIMIT_SECONDS = 1200


@dataclass(frozen=True)
class Subject:
    """A project: what to install, where its configuration lies in site-packages, and what its `env.py` wants to know.

    `{home}` in a variable becomes a temporary directory; the rest is `harness check --env`.
    """

    requirements: tuple[str, ...]
    config: str
    env: dict[str, str] = field(default_factory=dict)


SUBJECTS = {
    "optuna": Subject(("optuna", "psycopg2-binary"), "optuna/storages/_rdb/alembic.ini"),
    "dstack": Subject(
        ("dstack[server]", "asyncpg"),
        "dstack/_internal/server/alembic.ini",
        {"DSTACK_DATABASE_URL": "{url:asyncpg}", "DSTACK_SERVER_DIR": "{home}"},
    ),
    "arize-phoenix": Subject(
        ("arize-phoenix", "asyncpg"),
        "phoenix/db/alembic.ini",
        {"PHOENIX_SQL_DATABASE_URL": "{url}", "PHOENIX_WORKING_DIR": "{home}"},
    ),
}


@dataclass(frozen=True)
class Result:
    """What became of one project."""

    name: str
    version: str
    code: int
    seconds: float
    report: dict[str, Any]
    log: str

    @property
    def rules(self) -> Counter[str]:
        return Counter(finding["rule"] for finding in self.report.get("findings", ()))

    @property
    def row(self) -> list[str]:
        project = self.report.get("project") or {}
        severities = Counter(finding["severity"] for finding in self.report.get("findings", ()))
        return [
            f"{self.name} {self.version}",
            str(project.get("revisions", "")),
            str(self.code),
            f"{self.seconds:.1f}",
            *(str(severities[severity]) for severity in ("error", "warning", "info")),
        ]


def main() -> int:
    """Set up, run, print, and return the exit code."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    parser = argparse.ArgumentParser(description="Run `harness check` on projects that nobody here wrote.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(SUBJECTS)} (default: all)")
    parser.add_argument("--folder", type=Path, default=cache / "alembic-harness" / "real-projects")
    parser.add_argument("--venv", action="append", default=[], metavar="NAME=DIR", help="an environment that is ready")
    parser.add_argument("--write", action="store_true", help="put the result into benchmarks/README.md")
    options = parser.parse_args()
    if unknown := set(options.names) - set(SUBJECTS):
        parser.error(f"there is no project {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}")
    ready = dict(pair.split("=", 1) for pair in options.venv)

    results = []
    for name in options.names or SUBJECTS:
        python = _python(name, Path(ready[name]) if name in ready else options.folder / name, make=name not in ready)
        results.append(_check(name, python))
        _show(results[-1])
    header = ["project", "revisions", "exit code", "seconds", "errors", "warnings", "notes"]
    table = record.table(header, [result.row for result in results])
    text = f"{record.circumstances()}.\n\n{table}\n\n{_by_rule(results)}"
    print(text)
    if options.write:
        record.write("real_projects", text)
    return 0 if all(result.code in (0, 1) for result in results) else 1


def _python(name: str, place: Path, *, make: bool) -> Path:
    """The interpreter of a project's environment, which is made if it is not there yet."""
    python = place / "bin" / "python"
    complete = place / "complete"
    if make and not complete.exists():
        print(f"{name}: installing into {place}", flush=True)
        venv.create(place, with_pip=True)
        install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*install, *SUBJECTS[name].requirements], check=True)
        subprocess.run([*install, "-e", f"{ROOT}[embedded]"], check=True)
        complete.touch()
    if not python.exists():
        raise SystemExit(f"{place} is no virtual environment.")
    return python


def _check(name: str, python: Path) -> Result:
    subject = SUBJECTS[name]
    ask = "import sysconfig, importlib.metadata as m, sys; print(sysconfig.get_path('purelib'), m.version(sys.argv[1]))"
    packages, version = _output([str(python), "-c", ask, name]).split()
    with tempfile.TemporaryDirectory() as home:
        variables = {"HOME": home, **subject.env}
        command = [str(python), "-m", "harness", "check", "--server", "embedded", "--format", "json"]
        command += ["--config", str(Path(packages) / subject.config)]
        for key, value in variables.items():
            command += ["--env", f"{key}={value.replace('{home}', home)}"]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False)
        seconds = time.perf_counter() - started
    report = json.loads(done.stdout) if done.stdout.lstrip().startswith("{") else {}
    return Result(name, version, done.returncode, seconds, report, done.stderr)


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _show(result: Result) -> None:
    print(f"\n{result.name} {result.version}: exit code {result.code}, {result.seconds:.1f} s")
    for check in result.report.get("checks", ()):
        reason = f"  {check['reason'].splitlines()[0]}" if check["reason"] else ""
        print(f"  {check['outcome']:<8} {check['name']:<14} {check['seconds']:6.2f} s{reason}")
    for finding in result.report.get("findings", ()):
        print(f"  {finding['severity']:<8} {finding['rule']:<36} {_cut(finding['message'])}")
    if result.log:
        print(result.log, file=sys.stderr)
    print(flush=True)


def _cut(text: str, length: int = 180) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _by_rule(results: list[Result]) -> str:
    lines = []
    for result in results:
        rules = ", ".join(f"{count} × `{rule}`" for rule, count in sorted(result.rules.items()))
        lines.append(f"- {result.name}: {rules or 'nothing found'}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
