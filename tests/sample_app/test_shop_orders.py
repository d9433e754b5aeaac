"""Orders, sales, addresses and shipments over HTTP, the synchronous parts among them."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from harness.testbed.databases import MigratedDatabase
from sample_app.services import sync

pytestmark = pytest.mark.asyncio


async def post(client: httpx.AsyncClient, path: str, json: Any = None, expect: int = 201) -> Any:
    response = await client.post(path, json=json)
    assert response.status_code == expect, response.text
    return response.json()


async def place_order(client: httpx.AsyncClient) -> Any:
    """An order of three teas at 3.50 and one pot at 20.00, by a new person."""
    suffix = uuid.uuid4().hex[:8]
    user = await post(
        client, "/app_users", {"email": f"{suffix}@example.com", "first_name": "Ada", "last_name": "Lovelace"}
    )
    tea = await post(client, "/products", {"sku": f"tea-{suffix}", "name": "Tea", "price": "3.50"})
    pot = await post(client, "/products", {"sku": f"pot-{suffix}", "name": "Pot", "price": "20", "currency": "CNY"})
    items = [{"product_id": tea["id"], "quantity": 3}, {"product_id": pot["id"], "quantity": 1}]
    return await post(client, "/orders", {"user_id": user["id"], "items": items})


async def test_an_order_is_priced_and_read_back(client: httpx.AsyncClient) -> None:
    order = await place_order(client)
    assert (order["status"], order["total_amount"]) == ("pending", "30.50")
    assert [(item["product"]["name"], item["quantity"], item["unit_price"]) for item in order["items"]] == [
        ("Tea", 3, "3.50"),
        ("Pot", 1, "20.00"),
    ]
    assert order["items"][1]["product"]["currency"] == "CNY"
    assert (await client.get(f"/orders/{order['id']}")).json() == order
    assert (await client.get("/orders")).json()["items"] == [order]


async def test_orders_that_cannot_be(client: httpx.AsyncClient) -> None:
    order = await place_order(client)
    user, product = order["user_id"], order["items"][0]["product"]["id"]
    one = {"product_id": product, "quantity": 1}
    await post(client, "/orders", {"user_id": str(uuid.uuid4()), "items": [one]}, expect=404)
    await post(client, "/orders", {"user_id": user, "items": [{"product_id": 999_999, "quantity": 1}]}, expect=404)
    for items in (
        [],
        [one, one],
        [{**one, "quantity": 0}],
        [{**one, "quantity": 10**6}],
        [{**one, "product_id": 2**63}],
    ):
        await post(client, "/orders", {"user_id": user, "items": items}, expect=422)
    assert (await client.get(f"/orders/{uuid.uuid4()}")).status_code == 404
    assert (await client.get("/orders")).json()["total"] == 1


async def test_the_largest_order_fits_its_column(client: httpx.AsyncClient) -> None:
    order = await place_order(client)
    items = []
    for number in range(50):
        product = await post(client, "/products", {"sku": f"gold-{number}", "name": "Gold", "price": "99999.99"})
        items.append({"product_id": product["id"], "quantity": 1000})
    huge = await post(client, "/orders", {"user_id": order["user_id"], "items": items})
    assert huge["total_amount"] == "4999999500.00"


async def test_a_sku_is_taken_once(client: httpx.AsyncClient) -> None:
    await post(client, "/products", {"sku": "tea", "name": "Tea", "price": "3.50"})
    await post(client, "/products", {"sku": "tea", "name": "Other tea", "price": "4"}, expect=409)
    for wrong in ({"price": "-1"}, {"price": "1.005"}, {"currency": "DM"}, {"sku": "a b"}):
        await post(client, "/products", {"sku": "new", "name": "Tea", "price": "3.50", **wrong}, expect=422)


async def test_an_order_is_paid_once(client: httpx.AsyncClient) -> None:
    order = await place_order(client)
    assert (await post(client, f"/orders/{order['id']}/payment", expect=200))["status"] == "paid"
    await post(client, f"/orders/{order['id']}/payment", expect=409)


async def test_sales_and_spending_count_what_was_paid(client: httpx.AsyncClient) -> None:
    order = await place_order(client)
    spending = f"/app_users/{order['user_id']}/spending"
    assert (await client.get(spending)).json() == {"orders": 0, "total": "0"}
    assert {line["units_sold"] for line in (await client.get("/sales")).json()} == {0}
    await post(client, f"/orders/{order['id']}/payment", expect=200)
    assert (await client.get(spending)).json() == {"orders": 1, "total": "30.50"}
    sales = {line["sku"][:3]: (line["units_sold"], line["revenue"]) for line in (await client.get("/sales")).json()}
    assert sales == {"tea": (3, "10.50"), "pot": (1, "20.00")}


async def test_an_old_order_shows_an_article_off_sale(
    client: httpx.AsyncClient, migrated_database: MigratedDatabase
) -> None:
    order = await place_order(client)
    with migrated_database.connect() as connection:
        connection.execute("update product set deleted_at = now()")
    assert (await client.get(f"/orders/{order['id']}")).json() == order
    assert (await client.get("/sales")).json() == []
    again = {"product_id": order["items"][0]["product"]["id"], "quantity": 1}
    await post(client, "/orders", {"user_id": order["user_id"], "items": [again]}, expect=404)


async def test_addresses_of_the_user_module(client: httpx.AsyncClient) -> None:
    order = await place_order(client)
    path = f"/app_users/{order['user_id']}/addresses"
    address = await post(client, path, {"street": "12 St James's Square", "city": "London", "country": "gb"})
    assert address["country"] == "GB"
    assert (await client.get(path)).json() == [address]
    await post(client, path, {"street": "x", "city": "y", "country": "GBR"}, expect=422)
    await post(
        client, f"/app_users/{uuid.uuid4()}/addresses", {"street": "x", "city": "y", "country": "GB"}, expect=404
    )


async def test_a_background_task_ships_with_synchronous_code(client: httpx.AsyncClient) -> None:
    order = await place_order(client)
    path = f"/orders/{order['id']}"
    await post(client, f"{path}/shipment", {"carrier": "Post"}, expect=409)
    await post(client, f"{path}/payment", expect=200)
    # ASGITransport returns when the application is done, background tasks included.
    await post(client, f"{path}/shipment", {"carrier": "Post"}, expect=202)
    assert (await client.get(path)).json()["status"] == "shipped"
    parcels = (await client.get(f"{path}/shipments")).json()
    assert [parcel["carrier"] for parcel in parcels] == ["Post"]
    await post(client, f"{path}/shipment", {"carrier": "Post"}, expect=409)


async def test_a_background_task_that_runs_twice_ships_once(app: FastAPI, client: httpx.AsyncClient) -> None:
    order = await place_order(client)
    path = f"/orders/{order['id']}"
    await post(client, f"{path}/payment", expect=200)
    for _ in range(2):
        await run_in_threadpool(sync.hand_to_carrier, app.state.database, uuid.UUID(order["id"]), "Post")
    assert len((await client.get(f"{path}/shipments")).json()) == 1


async def test_the_synchronous_service_works_in_a_thread(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await place_order(client)
    original, threads = sync.find_user, []

    def find_user(*arguments: Any) -> Any:
        threads.append(threading.current_thread())
        return original(*arguments)

    monkeypatch.setattr(sync, "find_user", find_user)
    response = await client.get(f"/sync/app_users/{order['user_id']}")
    assert response.json() == (await client.get(f"/app_users/{order['user_id']}")).json()
    assert (await client.get(f"/sync/app_users/{uuid.uuid4()}")).status_code == 404
    # On the event loop's own thread it would stop every other request.
    assert len(threads) == 2
    assert threading.current_thread() not in threads


async def test_a_synchronous_function_inside_the_async_session(client: httpx.AsyncClient) -> None:
    order = await place_order(client)
    response = await client.get(f"/app_users/{order['user_id']}/statement")
    assert [(line["id"], line["total_amount"]) for line in response.json()["orders"]] == [(order["id"], "30.50")]
    assert (await client.get(f"/app_users/{uuid.uuid4()}/statement")).status_code == 404
