"""For every kind of object: how one is created, altered, renamed and dropped."""

from __future__ import annotations

from collections.abc import Callable, Collection

from harness.schema.model import Identity, SchemaObject
from harness.schema.repair import (
    columns,
    constraints,
    datatypes,
    default_grants,
    indexes,
    others,
    routines,
    servers,
    tables,
    views,
)
from harness.schema.repair.common import (
    TYPES,
    Context,
    column_grants,
    comment,
    grants,
    owner,
    phrase,
    schema_argument,
    tuple_of,
)
from harness.schema.repair.names import call, dotted, ident, python, qualified, table_of
from harness.schema.repair.operation import NotAutomaticError, Operation, execute

Create = Callable[[SchemaObject, Context], list[Operation]]
Alter = Callable[[SchemaObject, SchemaObject, Collection[str], Context], list[Operation]]

# What every kind has, and what is altered on every kind in the same way.
COMMON = ("owner", "comment", "grants", "column_grants")
OWN_COMMENTS = frozenset({"table", "foreign table", "column", *constraints.KINDS, "index"})
OWN_GRANTS = frozenset({"column", "default privileges"})

_CREATE: dict[str, Create] = {
    "schema": others.create_schema,
    "extension": others.create_extension,
    "column": columns.create,
    **dict.fromkeys(constraints.KINDS, constraints.create),
    "index": indexes.create,
    "enum": datatypes.create_enum,
    "domain": datatypes.create_domain,
    "domain constraint": datatypes.create_domain_constraint,
    "composite type": datatypes.create_composite,
    "range type": datatypes.create_range,
    "sequence": datatypes.create_sequence,
    "function": routines.create,
    "procedure": routines.create,
    "aggregate": routines.create_aggregate,
    "trigger": routines.create_trigger,
    "event trigger": routines.create_event_trigger,
    "view": views.create_view,
    "materialized view": views.create_materialized,
    "rule": views.create_rule,
    "policy": views.create_policy,
    "statistics": views.create_statistics,
    "foreign data wrapper": servers.create_wrapper,
    "server": servers.create_server,
    "user mapping": servers.create_mapping,
    "publication": servers.create_publication,
    "subscription": servers.create_subscription,
    "setting": lambda item, context: [servers.setting(item)],
    "default privileges": lambda item, context: servers.default_privileges(
        item, None, tuple_of(item.attributes.get("grants")), context.privileges_as_of
    ),
    "cast": others.create_cast,
    "operator": others.create_operator,
    "operator class": others.create_operator_class,
    "operator family": others.create_operator_family,
    "collation": others.create_collation,
    "conversion": others.create_conversion,
    "text search configuration": others.create_configuration,
    "text search dictionary": others.create_dictionary,
    "text search template": others.create_template,
    "text search parser": others.create_template,
    "access method": others.create_access_method,
    "language": others.create_language,
    "transform": others.create_transform,
}

