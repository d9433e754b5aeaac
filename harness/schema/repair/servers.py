"""Foreign data, publications, subscriptions, settings and default privileges."""

from __future__ import annotations

from collections.abc import Collection

from harness.schema.model import Identity, SchemaObject, Value
from harness.schema.repair.common import Context, all_on_tables, options_clause, privileges, server_options, tuple_of
from harness.schema.repair.names import assignment, ident, idents, literal
from harness.schema.repair.operation import NotAutomaticError, Operation, execute

ALTERABLE = {
    "foreign data wrapper": frozenset({"server_options", "handler", "validator"}),
    "server": frozenset({"server_options", "server_version"}),
    "user mapping": frozenset({"server_options"}),
    "publication": frozenset({"publish", "via_root", "tables", "schemas", "generated_columns"}),
    "subscription": frozenset({"slot", "publications", "enabled", "synchronous_commit"}),
    "setting": frozenset({"value"}),
    "default privileges": frozenset({"grants"}),
}


def create_wrapper(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE FOREIGN DATA WRAPPER."""
    attributes = item.attributes
    sql = f"create foreign data wrapper {ident(item.identity.name)}"
    sql += "".join(f" {word} {attributes[word]}" for word in ("handler", "validator") if word in attributes)
    return [execute(sql + options_clause(attributes.get("server_options")))]


def create_server(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE SERVER."""
    attributes = item.attributes
    sql = f"create server {ident(item.identity.name)}"
    for name, word in (("server_type", "type"), ("server_version", "version")):
        sql += f" {word} {literal(str(attributes[name]))}" if name in attributes else ""
    sql += f" foreign data wrapper {ident(str(attributes['wrapper']))}"
    return [execute(sql + options_clause(attributes.get("server_options")))]


def alter_foreign(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """ALTER FOREIGN DATA WRAPPER, SERVER and USER MAPPING."""
    subject = f"alter {_foreign(new.identity)}"
    operations = []
    if "server_version" in names:
        operations.append(execute(f"{subject} version {_text(new.attributes.get('server_version'))}"))
    for word in ("handler", "validator"):
        if word in names:
            function = new.attributes.get(word)
            operations.append(execute(f"{subject} {f'{word} {function}' if function else f'no {word}'}"))
    if "server_options" in names:
        operations += server_options(
            subject, old.attributes.get("server_options"), new.attributes.get("server_options")
        )
    return operations


def _text(value: Value) -> str:
    return "null" if value is None else literal(str(value))


def create_mapping(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE USER MAPPING."""
    lines = tuple_of(item.attributes.get("server_options"))
    if any("=" not in line for line in lines):
        raise NotAutomaticError("a user mapping has a password, which is not read")
    return [execute(f"create {_foreign(item.identity)}{options_clause(lines)}")]


def drop_mapping(identity: Identity) -> Operation:
    """DROP USER MAPPING."""
    return execute(f"drop {_foreign(identity)}")


def _foreign(identity: Identity) -> str:
    if identity.kind != "user mapping":
        return f"{identity.kind} {ident(identity.name)}"
    role, _, server = identity.name.partition(" on ")
    return f"user mapping for {'public' if role == 'public' else ident(role)} server {ident(server)}"


def create_publication(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE PUBLICATION."""
    target = " for all tables" if "all_tables" in item.attributes else _published(item, " for")
    return [execute(f"create publication {ident(item.identity.name)}{target} with ({_publication_options(item)})")]


def alter_publication(
    new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context
) -> list[Operation]:
    """ALTER PUBLICATION."""
    subject, operations = f"alter publication {ident(new.identity.name)}", []
    if {"publish", "via_root", "generated_columns"} & set(names):
        operations.append(execute(f"{subject} set ({_publication_options(new)})"))
    if {"tables", "schemas"} & set(names):
        wanted = _published(new, "")
        if wanted:
            operations.append(execute(f"{subject} set{wanted}"))
        else:
            operations.append(execute(f"{subject} drop{_published(old, '', bare=True)}"))
    return operations


def _published(item: SchemaObject, before: str, *, bare: bool = False) -> str:
    tables = [_published_table(line, bare=bare) for line in tuple_of(item.attributes.get("tables"))]
    schemas = tuple_of(item.attributes.get("schemas"))
    parts = [f" table {', '.join(tables)}"] if tables else []
    parts += [f" tables in schema {idents(schemas)}"] if schemas else []
    return f"{before}{','.join(parts)}" if parts else ""


def _published_table(line: str, *, bare: bool) -> str:
    table, where, condition = line.partition(" where ")
    if bare:
        return table.partition(" (")[0]
    return f"{table} where ({condition})" if where else table


def _publication_options(item: SchemaObject) -> str:
    attributes = item.attributes
    parts = [f"publish = {literal(', '.join(tuple_of(attributes.get('publish'))))}"]
    parts.append(f"publish_via_partition_root = {'true' if 'via_root' in attributes else 'false'}")
    if "generated_columns" in attributes:
        parts.append("publish_generated_columns = stored")
    return ", ".join(parts)


def create_subscription(item: SchemaObject, context: Context) -> list[Operation]:
    """Never: the connection string is not read."""
    raise NotAutomaticError("a subscription's connection string, which may hold a password, is not read")


def alter_subscription(
    new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context
) -> list[Operation]:
    """ALTER SUBSCRIPTION."""
    subject, attributes, operations = f"alter subscription {ident(new.identity.name)}", new.attributes, []
    if "publications" in names:
        listed = idents(tuple_of(attributes.get("publications")))
        operations.append(execute(f"{subject} set publication {listed} with (refresh = false)"))
    if "synchronous_commit" in names:
        value = literal(str(attributes["synchronous_commit"]))
        operations.append(execute(f"{subject} set (synchronous_commit = {value})"))
    if "slot" in names:
        operations.append(execute(f"{subject} set (slot_name = {attributes.get('slot') or 'none'})"))
    if "enabled" in names:
        operations.append(execute(f"{subject} {'enable' if 'enabled' in attributes else 'disable'}"))
    return operations


def drop_subscription(item: SchemaObject) -> list[Operation]:
    """DROP SUBSCRIPTION, without a word to the publisher."""
    name = ident(item.identity.name)
    before = [execute(f"alter subscription {name} disable")] if "enabled" in item.attributes else []
    if "slot" in item.attributes:
        caution = "The replication slot stays on the publisher: drop it there."
        before.append(execute(f"alter subscription {name} set (slot_name = none)", caution))
    return [*before, execute(f"drop subscription {name}")]


def setting(item: SchemaObject, *, unset: bool = False) -> Operation:
    """ALTER DATABASE or ROLE IN DATABASE … SET, of the database that the session is in."""
    of, separator, name = item.identity.name.rpartition(": ")
    subject = f"alter role {ident(of.removeprefix('of '))} in database %I" if separator else "alter database %I"
    said = assignment(f"{name}={item.attributes['value']}")
    what = f"reset {name}" if unset else f"set {said}"
    text = literal(f"{subject} {what.replace('%', '%%')}")
    sql = f"do $do$ begin execute pg_catalog.format({text}, pg_catalog.current_database()); end $do$"
    return execute(sql)


def default_privileges(
    item: SchemaObject, before: tuple[str, ...] | None, after: tuple[str, ...] | None, version: int
) -> list[Operation]:
    """ALTER DEFAULT PRIVILEGES, from one list of privileges to another; None for what there is without an entry."""
    identity = item.identity
    what, _, role = identity.name.partition(" of ")
    usual = usual_defaults(what, role, version) if not identity.schema else {}
    old, new = (usual if lines is None else privileges(lines) for lines in (before, after))
    subject = f"alter default privileges for role {ident(role)}"
    subject += f" in schema {ident(identity.schema)}" if identity.schema else ""
    operations = []
    for grantee in dict.fromkeys([*old, *new]):
        to = "public" if grantee == "public" else ident(grantee)
        had, wanted = old.get(grantee, {}), new.get(grantee, {})
        taken = [name for name in had if wanted.get(name) != had[name]]
        given = [name for name in wanted if wanted[name] != had.get(name)]
        if taken:
            operations.append(execute(f"{subject} revoke {', '.join(taken)} on {what} from {to}"))
        for option in (False, True):
            names = ", ".join(name for name in given if wanted[name] == option)
            ending = " with grant option" if option else ""
            operations += [execute(f"{subject} grant {names} on {what} to {to}{ending}")] if names else []
    return operations


def usual_defaults(what: str, role: str, version: int) -> dict[str, dict[str, bool]]:
    """What a role gives on what it makes, as long as it has said nothing else: by grantee, with no grant option."""
    names = {
        "tables": all_on_tables(version),
        "sequences": ("select", "update", "usage"),
        "functions": ("execute",),
        "types": ("usage",),
        "schemas": ("create", "usage"),
        "large objects": ("select", "update"),
    }[what]
    public = {"public": dict.fromkeys(names, False)} if what in ("functions", "types") else {}
    return {role: dict.fromkeys(names, False), **public}
