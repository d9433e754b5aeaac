"""Identity columns, and the sequences behind them, whose names only the server knows."""

from __future__ import annotations

from harness.schema.model import Identity, SchemaObject, Value
from harness.schema.repair import default_grants
from harness.schema.repair.column_words import alter_column, drop_default, get, subject
from harness.schema.repair.common import Context, grants
from harness.schema.repair.names import Source, call, literal, table_of
from harness.schema.repair.operation import Operation, execute

_BOUNDS = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}


def clause(item: SchemaObject) -> str:
    """GENERATED … AS IDENTITY with the options that the server would not take by itself."""
    said = " ".join([*(f"{name} {value}" for name, value in _unusual(item).items()), *_cycle(item)])
    return f"generated {item.attributes['identity']} as identity" + (f" ({said})" if said else "")


def source_of(item: SchemaObject) -> str:
    """`sa.Identity(…)` with the options that the server would not take by itself."""
    said = {name: int(value) for name, value in _unusual(item).items()}
    always = get(item, "identity") == "always"
    return call("sa.Identity", always=always, **said, cycle=True if _cycle(item) else None)


def change(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    kind = get(new, "identity")
    if kind is None:
        return []  # it is gone by now: `drop_identity`
    if "identity" in old.attributes:
        operations = [execute(f"{subject(new)} set generated {kind}")]
        if get(old, "identity_options") != get(new, "identity_options"):
            operations += change_options(new, old, context)
        return operations
    sql = f"add {clause(new)}"
    adding = alter_column(new, sql, server_default=Source(source_of(new)))
    return [drop_default(new), adding] if "default" in old.attributes else [adding]


def change_options(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    found = _options(new)
    parts = [f"set {name} {value}" for name, value in found.items()]
    parts.append("set cycle" if _cycle(new) else "set no cycle")
    return [execute(f"{subject(new)} {' '.join(parts)}")]


def change_comment(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    text = get(new, "identity_comment")
    return [_on_sequence(new, f"comment on sequence <sequence> is {literal(str(text)) if text else 'null'}")]


def change_grants(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    return _granting(new, get(old, "identity_grants"), context)


def settle_grants(item: SchemaObject, context: Context) -> list[Operation]:
    """The same for a new column, on whose sequence default privileges had their say."""
    sequence = SchemaObject(Identity("sequence", item.identity.schema, "", "<sequence>"), {})
    return _granting(item, default_grants.at_once(sequence, context), context)


def _granting(item: SchemaObject, before: Value, context: Context) -> list[Operation]:
    stand_in = SchemaObject(Identity("sequence", "", "", "<sequence>"), {"owner": Source("current_user")})
    found = grants(stand_in, before, get(item, "identity_grants"), context)
    return [_on_sequence(item, operation.sql.replace('"<sequence>"', "<sequence>")) for operation in found]


def drop_identity(item: SchemaObject) -> Operation:
    """ALTER COLUMN … DROP IDENTITY, before the name of its sequence is wanted for another."""
    return alter_column(item, "drop identity", server_default=None, existing_server_default=Source("sa.Identity()"))


def _cycle(item: SchemaObject) -> list[str]:
    return ["cycle"] if str(get(item, "identity_options")).endswith(" cycle") else []


def _options(item: SchemaObject) -> dict[str, str]:
    words = str(get(item, "identity_options") or "").removesuffix(" cycle").split()
    return dict(zip(words[1::2], words[2::2], strict=True))


def _unusual(item: SchemaObject) -> dict[str, str]:
    found = _options(item)
    largest = _BOUNDS.get(str(item.attributes["type"]), 2**63) - 1
    plain = {"start": "1", "increment": "1", "minvalue": "1", "maxvalue": str(largest), "cache": "1"}
    if found.get("increment", "1").startswith("-"):
        plain = {"increment": "1"}
    return {name: value for name, value in found.items() if value != plain.get(name)}


def _on_sequence(item: SchemaObject, statement: str) -> Operation:
    """A statement with %s for the sequence of an identity column, whose name only the server knows."""
    table, column = literal(table_of(item.identity)), literal(item.identity.name)
    sequence = f"pg_catalog.pg_get_serial_sequence({table}, {column})"
    quoted = literal(statement)
    return execute(f"do $do$ begin execute pg_catalog.replace({quoted}, '<sequence>', {sequence}); end $do$")
