"""What the models need of the database beyond tables: the trigger that keeps `updated_at`, and the sales view.

`Base.metadata.create_all` makes them through events, so that a database made from the models is the one that the
migrations make. The migrations hold their own copies on purpose: a revision must not change when this file does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, MetaData, Table, event, text

from sample_app.core.base import Base

TOUCH_UPDATED_AT = """
create or replace function touch_updated_at() returns trigger language plpgsql as $$
begin
    new.updated_at = now();
    return new;
end
$$
"""

PRODUCT_SALES = """
create or replace view product_sales as
select
    product.id as product_id,
    product.sku,
    coalesce(sum(order_item.quantity), 0) as units_sold,
    coalesce(sum(order_item.quantity * order_item.unit_price), 0) as revenue
from product
left join (order_item join customer_order
    on customer_order.id = order_item.order_id and customer_order.status in ('paid', 'shipped'))
    on order_item.product_id = product.id
where product.deleted_at is null
group by product.id, product.sku
"""


@event.listens_for(Base.metadata, "before_create")
def create_functions(metadata: MetaData, connection: Connection, **_: Any) -> None:
    """Make what the triggers call."""
    connection.execute(text(TOUCH_UPDATED_AT))


@event.listens_for(Base.metadata, "after_create")
def create_triggers_and_views(
    metadata: MetaData, connection: Connection, tables: Iterable[Table] | None = None, **_: Any
) -> None:
    """Make a trigger on each new table that has `updated_at`, and the view once its tables are there."""
    created = {table.name: table for table in tables or ()}
    for name, table in created.items():
        if "updated_at" in table.c:
            connection.execute(
                text(
                    f"create trigger {name}_touch_updated_at before update on {name} "
                    "for each row execute function touch_updated_at()"
                )
            )
    if "order_item" in created:
        connection.execute(text(PRODUCT_SALES))


@event.listens_for(Base.metadata, "before_drop")
def drop_views(metadata: MetaData, connection: Connection, **_: Any) -> None:
    """The view stands on tables, so it goes before them."""
    connection.execute(text("drop view if exists product_sales"))


@event.listens_for(Base.metadata, "after_drop")
def drop_functions(metadata: MetaData, connection: Connection, **_: Any) -> None:
    """The triggers went with their tables; what they called goes last."""
    connection.execute(text("drop function if exists touch_updated_at()"))
