"""The best-practice table of the documentation, one row a test; each fails when its row is undone."""

from __future__ import annotations

import ast
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession

import sample_app
from harness.server import ScratchDatabase
from harness.testbed.databases import MigratedDatabase
from sample_app.config import DatabaseSettings, Settings
from sample_app.core.base import Base
from sample_app.core.database import Database
from sample_app.core.dependencies import SessionDep, SyncSessionDep
from sample_app.main import create_app
from sample_app.models import AppUser
from sample_app.repositories.users import UserRepository

ADA = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"}
SESSIONS = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
ORDERS = """
with person as (insert into app_user (email, first_name, last_name) values ('a@example.com', 'A', 'A') returning id),
     article as (
         insert into product (sku, name, price) select 'sku-' || n, 'P', 2 from generate_series(1, 3) as n returning id
     ),
     purchase as (
         insert into customer_order (user_id, status, total_amount)
         select person.id, 'paid', 6 from person, generate_series(1, %(orders)s) returning id
     )
insert into order_item (order_id, product_id, quantity, unit_price)
select purchase.id, article.id, 1, 2 from purchase, article
"""

NAMES = """
select conname from pg_constraint
where connamespace = 'public'::regnamespace and contype in ('c', 'f', 'p', 'u') and conname !~ '^alembic_version'
order by conname
"""


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Every statement that the application sends meanwhile."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+asyncpg"])
def test_async_driver(scheme: str) -> None:
    settings = DatabaseSettings(url=f"{scheme}://ada:p%40ss@host/shop?sslmode=require")
    database = Database(settings)
    assert database.engine.dialect.driver == "asyncpg"
    assert database.engine.dialect.is_async
    assert database.engine.url.password == "p@ss"
    assert database.engine.url.query == {"ssl": "require"}
    assert database.sync_engine.dialect.driver == "psycopg"
    assert database.sync_engine.url.query == {"sslmode": "require"}


def test_another_database_system_is_refused() -> None:
    with pytest.raises(ValueError, match="the URL of a PostgreSQL database is needed"):
        DatabaseSettings(url="mysql://host/shop")


@pytest.mark.asyncio
async def test_nothing_is_expired_on_commit(app: FastAPI, client: httpx.AsyncClient) -> None:
    async with app.state.database.sessions() as session:
        user = AppUser(**ADA)
        session.add(user)
        await session.commit()
        # An expired attribute would be queried for here, which raises MissingGreenlet.
        assert user.email == ADA["email"]
        user.last_name = "King"
        await session.commit()
        assert user.updated_at > user.created_at


def test_every_relation_refuses_to_load_lazily() -> None:
    relations = [relation for mapper in Base.registry.mappers for relation in mapper.relationships]
    assert len(relations) >= 7
    assert {str(relation): relation.lazy for relation in relations if relation.lazy != "raise"} == {}


@pytest.mark.asyncio
async def test_a_lazy_load_raises(app: FastAPI, client: httpx.AsyncClient) -> None:
    await client.post("/app_users", json=ADA)
    async with app.state.database.sessions() as session:
        user = (await session.scalars(select(AppUser))).one()
        with pytest.raises(InvalidRequestError, match="lazy='raise'"):
            _ = user.orders


@pytest.mark.asyncio
async def test_a_listing_takes_as_many_queries_for_many_rows_as_for_one(
    app: FastAPI, client: httpx.AsyncClient, migrated_database: MigratedDatabase
) -> None:
    with migrated_database.connect() as connection:
        connection.execute(ORDERS, {"orders": 12})
    counts = {}
    for limit in (1, 12):
        with statements(app.state.database) as sent:
            page = (await client.get("/orders", params={"limit": limit})).json()
        assert [len(order["items"]) for order in page["items"]] == [3] * limit
        counts[limit] = len([statement for statement in sent if statement.startswith("SELECT")])
    # The orders, their lines with the articles, the total.
    assert counts == {1: 3, 12: 3}


def someone() -> AppUser:
    """A person with an address of their own: a taken one would wait for the session that was left open."""
    return AppUser(**{**ADA, "email": f"{uuid.uuid4()}@example.com"})


@pytest.fixture
def app_with_probes(app: FastAPI) -> FastAPI:
    """The application with endpoints that leave work uncommitted, and that fail half way."""
    app.state.seen = []

    @app.post("/probe/uncommitted")
    async def uncommitted(session: SessionDep) -> None:
        app.state.seen.append(session)
        session.add(someone())
        await session.flush()

    @app.post("/probe/failing")
    async def failing(session: SessionDep, sync_session: SyncSessionDep) -> None:
        app.state.seen.append(session)
        session.add(someone())
        await session.flush()
        sync_session.connection()
        raise RuntimeError("half way")

    return app


