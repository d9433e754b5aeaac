"""Views, and what else hangs on tables: rules, policies, extended statistics."""

from __future__ import annotations

from collections.abc import Collection

from harness.schema.model import SchemaObject, Value
from harness.schema.repair.common import Context, storage_options, tuple_of, with_options
from harness.schema.repair.names import ident, literal, qualified, table_of
from harness.schema.repair.operation import Operation, execute

VIEW_ALTERABLE = frozenset({"options", "column_comments", "column_defaults"})
MATERIALIZED_ALTERABLE = frozenset(
    {"options", "column_comments", "column_statistics", "column_storage", "populated", "access_method", "tablespace"}
)
RULE_ALTERABLE = frozenset({"definition", "enabled"})
POLICY_ALTERABLE = frozenset({"roles", "using", "with_check"})
STATISTICS_ALTERABLE = frozenset({"statistics"})
_STORAGE = {"p": "plain", "e": "external", "m": "main", "x": "extended"}


def is_replaceable(new: SchemaObject, old: SchemaObject) -> bool:
    """Whether CREATE OR REPLACE VIEW will do: the columns stay, or more come after them."""
    wanted, had = (tuple_of(item.attributes.get("columns")) for item in (new, old))
    return wanted[: len(had)] == had


def create_view(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE VIEW, and what its columns are given."""
    return [execute(_view(item, "create")), *_columns(item, None)]


def alter_view(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """CREATE OR REPLACE VIEW, and ALTER VIEW for the rest."""
    operations = []
    if "definition" in names or "columns" in names:
        operations.append(execute(_view(new, "create or replace")))
    elif "options" in names:
        subject = f"alter view {qualified(new.identity)}"
        operations += storage_options(subject, old.attributes.get("options"), new.attributes.get("options"))
    return operations + _columns(new, old)


def _view(item: SchemaObject, start: str) -> str:
    definition = str(item.attributes["definition"]).rstrip().removesuffix(";")
    return f"{start} view {qualified(item.identity)}{with_options(item.attributes.get('options'))} as\n{definition}"


def create_materialized(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE MATERIALIZED VIEW, and what its columns are given."""
    attributes = item.attributes
    definition = str(attributes["definition"]).rstrip().removesuffix(";")
    method = attributes.get("access_method", "heap")
    sql = f"create materialized view {qualified(item.identity)}"
    sql += f" using {ident(str(method))}" if method != "heap" else ""
    sql += with_options(attributes.get("options"))
    sql += f" tablespace {ident(str(attributes['tablespace']))}" if "tablespace" in attributes else ""
    ending = "with no data" if "populated" in attributes else "with data"
    return [execute(f"{sql} as\n{definition}\n{ending}"), *_columns(item, None)]


def alter_materialized(
    new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context
) -> list[Operation]:
    """ALTER and REFRESH MATERIALIZED VIEW."""
    name, operations = qualified(new.identity), []
    subject = f"alter materialized view {name}"
    if "options" in names:
        operations += storage_options(subject, old.attributes.get("options"), new.attributes.get("options"))
    if "access_method" in names:
        operations.append(execute(f"{subject} set access method {ident(str(new.attributes['access_method']))}"))
    if "tablespace" in names:
        place = ident(str(new.attributes.get("tablespace", "pg_default")))
        operations.append(execute(f"{subject} set tablespace {place}"))
    if "populated" in names:
        ending = " with no data" if "populated" in new.attributes else ""
        operations.append(execute(f"refresh materialized view {name}{ending}"))
    return operations + _columns(new, old)


def _columns(new: SchemaObject, old: SchemaObject | None) -> list[Operation]:
    """What the columns of a view have: the attributes `column_…`, each a list of `name: value`."""
    name = qualified(new.identity)
    operations = []
    for attribute in ("column_comments", "column_defaults", "column_statistics", "column_storage"):
        wanted = _pairs(new.attributes.get(attribute))
        had = _pairs(old.attributes.get(attribute)) if old is not None else {}
        for column in dict.fromkeys([*had, *wanted]):
            if wanted.get(column) != had.get(column):
                operations.append(execute(_column(new.identity.kind, name, attribute, column, wanted.get(column))))
    return operations


def _column(kind: str, name: str, attribute: str, column: str, value: str | None) -> str:
    if attribute == "column_comments":
        return f"comment on column {name}.{column} is {'null' if value is None else literal(value)}"
    subject = f"alter {kind} {name} alter column {column}"
    if attribute == "column_defaults":
        return f"{subject} {'drop default' if value is None else f'set default {value}'}"
    if attribute == "column_statistics":
        return f"{subject} set statistics {'-1' if value is None else value}"
    return f"{subject} set storage {'default' if value is None else _STORAGE[value]}"


def _pairs(value: Value) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in tuple_of(value))


def create_rule(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE RULE, and its state if it is not the usual one."""
    definition = str(item.attributes["definition"]).rstrip().removesuffix(";")
    state = [] if item.attributes["enabled"] == "origin" else [_rule_state(item)]
    return [execute(f"create or replace rule {ident(item.identity.name)} as\n{definition}"), *state]


def alter_rule(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """CREATE OR REPLACE RULE, ENABLE and DISABLE."""
    if "definition" in names:
        return create_rule(new, context)
    return [_rule_state(new)] if "enabled" in names else []


def _rule_state(item: SchemaObject) -> Operation:
    words = {"origin": "enable", "disabled": "disable", "replica": "enable replica", "always": "enable always"}
    how = words[str(item.attributes["enabled"])]
    return execute(f"alter table {table_of(item.identity)} {how} rule {ident(item.identity.name)}")


def create_policy(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE POLICY."""
    identity, attributes = item.identity, item.attributes
    sql = f"create policy {ident(identity.name)} on {table_of(identity)}"
    sql += f" as {attributes['mode']} for {attributes['command']} to {_roles(item)}"
    return [execute(sql + _conditions(item))]


def alter_policy(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """ALTER POLICY."""
    if not POLICY_ALTERABLE & set(names):
        return []
    subject = f"alter policy {ident(new.identity.name)} on {table_of(new.identity)}"
    return [execute(f"{subject} to {_roles(new)}{_conditions(new)}")]


def _roles(item: SchemaObject) -> str:
    roles = tuple_of(item.attributes.get("roles"))
    return ", ".join("public" if role == "public" else ident(role) for role in roles)


def _conditions(item: SchemaObject) -> str:
    words = {"using": "using", "with_check": "with check"}
    return "".join(f" {word} ({item.attributes[name]})" for name, word in words.items() if name in item.attributes)


def create_statistics(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE STATISTICS."""
    attributes = item.attributes
    expressions = tuple_of(attributes.get("expressions"))
    parts = [*tuple_of(attributes.get("columns")), *(f"({text})" for text in expressions)]
    kinds = [kind for kind in tuple_of(attributes.get("kinds")) if kind != "expressions"]
    named = f" ({', '.join(kinds)})" if kinds else ""
    sql = f"create statistics {qualified(item.identity)}{named} on {', '.join(parts)} from {attributes['on_table']}"
    return [
        execute(sql),
        *alter_statistics(item, item, [name for name in ("statistics",) if name in attributes], context),
    ]


def alter_statistics(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """ALTER STATISTICS … SET STATISTICS."""
    if "statistics" not in names:
        return []
    value = new.attributes.get("statistics", "-1")
    return [execute(f"alter statistics {qualified(new.identity)} set statistics {value}")]
