"""CRUD on `/app_users`: status codes, pages, and requests that make no sense."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from harness.testbed.databases import MigratedDatabase

pytestmark = pytest.mark.asyncio
ADA = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"}


# Changed rows come last in the table and in the index of addresses: a listing without an order shows them again.
MOVE = "update app_user set email = 'z' || email where id = any(%s::uuid[])"


async def register(client: httpx.AsyncClient, **changes: str) -> dict[str, Any]:
    response = await client.post("/app_users", json={**ADA, **changes})
    assert response.status_code == 201, response.text
    user: dict[str, Any] = response.json()
    return user


async def test_created_is_what_is_read_back(client: httpx.AsyncClient) -> None:
    user = await register(client, email="Ada@Example.com", first_name="  Ada ")
    assert user["email"] == "ada@example.com"
    assert user["first_name"] == "Ada"
    response = await client.get(f"/app_users/{user['id']}")
    assert (response.status_code, response.json()) == (200, user)


async def test_an_address_has_one_account(client: httpx.AsyncClient) -> None:
    await register(client)
    response = await client.post("/app_users", json={**ADA, "email": "ADA@example.com"})
    assert response.status_code == 409
    assert response.json() == {"detail": "An account with this address exists."}


async def test_changing_to_a_taken_address_is_a_conflict(client: httpx.AsyncClient) -> None:
    await register(client)
    other = await register(client, email="grace@example.com")
    response = await client.patch(f"/app_users/{other['id']}", json={"email": ADA["email"]})
    assert response.status_code == 409
    assert (await client.get(f"/app_users/{other['id']}")).json()["email"] == "grace@example.com"


async def test_change_touches_what_it_names_and_updated_at(client: httpx.AsyncClient) -> None:
    user = await register(client)
    response = await client.patch(f"/app_users/{user['id']}", json={"last_name": "King"})
    changed = response.json()
    assert response.status_code == 200
    assert {key for key in user if user[key] != changed[key]} == {"last_name", "updated_at"}
    assert changed["updated_at"] > user["updated_at"]


async def test_deleted_is_gone_but_kept(client: httpx.AsyncClient, migrated_database: MigratedDatabase) -> None:
    user = await register(client)
    path = f"/app_users/{user['id']}"
    assert (await client.delete(path)).status_code == 204
    for method in ("GET", "DELETE", "PATCH"):
        response = await client.request(method, path, json={} if method == "PATCH" else None)
        assert response.status_code == 404, method
    assert (await client.get("/app_users")).json()["total"] == 0
    # The address is free again, and the old row is still there.
    await register(client)
    with migrated_database.connect() as connection:
        rows = connection.execute("select deleted_at is null from app_user order by created_at").fetchall()
    assert rows == [(False,), (True,)]


async def test_pages_cover_everything_once(client: httpx.AsyncClient, migrated_database: MigratedDatabase) -> None:
    # One statement, hence one created_at for all: only the key tells them apart.
    with migrated_database.connect() as connection:
        connection.execute(
            "insert into app_user (email, first_name, last_name)"
            " select n || '@example.com', 'N', n::text from generate_series(1, 25) as n"
        )
    seen: list[str] = []
    for offset, size in ((0, 10), (10, 10), (20, 5), (30, 0)):
        page = (await client.get("/app_users", params={"limit": 10, "offset": offset})).json()
        assert (page["total"], page["limit"], page["offset"], len(page["items"])) == (25, 10, offset, size)
        seen += [user["id"] for user in page["items"]]
        with migrated_database.connect() as connection:
            connection.execute(MOVE, [seen])
    assert len(set(seen)) == 25


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"limit": "many"}, {"offset": -1}, {"offset": 2**31}], ids=str
)
async def test_a_page_out_of_bounds_is_refused(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    assert (await client.get("/app_users", params=query)).status_code == 422


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "ada"},
        {"email": None},
        {"email": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example.com"},
        {"first_name": ""},
        {"first_name": "   "},
        {"first_name": "A" * 101},
        {"last_name": "Love\0lace"},
        {"last_name": 7},
    ],
    ids=str,
)
async def test_what_the_table_cannot_hold_is_refused(client: httpx.AsyncClient, changes: dict[str, Any]) -> None:
    user = await register(client)
    for response in (
        await client.post("/app_users", json={**ADA, "email": "new@example.com", **changes}),
        await client.patch(f"/app_users/{user['id']}", json=changes),
    ):
        assert response.status_code == 422, response.text


async def test_names_of_the_whole_world_fit(client: httpx.AsyncClient) -> None:
    user = await register(client, first_name="Žofie 🐘", last_name="李" * 100)
    assert (user["first_name"], user["last_name"]) == ("Žofie 🐘", "李" * 100)


async def test_unknown_and_malformed_keys(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/app_users/{uuid.uuid4()}")).status_code == 404
    assert (await client.get("/app_users/7")).status_code == 422


async def test_openapi_page(client: httpx.AsyncClient) -> None:
    assert (await client.get("/docs")).status_code == 200
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert {"get", "post"} <= set(paths["/app_users"])
    assert {"get", "patch", "delete"} <= set(paths["/app_users/{user_id}"])
