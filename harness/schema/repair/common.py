"""What objects of many kinds have: a phrase that names them in SQL, comments, owners and privileges."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from harness.schema.model import Identity, Schema, SchemaObject, Value
from harness.schema.repair.names import dotted, ident, literal, names_in, qualified, table_of
from harness.schema.repair.operation import NotAutomaticError, Operation, execute

_ON_TABLE = frozenset(
    {"primary key", "unique constraint", "foreign key", "check constraint", "exclusion constraint", "domain constraint"}
)
TYPES = frozenset({"enum", "domain", "composite type", "range type"})
RELATIONS = frozenset({"table", "foreign table", "view", "materialized view"})

# What a new object of a kind may be used for by others than its owner, and all that an owner may do.
_EVERYBODY = {"function": "execute", "procedure": "execute", "aggregate": "execute", "language": "usage"}
_ALL = {
    "sequence": ("select", "update", "usage"),
    "schema": ("create", "usage"),
    "function": ("execute",),
    "procedure": ("execute",),
    "aggregate": ("execute",),
    "language": ("usage",),
    "foreign data wrapper": ("usage",),
    "server": ("usage",),
}
_ALL_ON_TABLE = ("delete", "insert", "references", "select", "trigger", "truncate", "update")


_COLUMN_GRANT = re.compile(r'("(?:[^"]|"")+"|\S+) to (.*)')


@dataclass(frozen=True)
class Context:
    """The two schemas that a repair is between, and the attributes that are not compared."""

    expected: Schema
    actual: Schema
    ignored: Collection[str] = field(default=frozenset())

    @cached_property
    def usual_owner(self) -> str | None:
        """The role that owns most of the actual database, and so is likely the one that the repair runs as."""
        owners = (item.attributes.get("owner") for item in self.actual.objects.values())
        counts = Counter(str(role) for role in owners if role is not None)
        return counts.most_common(1)[0][0] if counts else None

    @property
    def version(self) -> int:
        """The major version of the server that the repair runs on."""
        return self.actual.server_version

    @property
    def privileges_as_of(self) -> int:
        """The major version whose privileges are compared: the older one's."""
        return min(self.expected.server_version, self.actual.server_version)


def phrase(identity: Identity) -> str:
    """An object as ALTER, COMMENT ON and DROP name it: `table app.customer`, `trigger t on app.customer`."""
    kind, name = identity.kind, identity.name
    if kind in _ON_TABLE:
        of = "domain " if kind == "domain constraint" else ""
        return f"constraint {ident(name)} on {of}{table_of(identity)}"
    if kind == "column":
        return f"column {table_of(identity)}.{ident(name)}"
    if kind in ("trigger", "rule", "policy"):
        return f"{kind} {ident(name)} on {table_of(identity)}"
    if kind in ("enum", "composite type", "range type"):
        return f"type {qualified(identity)}"
    if kind == "operator":
        return f"operator {dotted(identity.schema)}.{name} {identity.signature}"
    if kind in ("operator class", "operator family"):
        return f"{kind} {dotted(identity.schema, name)}{identity.signature}"
    if kind == "cast":
        source, _, target = name.partition(" as ")
        return f"cast ({source} as {target})"
    if kind == "transform":
        source, _, language = name.rpartition(" for ")
        return f"transform for {source} language {ident(language)}"
    return f"{kind} {qualified(identity)}"


def comment(identity: Identity, text: Value) -> Operation:
    """COMMENT ON an object."""
    return execute(f"comment on {phrase(identity)} is {'null' if text is None else literal(str(text))}")


def owner(identity: Identity, role: Value) -> Operation:
    """ALTER … OWNER TO."""
    return execute(f"alter {phrase(identity)} owner to {ident(str(role))}")


def grants(item: SchemaObject, before: Value, after: Value, context: Context) -> list[Operation]:
    """GRANT and REVOKE until the privileges on an object are what they should be.

    Args:
        item: the object, with its expected attributes.
        before, after: the attribute `grants`; None for what a new object of the kind has.
    """
    old, new = (granted(item, value, context.privileges_as_of) for value in (before, after))
    role_of_owner = _owner(item, context)
    operations = []
    for grantee in dict.fromkeys([*old, *new]):
        role = role_of_owner if grantee == "(owner)" else "public" if grantee == "public" else ident(grantee)
        had, wanted = old.get(grantee, {}), new.get(grantee, {})
        taken = [name for name in had if name not in wanted]
        plain = [name for name in had if name in wanted and had[name] and not wanted[name]]
        for names, option in ((taken, ""), (plain, "grant option for ")):
            if names:
                operations.append(execute(f"revoke {option}{_privileges(item.identity, names)} from {role}"))
        for may_grant, ending in ((False, ""), (True, " with grant option")):
            given = [
                name
                for name, may in wanted.items()
                if may == may_grant and (name not in had or (may_grant and not had[name]))
            ]
            if given:
                operations.append(execute(f"grant {_privileges(item.identity, given)} to {role}{ending}"))
    return operations


def column_grants(item: SchemaObject, before: Value, context: Context) -> list[Operation]:
    """The same for the columns of a view, whose privileges are an attribute of the view: `column to grantee: …`."""
    sides: list[dict[str, list[str]]] = [{}, {}]
    for side, value in zip(sides, (before, item.attributes.get("column_grants")), strict=True):
        for line in tuple_of(value):
            match = _COLUMN_GRANT.fullmatch(line)
            if match is not None:  # `none` has no column
                side.setdefault(match[1], []).append(match[2])
    operations = []
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        identity = Identity("column", item.identity.schema, item.identity.name, names_in(name)[0])
        column_item = SchemaObject(identity, {"owner": item.attributes.get("owner")})
        old, new = (tuple(side[name]) if name in side else None for side in sides)
        operations += grants(column_item, old, new, context)
    return operations


