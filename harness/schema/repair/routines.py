"""Functions, procedures and aggregates, and what calls them: triggers and event triggers."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from harness.schema.model import SchemaObject, Value
from harness.schema.repair.common import Context, tuple_of
from harness.schema.repair.names import assignment, dollar_quoted, dotted, ident, idents, literal, table_of
from harness.schema.repair.operation import Operation, execute

_REPLACEABLE = frozenset(
    {"language", "body", "library", "volatility", "strict", "security", "leakproof", "parallel", "cost", "rows"}
    | {"support", "configuration", "transforms"}
)
ALTERABLE = {
    "function": _REPLACEABLE,
    "procedure": _REPLACEABLE,
    "aggregate": frozenset[str](),
    "trigger": frozenset({"enabled"}),
    "event trigger": frozenset({"enabled"}),
}
_ESCAPED = re.compile(rb"\\(\\|[0-7]{3})")
_ENABLED = {"origin": "enable", "disabled": "disable", "replica": "enable replica", "always": "enable always"}


def create(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE FUNCTION or PROCEDURE."""
    return [execute(_routine(item, "create"))]


def alter(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """CREATE OR REPLACE, which keeps owner and privileges."""
    return [execute(_routine(new, "create or replace"))] if _REPLACEABLE & set(names) else []


def _routine(item: SchemaObject, start: str) -> str:
    identity, attributes = item.identity, item.attributes
    name = dotted(identity.schema, identity.name)
    parts = [f"{start} {identity.kind} {name}({attributes.get('arguments', '')})"]
    if "returns" in attributes:
        parts.append(f"returns {attributes['returns']}")
    parts.append(f"language {ident(str(attributes['language']))}")
    parts += [f"transform {idents_of_types(attributes.get('transforms'))}"] if attributes.get("transforms") else []
    if identity.kind == "function":
        parts += _qualities(attributes)
    if attributes.get("security") == "definer":
        parts.append("security definer")
    parts += [f"set {assignment(setting)}" for setting in tuple_of(attributes.get("configuration"))]
    return " ".join(parts) + "\n" + _body(attributes)


def _qualities(attributes: Mapping[str, Value]) -> list[str]:
    get = attributes.get
    parts = ["window"] if get("window") else []
    if get("volatility") != "volatile":
        parts.append(str(get("volatility")))
    parts += ["strict"] if get("strict") else []
    parts += ["leakproof"] if get("leakproof") else []
    if get("parallel") != "unsafe":
        parts.append(f"parallel {get('parallel')}")
    usual = "1" if get("language") in ("c", "internal") else "100"
    if get("cost") != usual:
        parts.append(f"cost {get('cost')}")
    if get("rows") not in (None, "1000"):
        parts.append(f"rows {get('rows')}")
    return [*parts, f"support {get('support')}"] if get("support") else parts


def idents_of_types(value: Value) -> str:
    """The clause TRANSFORM FOR TYPE."""
    return ", ".join(f"for type {name}" for name in tuple_of(value))


def _body(attributes: Mapping[str, Value]) -> str:
    body = str(attributes.get("body") or "")
    if "library" in attributes:
        return f"as {literal(str(attributes.get('library')))}, {literal(body)}"
    if attributes.get("language") == "sql" and body.startswith(("BEGIN ATOMIC", "RETURN ")):
        return body
    return f"as {dollar_quoted(body)}"


def create_aggregate(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE AGGREGATE."""
    identity, attributes = item.identity, item.attributes
    parts = [f"{word} = {attributes[name]}" for name, word in _AGGREGATE.items() if attributes.get(name)]
    for name, word in (("initial", "initcond"), ("moving_initial", "minitcond")):
        if name in attributes:
            parts.append(f"{word} = {literal(str(attributes[name]))}")
    parts += ["finalfunc_extra"] if "final_extra" in attributes else []
    if "final" in attributes:
        words = {"r": "read_only", "s": "shareable", "w": "read_write"}
        parts.append(f"finalfunc_modify = {words[str(attributes['final_modify'])]}")
    if attributes.get("parallel") != "unsafe":
        parts.append(f"parallel = {attributes['parallel']}")
    parts += ["hypothetical"] if attributes.get("aggregate_kind") == "hypothetical set" else []
    arguments = attributes.get("arguments") or "*"
    return [execute(f"create aggregate {dotted(identity.schema, identity.name)}({arguments}) ({', '.join(parts)})")]


_AGGREGATE = {
    "transition": "sfunc",
    "transition_type": "stype",
    "transition_space": "sspace",
    "final": "finalfunc",
    "combine": "combinefunc",
    "serialize": "serialfunc",
    "deserialize": "deserialfunc",
    "moving_transition": "msfunc",
    "moving_inverse": "minvfunc",
    "moving_type": "mstype",
    "moving_final": "mfinalfunc",
}


def create_trigger(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE TRIGGER, and its state if it is not the usual one."""
    identity, attributes = item.identity, item.attributes
    constraint = "constraint " if "constraint" in attributes else ""
    columns = tuple_of(attributes.get("columns"))
    events = [
        f"update of {idents(columns)}" if event == "update" and columns else event
        for event in tuple_of(attributes.get("events"))
    ]
    parts = [f"create {constraint}trigger {ident(identity.name)}", str(attributes["timing"]), " or ".join(events)]
    parts.append(f"on {table_of(identity)}")
    if "constraint_table" in attributes:
        parts.append(f"from {attributes['constraint_table']}")
    if "deferrable" in attributes:
        parts.append(str(attributes["deferrable"]))
    tables = [
        f"{word} table as {ident(str(attributes[f'{word}_table']))}"
        for word in ("old", "new")
        if f"{word}_table" in attributes
    ]
    parts += [f"referencing {' '.join(tables)}"] if tables else []
    parts.append(f"for each {attributes['level']}")
    if "condition" in attributes:
        parts.append(f"when ({attributes['condition']})")
    parts.append(f"execute function {attributes['function']}({_arguments(attributes.get('arguments'))})")
    state = [] if attributes["enabled"] == "origin" else alter_trigger(item, item, ["enabled"], context)
    return [execute(" ".join(parts)), *state]


def _arguments(value: Value) -> str:
    """The arguments of a trigger, from the bytes that the catalog keeps, each ended by a zero byte."""
    if value is None:
        return ""
    raw = _ESCAPED.sub(lambda match: _byte(match[1]), str(value).encode())
    return ", ".join(literal(part.decode("utf-8", "replace")) for part in raw.split(b"\0")[:-1])


def _byte(text: bytes) -> bytes:
    return text if text == b"\\" else bytes([int(text, 8)])


def alter_trigger(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """ENABLE and DISABLE."""
    if "enabled" not in names:
        return []
    how = _ENABLED[str(new.attributes["enabled"])]
    return [execute(f"alter table {table_of(new.identity)} {how} trigger {ident(new.identity.name)}")]


def create_event_trigger(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE EVENT TRIGGER, and its state if it is not the usual one."""
    attributes = item.attributes
    tags = ", ".join(literal(tag) for tag in tuple_of(attributes.get("tags")))
    sql = f"create event trigger {ident(item.identity.name)} on {attributes['event']}"
    sql += f" when tag in ({tags})" if tags else ""
    state = [] if attributes["enabled"] == "origin" else alter_event_trigger(item, item, ["enabled"], context)
    return [execute(f"{sql} execute function {attributes['function']}()"), *state]


def alter_event_trigger(
    new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context
) -> list[Operation]:
    """ENABLE and DISABLE."""
    if "enabled" not in names:
        return []
    return [execute(f"alter event trigger {ident(new.identity.name)} {_ENABLED[str(new.attributes['enabled'])]}")]