_ALTER: dict[str, tuple[frozenset[str], Alter]] = {
    "table": (tables.ALTERABLE, tables.alter),
    "foreign table": (tables.ALTERABLE, tables.alter),
    "column": (columns.ALTERABLE, columns.alter),
    **dict.fromkeys(constraints.KINDS, (constraints.ALTERABLE, constraints.alter)),
    "index": (indexes.ALTERABLE, indexes.alter),
    "domain": (datatypes.DOMAIN_ALTERABLE - {"type", "collation"}, datatypes.alter_domain),
    "domain constraint": (datatypes.DOMAIN_CONSTRAINT_ALTERABLE, datatypes.alter_domain_constraint),
    "composite type": (datatypes.COMPOSITE_ALTERABLE, datatypes.alter_composite),
    "sequence": (datatypes.SEQUENCE_ALTERABLE, datatypes.alter_sequence),
    "function": (routines.ALTERABLE["function"], routines.alter),
    "procedure": (routines.ALTERABLE["procedure"], routines.alter),
    "trigger": (routines.ALTERABLE["trigger"], routines.alter_trigger),
    "event trigger": (routines.ALTERABLE["event trigger"], routines.alter_event_trigger),
    "view": (views.VIEW_ALTERABLE | {"definition", "columns"}, views.alter_view),
    "materialized view": (views.MATERIALIZED_ALTERABLE, views.alter_materialized),
    "rule": (views.RULE_ALTERABLE, views.alter_rule),
    "policy": (views.POLICY_ALTERABLE, views.alter_policy),
    "statistics": (views.STATISTICS_ALTERABLE, views.alter_statistics),
    **{
        kind: (servers.ALTERABLE[kind], servers.alter_foreign)
        for kind in ("foreign data wrapper", "server", "user mapping")
    },
    "publication": (servers.ALTERABLE["publication"], servers.alter_publication),
    "subscription": (servers.ALTERABLE["subscription"], servers.alter_subscription),
    "setting": (servers.ALTERABLE["setting"], lambda new, old, names, context: [servers.setting(new)]),
    "extension": (others.ALTERABLE["extension"], others.alter_extension),
    "operator": (others.ALTERABLE["operator"], others.alter_operator),
    "operator family": (others.ALTERABLE["operator family"], others.alter_operator_family),
    "text search configuration": (others.ALTERABLE["text search configuration"], others.alter_configuration),
    "text search dictionary": (others.ALTERABLE["text search dictionary"], others.alter_dictionary),
}


def is_alterable(new: SchemaObject, old: SchemaObject, names: Collection[str]) -> bool:
    """Whether an object can be altered in these attributes; else it has to be made anew."""
    kind = new.identity.kind
    if kind != old.identity.kind or new.identity.signature != old.identity.signature:
        return False
    special = set(names) - set(COMMON)
    if not special <= _ALTER.get(kind, (frozenset(), None))[0]:
        return False
    if kind == "view" and {"definition", "columns"} & special:
        return views.is_replaceable(new, old)
    if kind == "domain constraint" and "validated" in special:
        return "validated" not in new.attributes
    return constraints.is_alterable(new, special) if kind in constraints.KINDS else True


def create(item: SchemaObject, context: Context, own: Collection[SchemaObject] = ()) -> list[Operation]:
    """The operations that make an object that is not there, with its comment, owner and privileges.

    Args:
        item: the object.
        own: of a table, the columns that it does not inherit.

    Raises:
        NotAutomaticError: nobody can tell from a snapshot how.
    """
    identity = item.identity
    if identity.kind in ("table", "foreign table"):
        operations = tables.create(item, list(own), context)
    elif identity.kind in _CREATE:
        operations = _CREATE[identity.kind](item, context)
    else:
        raise NotAutomaticError(f"a {identity.kind} cannot be made from what is read of it")
    common = [name for name in ("owner", "comment") if name in item.attributes]
    if "owner" in common and item.attributes["owner"] == context.usual_owner:
        common.remove("owner")
    settled = [] if identity.kind in OWN_GRANTS else default_grants.settle(item, context)
    if own and "owner" not in common:
        # What is revoked from somebody on a table is revoked on its columns, too: before these are granted.
        operations[1:1] = settled
        settled = []
    operations += _common(item, SchemaObject(identity, {}), common, context) + settled
    return operations + (column_grants(item, None, context) if "column_grants" in item.attributes else [])