@pytest.mark.asyncio
async def test_each_request_has_its_own_session_and_leaves_nothing(
    app_with_probes: FastAPI, client: httpx.AsyncClient
) -> None:
    database: Database = app_with_probes.state.database
    assert (await client.post("/probe/uncommitted")).status_code == 200
    assert (await client.post("/probe/failing")).status_code == 500
    assert (await client.post("/probe/uncommitted")).status_code == 200
    seen: list[AsyncSession] = app_with_probes.state.seen
    assert len({id(session.sync_session) for session in seen}) == 3
    # Cleaned up: nothing borrowed from the pools, nothing written.
    assert database.engine.sync_engine.pool.checkedout() == 0  # type: ignore[attr-defined] # of QueuePool, which it is
    assert database.sync_engine.pool.checkedout() == 0  # type: ignore[attr-defined] # the same
    assert (await client.get("/app_users")).json()["total"] == 0


def test_only_repositories_write_statements() -> None:
    package = sample_app.__path__[0]
    offenders = []
    for path in [*Path(package, "api").glob("*.py"), *Path(package, "modules").glob("*/router.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            offenders += [f"{path.name}: {module}" for module in modules if module.split(".")[0] == "sqlalchemy"]
    assert offenders == []


@pytest.mark.asyncio
async def test_a_repository_works_without_the_web(migrated_database: MigratedDatabase) -> None:
    database = Database(DatabaseSettings(url=migrated_database.url))
    async with database.sessions() as session:
        users = UserRepository(session)
        user = AppUser(**ADA)
        await users.add(user)
        assert await users.get(user.id) is user
        assert await users.page(10, 0) == ([user], 1)
    await database.dispose()


@pytest.mark.asyncio
async def test_sums_are_made_by_the_database(
    app: FastAPI, client: httpx.AsyncClient, migrated_database: MigratedDatabase
) -> None:
    with migrated_database.connect() as connection:
        connection.execute(ORDERS, {"orders": 4})
    user = (await client.get("/app_users")).json()["items"][0]["id"]
    with statements(app.state.database) as sent:
        assert (await client.get(f"/app_users/{user}/spending")).json() == {"orders": 4, "total": "24.00"}
    [about_orders] = [statement for statement in sent if "customer_order" in statement]
    assert "sum(customer_order.total_amount)" in about_orders
    with statements(app.state.database) as sent:
        assert [line["units_sold"] for line in (await client.get("/sales")).json()] == [4, 4, 4]
    assert not [statement for statement in sent if "order_item" in statement]


@pytest.mark.asyncio
async def test_a_connection_that_the_server_closed_is_replaced(
    app: FastAPI, client: httpx.AsyncClient, migrated_database: MigratedDatabase
) -> None:
    user = (await client.post("/app_users", json=ADA)).json()
    paths = (f"/app_users/{user['id']}", f"/sync/app_users/{user['id']}")
    assert [(await client.get(path)).status_code for path in paths] == [200, 200]
    with migrated_database.connect() as connection:
        killed = connection.execute(
            "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        ).fetchone()
    assert killed == (2,)
    assert [(await client.get(path)).status_code for path in paths] == [200, 200]


@pytest.mark.asyncio
async def test_tables_come_from_migrations_alone(empty_database: ScratchDatabase) -> None:
    app = create_app(Settings(db=DatabaseSettings(url=empty_database.url)))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            assert (await client.get("/health")).status_code == 200
            assert (await client.get("/app_users")).status_code == 500
    with empty_database.connect() as connection:
        assert connection.execute("select to_regclass('app_user')").fetchone() == (None,)


@pytest.mark.asyncio
async def test_the_lifespan_disposes_of_every_connection(app: FastAPI, migrated_database: MigratedDatabase) -> None:
    with migrated_database.connect() as connection:
        async with app.router.lifespan_context(app):
            database: Database = app.state.database
            async with database.sessions() as session:
                await session.connection()
            with database.sync_sessions() as sync_session:
                sync_session.connection()
            assert connection.execute(SESSIONS).fetchone() == (2,)
        for _ in range(100):
            left = connection.execute(SESSIONS).fetchone()
            if left == (0,):
                break
            connection.execute("select pg_sleep(0.02)")
    assert left == (0,)


def test_names_follow_the_convention(migrated_database: MigratedDatabase, empty_database: ScratchDatabase) -> None:
    Base.metadata.create_all(Database(DatabaseSettings(url=empty_database.url)).sync_engine)
    with migrated_database.connect() as migrated, empty_database.connect() as created:
        names = [name for (name,) in migrated.execute(NAMES).fetchall()]
        assert len(names) >= 15
        assert [name for name in names if name.split("_")[0] not in ("ck", "fk", "pk", "uq")] == []
        assert [name for (name,) in created.execute(NAMES).fetchall()] == names


@pytest.mark.asyncio
async def test_deleted_rows_are_seen_only_on_request(app: FastAPI, client: httpx.AsyncClient) -> None:
    user = (await client.post("/app_users", json=ADA)).json()
    await client.delete(f"/app_users/{user['id']}")
    statement = select(AppUser)
    async with app.state.database.sessions() as session:
        assert (await session.scalars(statement)).all() == []
    async with app.state.database.sessions() as session:
        [deleted] = (await session.scalars(statement, execution_options={"deleted": True})).all()
        assert deleted.deleted_at is not None