def privileges(lines: Value) -> dict[str, dict[str, bool]]:
    """By grantee, each privilege and whether it may be handed on, from the lines that the snapshot has."""
    found: dict[str, dict[str, bool]] = {}
    for line in lines if isinstance(lines, tuple) else ():
        grantee, separator, rest = line.partition(": ")
        if not separator:  # `none`
            continue
        if " by " in rest:
            raise NotAutomaticError("a privilege was granted by another role than the owner, who must grant it again")
        entries = (entry.strip() for entry in rest.split(","))
        found[grantee] = {
            entry.removesuffix(" with grant option"): entry.endswith(" with grant option") for entry in entries
        }
    return found


def granted(item: SchemaObject, value: Value, version: int) -> dict[str, dict[str, bool]]:
    """The privileges of the attribute `grants`; None is what a new object of the kind has."""
    if value is not None:
        return privileges(value)
    kind = item.identity.kind
    if kind == "column":
        return {}
    names = ("usage",) if kind in TYPES else _ALL.get(kind) or all_on_tables(version)
    at_first = {"(owner)": dict.fromkeys(names, False)}
    if item.identity == Identity("schema", "", "", "public"):
        return {**at_first, "public": {"usage": False}}
    everybody = "usage" if kind in TYPES else _EVERYBODY.get(kind)
    if everybody:
        at_first["public"] = {everybody: False}
    return at_first


def all_on_tables(version: int) -> tuple[str, ...]:
    """Every privilege that there is on a table."""
    return (*_ALL_ON_TABLE, "maintain") if version >= 17 else _ALL_ON_TABLE


def _owner(item: SchemaObject, context: Context) -> str:
    identity = item.identity
    found = item.attributes.get("owner")
    if found is None and identity.kind == "column":
        for kind in RELATIONS:
            table = context.actual.objects.get(Identity(kind, identity.schema, "", identity.table))
            found = table.attributes.get("owner") if table is not None else found
    return ident(str(found)) if found is not None else "current_user"


def _privileges(identity: Identity, names: Collection[str]) -> str:
    listed = ", ".join(names)
    if identity.kind == "column":
        columns = ", ".join(f"{name} ({ident(identity.name)})" for name in names)
        return f"{columns} on table {table_of(identity)}"
    if identity.kind in RELATIONS:
        return f"{listed} on table {qualified(identity)}"
    if identity.kind in TYPES:
        return f"{listed} on type {qualified(identity)}"
    if identity.kind == "aggregate":
        return f"{listed} on function {qualified(identity)}"
    if identity.kind == "server":
        return f"{listed} on foreign server {qualified(identity)}"
    return f"{listed} on {phrase(identity)}"


def options(old: Value, new: Value) -> Iterator[tuple[str, str, str]]:
    """How a list of `name=value` changes: (`add`, `set` or `drop`, name, value)."""
    before, after = (dict(_pair(line) for line in value or ()) for value in (old, new))
    for name in before:
        if name not in after:
            yield "drop", name, ""
    for name, value in after.items():
        if name not in before:
            yield "add", name, value
        elif before[name] != value:
            yield "set", name, value


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name, value


def storage_options(subject: str, old: Value, new: Value) -> list[Operation]:
    """ALTER … SET (…) and RESET (…) for `name=value` options of tables, indexes, views and columns."""
    changes = list(options(old, new))
    given = [f"{name} = {_option_value(value)}" for how, name, value in changes if how != "drop"]
    gone = [name for how, name, _ in changes if how == "drop"]
    operations = [execute(f"{subject} set ({', '.join(given)})")] if given else []
    return [*operations, execute(f"{subject} reset ({', '.join(gone)})")] if gone else operations


def with_options(value: Value) -> str:
    """` with (name = value, …)`; empty if there are none."""
    pairs = [_pair(line) for line in value or ()]
    return f" with ({', '.join(f'{name} = {_option_value(part)}' for name, part in pairs)})" if pairs else ""


def _option_value(value: str) -> str:
    return value if value.replace(".", "", 1).isalnum() else literal(value)


def server_options(subject: str, old: Value, new: Value) -> list[Operation]:
    """ALTER … OPTIONS (…) for objects of foreign data."""
    parts = [
        f"{how} {ident(name)}" + ("" if how == "drop" else f" {literal(value)}")
        for how, name, value in options(old, new)
    ]
    return [execute(f"{subject} options ({', '.join(parts)})")] if parts else []


def options_clause(value: Value) -> str:
    """` options (name 'value', …)`; empty if there are none."""
    pairs = [_pair(line) for line in value or ()]
    return f" options ({', '.join(f'{ident(name)} {literal(part)}' for name, part in pairs)})" if pairs else ""


def tuple_of(value: Value) -> tuple[str, ...]:
    """An attribute that is a list; empty if it is not set."""
    return value if isinstance(value, tuple) else () if value is None else (value,)


def schema_argument(schema: str) -> str | None:
    """What `schema=` of an Alembic operation should be: nothing for the schema that people leave out."""
    return None if schema in ("", "public") else schema


def relation(text: str) -> tuple[str, str]:
    """Schema and name of a relation that the server has printed qualified."""
    schema, name = names_in(text)
    return schema, name