def alter(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """The operations that make an object what it should be, where `is_alterable` says so.

    Raises:
        NotAutomaticError: PostgreSQL has no way.
    """
    kind = new.identity.kind
    if kind == "default privileges":
        before, after = (tuple_of(item.attributes.get("grants")) for item in (old, new))
        return servers.default_privileges(new, before, after, context.privileges_as_of)
    operations = _ALTER[kind][1](new, old, names, context) if kind in _ALTER else []
    return operations + _common(new, old, names, context)


def _common(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    identity, attributes = new.identity, new.attributes
    operations: list[Operation] = []
    if "owner" in names and "owner" in attributes:
        operations.append(owner(identity, attributes["owner"]))
    if "comment" in names and identity.kind not in OWN_COMMENTS:
        operations.append(comment(identity, attributes.get("comment")))
    if "grants" in names and identity.kind not in OWN_GRANTS:
        operations += grants(new, old.attributes.get("grants"), attributes.get("grants"), context)
    if "column_grants" in names:
        operations += column_grants(new, old.attributes.get("column_grants"), context)
    return operations


def drop(item: SchemaObject, context: Context) -> list[Operation]:
    """The operations that drop an object which nothing else stands on any more."""
    identity, kind = item.identity, item.identity.kind
    schema = schema_argument(identity.schema)
    if kind == "table":
        sql, code = f"drop table {qualified(identity)}", call("op.drop_table", python(identity.name), schema=schema)
        return [Operation(sql, code, f"Drops the rows of {qualified(identity)}.")]
    if kind == "column":
        sql = f"alter table {table_of(identity)} drop column {ident(identity.name)}"
        code = call("op.drop_column", python(identity.table), python(identity.name), schema=schema)
        return [Operation(sql, code, f"Drops the values of {table_of(identity)}.{ident(identity.name)}.")]
    if kind in constraints.KINDS:
        return [constraints.drop(identity)]
    if kind == "domain constraint":
        return [datatypes.drop_domain_constraint(identity)]
    if kind == "index":
        return [indexes.drop(identity)]
    if kind == "user mapping":
        return [servers.drop_mapping(identity)]
    if kind == "subscription":
        return servers.drop_subscription(item)
    if kind == "setting":
        return [servers.setting(item, unset=True)]
    if kind == "default privileges":
        return servers.default_privileges(item, tuple_of(item.attributes.get("grants")), None, context.privileges_as_of)
    if kind == "schema":
        return [_drop_schema(identity.name, context)]
    return [execute(f"drop {phrase(identity)}")]


def _drop_schema(name: str, context: Context) -> Operation:
    sql = f"drop schema {ident(name)}"
    if not any(
        identity.schema == name or item.attributes.get("installed_in") == name
        for identity, item in context.actual.objects.items()
    ):
        return execute(sql)
    return execute(f"{sql} cascade", f"Drops everything in the schema {ident(name)}, the rows of its tables too.")


def rename(new: Identity, old: Identity) -> list[Operation]:
    """The operations that give an object its expected name and schema."""
    operations: list[Operation] = []
    if new.schema != old.schema:
        operations.append(execute(f"alter {_movable(old)} set schema {ident(new.schema)}"))
        old = old._replace(schema=new.schema)
    if new.name == old.name:
        return operations
    to, schema = ident(new.name), schema_argument(new.schema)
    kind = new.kind
    if kind == "table":
        code = call("op.rename_table", python(old.name), python(new.name), schema=schema)
        return [*operations, Operation(f"alter table {qualified(old)} rename to {to}", code)]
    if kind == "column":
        code = call("op.alter_column", python(new.table), python(old.name), new_column_name=new.name, schema=schema)
        return [*operations, Operation(f"alter table {table_of(new)} rename column {ident(old.name)} to {to}", code)]
    if kind in (*constraints.KINDS, "domain constraint"):
        what = "domain" if kind == "domain constraint" else "table"
        sql = f"alter {what} {table_of(new)} rename constraint {ident(old.name)} to {to}"
    elif kind in ("trigger", "rule", "policy"):
        sql = f"alter {kind} {ident(old.name)} on {table_of(new)} rename to {to}"
    elif kind == "index":
        sql = f"alter index {dotted(old.schema, old.name)} rename to {to}"
    else:
        sql = f"alter {_movable(old)} rename to {to}"
    return [*operations, execute(sql)]


def _movable(identity: Identity) -> str:
    if identity.kind in TYPES and identity.kind != "domain":
        return f"type {qualified(identity)}"
    return phrase(identity)
