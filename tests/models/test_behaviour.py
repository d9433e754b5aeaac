"""What the imports check does besides finding: it leaves the world alone, says what follows, and refuses clearly."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from model_layouts import HERE, Layout, write

from harness.checks.base import SkipCheck
from harness.checks.imports import forgotten_models
from harness.findings import Finding, Severity, UsageError, VerdictError
from harness.settings import Settings


def _write(name: str, directory: Path) -> Layout:
    return write(HERE / "faults" / f"{name}.txt", directory)


def _find(layout: Layout, **settings: tuple[str, ...]) -> list[Finding]:
    return list(forgotten_models(layout.project, Settings(**settings)))


def test_models_that_this_process_has_imported_are_found_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = _write("file_not_imported", tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        monkeypatch.delitem(sys.modules, name)
    from app.models.audit import AuditLog  # type: ignore[import-not-found]  # written a moment ago

    try:
        assert AuditLog.__table__.name == "audit_log"
        assert [finding.rule for finding in _find(layout)] == ["imports.missing"]
    finally:
        for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
            del sys.modules[name]


@pytest.mark.parametrize(
    "connect",
    [
        "import psycopg; psycopg.connect('postgresql://u:p@127.0.0.1:{port}/d')",
        "import psycopg2; psycopg2.connect('postgresql://u:p@127.0.0.1:{port}/d')",
        "import asyncio, asyncpg; asyncio.run(asyncpg.connect('postgresql://u:p@127.0.0.1:{port}/d'))",
        "import sqlalchemy as sa; sa.create_engine('postgresql+psycopg2://u:p@127.0.0.1:{port}/d').connect()",
    ],
)
def test_no_connection_is_opened_by_a_module_that_is_imported(connect: str, tmp_path: Path) -> None:
    layout = _write("file_not_imported", tmp_path)
    module = tmp_path / "app/models/audit.py"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        module.write_text(f"{module.read_text()}\n\n{connect.format(port=port)}\n")

        findings = _find(layout)

        with pytest.raises(TimeoutError):
            listener.accept()
    assert [finding.rule for finding in findings] == ["imports.unimportable"]
    assert "no database" in findings[0].message


def test_what_a_module_does_to_its_process_stays_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    layout = _write("file_not_imported", tmp_path)
    module = tmp_path / "app/models/audit.py"
    module.write_text(f"import os, sys\nos.chdir('/')\nprint('noise')\nsys.argv.clear()\n{module.read_text()}")
    later = tmp_path / "app/models/later.py"
    later.write_text(
        module.read_text()
        .replace("AuditLog", "Later")
        .replace("audit_log", "later")
        .replace("os.chdir('/')", "from pathlib import Path; assert Path('alembic.ini').exists()")
    )
    before = Path.cwd()

    findings = _find(layout)

    assert Path.cwd() == before
    assert "noise" not in capfd.readouterr().out
    assert {finding.rule for finding in findings} == {"imports.missing"}
    assert len(findings) == 2


def test_the_consequence_names_the_revision(tmp_path: Path) -> None:
    (created,) = _find(_write("created_by_a_revision", tmp_path / "one"))
    (never,) = _find(_write("file_not_imported", tmp_path / "two"))

    follows = "Table audit_log is created by revision 3f2a and would be dropped by the next autogenerate."
    assert created.message.endswith(follows)
    assert never.message.endswith("No revision creates the table.")
    assert "AuditLog" in created.message
    assert "app.models.audit" in created.message
    assert created.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("before", "creation", "follows"),
    [
        ("TABLE = 'audit_log'", "op.create_table(TABLE)", "is created by revision 3f2a"),
        (
            "from app.models.audit import AuditLog",
            "op.create_table(AuditLog.__tablename__)",
            "is created by revision 3f2a",
        ),
        (
            "from app.models import audit",
            "op.create_table(audit.AuditLog.__tablename__)",
            "is created by revision 3f2a",
        ),
        ("", "op.create_table(table_name='audit_log')", "is created by revision 3f2a"),
        ("from app.helpers import create_table", "create_table('audit_log')", "is created by revision 3f2a"),
        ("", "[op.create_table(name) for name in NAMES]", None),
        ("from app.models import Base", "Base.metadata.create_all(op.get_bind())", None),
        ("", "op.create_table('other')", "No revision creates the table"),
    ],
)
def test_no_revision_is_said_to_create_a_table_only_when_all_say_what_they_create(
    before: str, creation: str, follows: str | None, tmp_path: Path
) -> None:
    layout = _write("created_by_a_revision", tmp_path)
    (revision,) = (tmp_path / "alembic" / "versions").glob("*.py")
    revision.write_text(
        f"from alembic import op\n{before}\n\nrevision = '3f2a'\ndown_revision = None\n\n\n"
        f"def upgrade():\n    {creation}\n\n\ndef downgrade():\n    pass\n"
    )

    (finding,) = _find(layout)

    if follows is not None:
        assert follows in finding.message
    else:
        assert finding.message.endswith("imports that module.")


def test_packages_named_in_the_settings_are_searched(tmp_path: Path) -> None:
    layout = _write("file_not_imported", tmp_path)
    folder = tmp_path / "extra" / "things"
    folder.mkdir(parents=True)  # no __init__.py, so that nothing but the settings leads here
    text = (tmp_path / "app/models/audit.py").read_text()
    (folder / "tables.py").write_text(text.replace("AuditLog", "Thing").replace("audit_log", "thing"))

    assert len(_find(layout)) == 1
    assert {finding.object.name for finding in _find(layout, model_packages=("extra",)) if finding.object} == {
        "audit_log",
        "thing",
    }
    with pytest.raises(UsageError, match="no such package"):
        _find(layout, model_packages=("nowhere",))


def test_an_env_that_passes_nothing_is_skipped_and_one_that_raises_is_no_verdict(tmp_path: Path) -> None:
    layout = _write("file_not_imported", tmp_path)
    env_py = tmp_path / "alembic" / "env.py"
    text = env_py.read_text()
    env_py.write_text(text.replace("target_metadata = Base.metadata", "target_metadata = None"))
    with pytest.raises(SkipCheck, match="target_metadata"):
        _find(layout)
    connects = "import psycopg\npsycopg.connect('postgresql://app@192.0.2.1/live')\n"
    env_py.write_text(connects)
    with pytest.raises(VerdictError, match=r"connects to a database before any metadata.*--skip imports"):
        _find(layout)
    env_py.write_text("raise RuntimeError('no settings')\n")
    with pytest.raises(VerdictError, match="no settings"):
        _find(layout)


def test_the_command_line_turns_red(tmp_path: Path) -> None:
    _write("modular_one_commented_out", tmp_path)
    command = [sys.executable, "-m", "harness", "check", "--select", "imports", "--format", "json"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HARNESS_")}

    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert done.returncode == 1, done.stderr
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["rule"] == "imports.missing"
    assert finding["location"]["path"] == "app/modules/order/models.py"
    expected = "Add to alembic/env.py, after line 4: from app.modules.order import models as order_models  # noqa: F401"
    assert finding["fix"] == expected


def test_a_shared_library_with_a_base_of_its_own_is_left_alone(tmp_path: Path) -> None:
    layout = _write("file_not_imported", tmp_path / "project")
    library = tmp_path / "library" / "shared"
    library.mkdir(parents=True)
    text = (tmp_path / "project/app/models/audit.py").read_text()
    (library / "__init__.py").write_text("")
    (library / "models.py").write_text(text.replace("from app.db", "from shared.db").replace("audit_log", "shared"))
    (library / "jobs.py").write_text(text.replace("from app.db", "from shared.db").replace("audit_log", "job"))
    (library / "late.py").write_text(text.replace("audit_log", "late"))
    (library / "db.py").write_text((tmp_path / "project/app/db.py").read_text())
    ini = tmp_path / "project" / "alembic.ini"
    ini.write_text(ini.read_text().replace("prepend_sys_path = .", "prepend_sys_path = . ../library"))
    env_py = tmp_path / "project" / "alembic" / "env.py"
    env_py.write_text(f"import shared.models\n{env_py.read_text()}")

    # What the library puts on the application's own base is the application's business.
    assert {finding.object.name for finding in _find(layout) if finding.object} == {"audit_log", "late"}


@pytest.mark.parametrize("name", ["second_base", "second_base_not_imported", "table_on_other_metadata", "wrong_base"])
def test_passing_both_metadata_heals_a_second_base(name: str, tmp_path: Path) -> None:
    layout = _write(name, tmp_path)
    (finding,) = _find(layout)
    assert finding.fix is not None
    assert finding.location is not None
    lines = finding.fix.partition("alembic/env.py: ")[2].partition(". If it is")[0].split("; ")
    env_py = tmp_path / "alembic" / "env.py"
    env_py.write_text(env_py.read_text().replace("target_metadata = Base.metadata", "\n".join(lines), 1))
    if name == "second_base_not_imported":
        assert finding.severity is Severity.WARNING  # it may be another database's

    assert _find(layout) == []
