"""The documented Alembic commands as processes, the traps of `env.py`, and replicas that upgrade at the same time."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from harness.server import ScratchDatabase, Server
from harness.testbed.databases import MigratedDatabase
from sample_app.core.base import Base

if TYPE_CHECKING:
    from conftest import Alembic

HEAD = "a2816e9fd07c"
BEFORE_HEAD = "90d7ab4c15e3"
TRY = "lock = select(func.pg_try_advisory_lock(MIGRATION_LOCK))"
# The function that waits returns nothing, which would count as "not locked".
WAIT = "lock = select(func.pg_advisory_lock(MIGRATION_LOCK).is_not(None))"
HOLD = '    op.execute("select pg_advisory_lock(42)")\n'
OTHERS = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
# The second replica stands at something of the first's, or has been asking for the lock for a while.
STOPPED = f"""
select count(*) {OTHERS}
    and (wait_event_type = 'Lock' or query ilike 'rollback%' and state_change > backend_start + interval '1 second')
"""


def version(database: ScratchDatabase) -> list[str]:
    with database.connect() as connection:
        return [row[0] for row in connection.execute("select version_num from alembic_version").fetchall()]


def test_upgrade_then_downgrade_one(alembic: Alembic, empty_database: ScratchDatabase) -> None:
    alembic(empty_database.url, "upgrade", "head")
    assert version(empty_database) == [HEAD]
    alembic(empty_database.url, "downgrade", "-1")
    assert version(empty_database) == [BEFORE_HEAD]


def test_downgrade_to_base_leaves_nothing(alembic: Alembic, migrated_database: MigratedDatabase) -> None:
    alembic(migrated_database.url, "downgrade", "base")
    with migrated_database.connect() as connection:
        left = connection.execute(
            """
            select relname from pg_class where relnamespace = 'public'::regnamespace
            union all select typname from pg_type where typnamespace = 'public'::regnamespace
            union all select proname from pg_proc where pronamespace = 'public'::regnamespace
            """
        ).fetchall()
    assert {name for (name,) in left} == {
        "alembic_version",
        "_alembic_version",
        "alembic_version_pkc",
    }


def test_history_tells_every_revision(alembic: Alembic, empty_database: ScratchDatabase) -> None:
    history = alembic(empty_database.url, "history", "--verbose").stdout
    assert len(re.findall(r"^Rev: ", history, flags=re.MULTILINE)) == 12
    assert f"Rev: {HEAD} (head)" in history


def test_autogenerate_finds_nothing_to_do(alembic: Alembic, migrated_database: MigratedDatabase, project: Path) -> None:
    alembic(migrated_database.url, "check", cwd=project)
    alembic(migrated_database.url, "revision", "--autogenerate", "-m", "nothing", cwd=project)
    [revision] = (project / "alembic" / "versions").glob("*_nothing.py")
    assert len(re.findall(r"^    pass$", revision.read_text(encoding="utf-8"), flags=re.MULTILINE)) == 2


def test_offline_sql_builds_the_same_database(
    alembic: Alembic, empty_database: ScratchDatabase, migrated_database: MigratedDatabase
) -> None:
    # Nothing listens there: offline mode must not connect.
    script = alembic("postgresql://nobody@127.0.0.1:1/none", "upgrade", "head", "--sql").stdout
    with empty_database.connect() as connection:
        # One statement at a time, as psql sends them: CREATE INDEX CONCURRENTLY cannot share a message.
        for statement in script.split(";\n\n"):
            connection.execute(statement.encode())
    for query in (
        "select table_name, column_name, ordinal_position, data_type, column_default, is_nullable"
        " from information_schema.columns where table_schema = 'public' order by 1, 2",
        "select indexdef from pg_indexes where schemaname = 'public' order by 1",
        "select conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace"
        " order by 1",
        "select tgname from pg_trigger where not tgisinternal order by 1",
        "select version_num from alembic_version",
    ):
        with empty_database.connect() as offline, migrated_database.connect() as online:
            rows = offline.execute(query).fetchall()
            assert rows
            assert rows == online.execute(query).fetchall()


def test_offline_sql_has_values_in_place_of_parameters(alembic: Alembic, project: Path) -> None:
    [first] = (project / "alembic" / "versions").glob("*_8a1f03c5d2e7_*.py")
    insert = '    op.execute(sa.table("app_user", sa.column("email", sa.String)).insert().values(email="a:b\'c"))\n'
    replace_in(first, "    op.create_table(", insert + "    op.create_table(")
    script = alembic("postgresql://nobody@127.0.0.1:1/none", "upgrade", "+1", "--sql", cwd=project).stdout
    assert "INSERT INTO app_user (email) VALUES ('a:b''c');" in script


def test_an_interrupted_concurrent_index_is_made_anew(alembic: Alembic, empty_database: ScratchDatabase) -> None:
    alembic(empty_database.url, "upgrade", "d08a5f7e36b2")
    name = "ix_customer_order_user_id_created_at"
    with empty_database.connect() as connection:
        # What a CREATE INDEX CONCURRENTLY leaves that was cancelled.
        connection.execute(f"create index {name} on customer_order (user_id)".encode())
        connection.execute("update pg_index set indisvalid = false where indexrelid = %s::regclass", [name])
    alembic(empty_database.url, "upgrade", "head")
    alembic(empty_database.url, "check")
    with empty_database.connect() as connection:
        valid = connection.execute("select indisvalid from pg_index where indexrelid = %s::regclass", [name]).fetchone()
    assert valid == (True,)


def test_data_survives_the_way_down_and_up(alembic: Alembic, empty_database: ScratchDatabase) -> None:
    alembic(empty_database.url, "upgrade", "b3620fd94a1c")
    with empty_database.connect() as connection:
        connection.execute(
            """
            insert into app_user (email, full_name)
            values ('a@example.com', ' Ada King Lovelace '), ('p@e.com', 'Plato');
            insert into product (sku, name, price) values ('tea', 'Tea', 3.50), ('pot', 'Pot', 20);
            insert into customer_order (user_id, status) select id, 'paid' from app_user;
            insert into order_item select customer_order.id, product.id, 2, product.price from customer_order, product;
            """
        )
    alembic(empty_database.url, "upgrade", "head")
    with empty_database.connect() as connection:
        names = connection.execute("select first_name, last_name from app_user order by 1").fetchall()
        assert names == [("Ada", "King Lovelace"), ("Plato", "")]
        totals = connection.execute("select distinct total_amount::text from customer_order").fetchall()
        assert totals == [("47.00",)]
        # What only the new schema can hold: a shipped order, and one address twice.
        connection.execute("update customer_order set status = 'shipped'")
        connection.execute("update app_user set deleted_at = now()")
        connection.execute("insert into app_user (email, first_name, last_name) values ('p@e.com', 'Plato', '')")
    alembic(empty_database.url, "downgrade", "b3620fd94a1c")
    with empty_database.connect() as connection:
        assert connection.execute("select count(*), min(status::text) from customer_order").fetchone() == (2, "paid")
        people = connection.execute("select full_name from app_user order by 1").fetchall()
        assert people == [("Ada King Lovelace",), ("Plato",), ("Plato",)]
    alembic(empty_database.url, "upgrade", "head")


def test_types_of_sqlalchemy_utils_are_written_as_plain_types(
    alembic: Alembic, migrated_database: MigratedDatabase, project: Path
) -> None:
    model = project / "sample_app" / "models" / "product.py"
    model.write_text(
        model.read_text(encoding="utf-8")
        .replace("import ChoiceType", "import ChoiceType, EmailType")
        .replace(
            "    sku: Mapped",
            "    maker: Mapped[str | None] = mapped_column(EmailType)\n"
            "    second: Mapped[Currency | None] = mapped_column(ChoiceType(Currency, impl=String(3)))\n"
            "    sku: Mapped",
        ),
        encoding="utf-8",
    )
    alembic(migrated_database.url, "revision", "--autogenerate", "-m", "more types", cwd=project)
    [revision] = (project / "alembic" / "versions").glob("*_more_types.py")
    written = revision.read_text(encoding="utf-8")
    assert "sa.Column('maker', sa.Unicode(length=255), nullable=True)" in written
    assert "sa.Column('second', sa.String(length=3), nullable=True)" in written
    assert "sqlalchemy_utils" not in written
    alembic(migrated_database.url, "upgrade", "head", cwd=project)
    alembic(migrated_database.url, "check", cwd=project)


@pytest.mark.parametrize(
    ("line", "table"),
    [
        ("from sample_app.models import *\n", None),
        ("from sample_app.modules.user import models as user_models", "user_address"),
        ("from sample_app.modules.order import models as order_models", "shipment"),
    ],
    ids=["flat", "user module", "order module"],
)
def test_each_import_of_env_py_brings_its_tables(
    alembic: Alembic, migrated_database: MigratedDatabase, project: Path, line: str, table: str | None
) -> None:
    environment = project / "alembic" / "env.py"
    text = environment.read_text(encoding="utf-8")
    assert line in text
    environment.write_text(re.sub(f"^{re.escape(line)}.*$", "", text, flags=re.MULTILINE), encoding="utf-8")
    checked = alembic(migrated_database.url, "check", cwd=project, check=False)
    if table is None:
        # The modules' relations point at the flat models, and so import them.
        assert checked.returncode == 0, checked.stderr
    else:
        assert checked.returncode != 0
        assert f"'{table}'" in checked.stdout + checked.stderr


def test_every_table_is_declared_once() -> None:
    from sample_app import models
    from sample_app.modules.order import models as order_models
    from sample_app.modules.user import models as user_models

    assert models.AppUser.metadata is order_models.Shipment.metadata is user_models.UserAddress.metadata
    tables = [mapper.local_table for mapper in Base.registry.mappers]
    assert len(tables) == len(set(tables)) == len(Base.metadata.tables) == 6


def test_env_py_imports_no_web_framework() -> None:
    code = (
        "import sys, sample_app.models, sample_app.core.migrations, sample_app.core.database, sample_app.config\n"
        "import sample_app.modules.user.models, sample_app.modules.order.models\n"
        "print([name for name in ('fastapi', 'starlette', 'uvicorn', 'harness') if name in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"


def test_a_password_with_percent_signs(
    alembic: Alembic, migration_server: Server, empty_database: ScratchDatabase
) -> None:
    role, password = f"{empty_database.name}_r", "p@ss%word/100%"
    with psycopg.connect(migration_server.url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create role {} login password {}").format(sql.Identifier(role), sql.Literal(password))
        )
        connection.execute(
            sql.SQL("alter database {} owner to {}").format(sql.Identifier(empty_database.name), sql.Identifier(role))
        )
    with empty_database.connect() as connection:
        connection.execute(sql.SQL("alter schema public owner to {}").format(sql.Identifier(role)))
    try:
        address = empty_database.url.rpartition("@")[2]
        url = f"postgresql://{role}:{quote(password, safe='')}@{address}"
        alembic(url, "upgrade", "head")
        assert version(empty_database) == [HEAD]
    finally:
        with empty_database.connect() as connection:
            connection.execute(sql.SQL("reassign owned by {} to current_user").format(sql.Identifier(role)))
            connection.execute(sql.SQL("drop owned by {}").format(sql.Identifier(role)))
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


def test_env_py_leaves_existing_loggers_alive(empty_database: ScratchDatabase, project: Path) -> None:
    code = (
        "import logging\n"
        "from alembic.config import main\n"
        "ours = logging.getLogger('sample_app.services')\n"
        "main(['current'])\n"
        "raise SystemExit(ours.disabled)"
    )
    environment = {"DB__URL": empty_database.url, "PYTHONPATH": str(project)}
    subprocess.run([sys.executable, "-c", code], cwd=project, env=environment, check=True, capture_output=True)


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def wait_for_replicas(connection: psycopg.Connection[Any], replicas: list[subprocess.Popen[str]]) -> None:
    deadline = time.monotonic() + 60
    while connection.execute(STOPPED).fetchone() != (len(replicas),):
        assert replicas[-1].poll() is None, replicas[-1].communicate()
        assert time.monotonic() < deadline, "the replica does not come as far as it should"
        time.sleep(0.02)


def start_two_replicas(alembic: Alembic, database: ScratchDatabase, project: Path) -> list[tuple[int, str]]:
    """Start a second upgrade while the first is in the middle of its first revision; how each of them ended."""
    [first] = (project / "alembic" / "versions").glob("*_8a1f03c5d2e7_*.py")
    replace_in(first, "    op.create_table(", HOLD + "    op.create_table(")
    replicas: list[subprocess.Popen[str]] = []
    try:
        with database.connect() as connection:
            connection.execute("select pg_advisory_lock(42)")
            for _ in range(2):
                replicas.append(alembic.start(database.url, "upgrade", "head", cwd=project))
                wait_for_replicas(connection, replicas)
        logs = [replica.communicate(timeout=60)[1] for replica in replicas]
    finally:
        for replica in replicas:
            replica.kill()
            replica.wait()
    return [(replica.returncode, log) for replica, log in zip(replicas, logs, strict=True)]


def test_two_replicas_come_up_on_an_empty_database(
    alembic: Alembic, empty_database: ScratchDatabase, project: Path
) -> None:
    (first, _), (second, log) = start_two_replicas(alembic, empty_database, project)
    assert (first, second) == (0, 0), log
    # The second found nothing left to do.
    assert "Another process is migrating this database" in log
    assert "Running upgrade" not in log
    assert version(empty_database) == [HEAD]


def test_without_the_lock_a_replica_fails(alembic: Alembic, empty_database: ScratchDatabase, project: Path) -> None:
    replace_in(project / "alembic" / "env.py", "with migration_lock(connection):", "if connection is not None:")
    (first, _), (second, log) = start_two_replicas(alembic, empty_database, project)
    assert first == 0
    assert second != 0
    assert "UniqueViolation" in log


def test_a_lock_that_is_waited_for_deadlocks(alembic: Alembic, empty_database: ScratchDatabase, project: Path) -> None:
    replace_in(project / "sample_app" / "core" / "migrations.py", TRY, WAIT)
    (first, first_log), (second, second_log) = start_two_replicas(alembic, empty_database, project)
    # PostgreSQL ends whichever of the two looks first.
    assert (first == 0) is not (second == 0)
    assert "DeadlockDetected" in first_log + second_log
