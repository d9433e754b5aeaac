"""What the imports check costs: on a package of 2,000 modules of which 20 hold models, and on the sample app.

    python benchmarks/imports.py [--modules 2000] [--write]

The large package: `env.py` sees the models' base and imports none of the 20 modules. The whole check must take under 5
s, and only those 20 may be imported. The sample app: the check must take under 3 s more than importing the app twice.
Above one of these the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import record

import harness

ROOT = Path(__file__).resolve().parents[1]
CHECK_SECONDS, EXTRA_SECONDS = 5.0, 3.0
MODELS = 20

ENV = """
from alembic import context
from large.base import Base

context.configure(url="postgresql://", target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
"""
BASE = "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n"
MODEL = """
from sqlalchemy.orm import Mapped, mapped_column
from large.base import Base
print("imported", __name__, file=open("imported.txt", "a"))


class Thing{number}(Base):
    __tablename__ = "thing_{number}"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
SERVICE = 'print("imported", __name__, file=open("imported.txt", "a"))\n' + "".join(
    f"\n\ndef serve_{number}(table, column):\n    return [table, column, {number}]\n" for number in range(30)
)


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="What the imports check costs.")
    parser.add_argument("--modules", type=int, default=2000)
    parser.add_argument("--write", action="store_true", help="put the result into benchmarks/README.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        _make_package(directory, options.modules)
        started = time.perf_counter()
        found = harness.check(directory=directory, select=["imports"]).findings
        whole = time.perf_counter() - started
        imported = len((directory / "imported.txt").read_text().splitlines())
    app = _run("-c", "import sample_app.main")
    sample = _run("-m", "harness", "check", "--select", "imports", "--quiet")
    rows = [
        [f"{options.modules} modules: the whole check, wall s", f"{whole:.2f}", f"{CHECK_SECONDS:g}"],
        ["findings", str(len(found)), str(MODELS)],
        ["modules imported", str(imported), str(MODELS)],
        ["sample app: importing it once, wall s", f"{app:.2f}", ""],
        ["sample app: the check, wall s", f"{sample:.2f}", f"{2 * app + EXTRA_SECONDS:.2f}"],
    ]
    text = f"{record.circumstances('SQLAlchemy')}; load {os.getloadavg()[0]:.1f} at the end.\n\n" + record.table(
        ["", "measured", "bar"], rows
    )
    print(text)
    if options.write:
        record.write("imports", text)
    fast = whole <= CHECK_SECONDS and sample <= 2 * app + EXTRA_SECONDS
    return 0 if fast and imported == len(found) == MODELS else 1


def _make_package(directory: Path, modules: int) -> None:
    versions = directory / "migrations" / "versions"
    versions.mkdir(parents=True)
    (directory / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = .\n")
    (directory / "migrations" / "env.py").write_text(ENV)
    package = directory / "large"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "base.py").write_text(BASE)
    for number in range(modules):
        text = MODEL.format(number=number) if number < MODELS else SERVICE
        (package / f"module_{number}.py").write_text(text)


def _run(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    raise SystemExit(main())
