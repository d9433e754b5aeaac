"""Schemas, extensions, and what extends the type system: casts, operators, collations, text search."""

from __future__ import annotations

import re
from collections.abc import Collection

from harness.schema.model import SchemaObject
from harness.schema.repair.common import Context, phrase, tuple_of
from harness.schema.repair.names import dotted, ident, literal, qualified
from harness.schema.repair.operation import Operation, execute

ALTERABLE = {
    "extension": frozenset({"version", "installed_in"}),
    "operator": frozenset({"restrict", "join"}),
    "operator family": frozenset({"operators", "functions"}),
    "text search configuration": frozenset({"mappings"}),
    "text search dictionary": frozenset({"options"}),
}
_OPTION = re.compile(r"(\w+) = ('(?:[^']|'')*'|\S+?)(?:, |$)")


def create_schema(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE SCHEMA."""
    return [execute(f"create schema {ident(item.identity.name)}")]


def create_extension(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE EXTENSION, in its schema and the version that the server has at hand."""
    place = ident(str(item.attributes["installed_in"]))
    return [execute(f"create extension {ident(item.identity.name)} schema {place}")]


def alter_extension(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """ALTER EXTENSION … UPDATE and SET SCHEMA."""
    subject, operations = f"alter extension {ident(new.identity.name)}", []
    if "installed_in" in names:
        operations.append(execute(f"{subject} set schema {ident(str(new.attributes['installed_in']))}"))
    if "version" in names:
        operations.append(execute(f"{subject} update to {literal(str(new.attributes['version']))}"))
    return operations


def create_cast(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE CAST."""
    method, when = str(item.attributes["method"]), item.attributes["context"]
    how = {"inout": "with inout", "binary": "without function"}.get(method, f"with function {method}")
    return [execute(f"create {phrase(item.identity)} {how}" + ("" if when == "explicit" else f" as {when}"))]


def create_operator(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE OPERATOR."""
    identity, attributes = item.identity, item.attributes
    parts = [f"function = {_without_arguments(str(attributes['function']))}"]
    sides = identity.signature[1:-1].split(", ")
    parts += [f"{word} = {side}" for word, side in zip(("leftarg", "rightarg"), sides, strict=True) if side != "none"]
    for name in ("commutator", "negator"):
        if name in attributes:
            parts.append(f"{name} = operator({_without_arguments(str(attributes[name]))})")
    parts += [f"{name} = {attributes[name]}" for name in ("restrict", "join") if name in attributes]
    parts += [name for name in ("hashes", "merges") if name in attributes]
    return [execute(f"create operator {dotted(identity.schema)}.{identity.name} ({', '.join(parts)})")]


def alter_operator(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """ALTER OPERATOR … SET."""
    parts = [f"{name} = {new.attributes.get(name, 'none')}" for name in ("restrict", "join") if name in names]
    return [execute(f"alter {phrase(new.identity)} set ({', '.join(parts)})")] if parts else []


def _without_arguments(text: str) -> str:
    return text.rpartition("(")[0]


def create_operator_class(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE OPERATOR CLASS, with what its family has for its type."""
    identity, attributes = item.identity, item.attributes
    own = str(attributes["type"])
    usual = " default" if "default" in attributes else ""
    family = _family(item, context)
    members = [text for text, left, right in _members(family) if left == right == own] if family else []
    if "key_type" in attributes:
        members.append(f"storage {attributes['key_type']}")
    sql = (
        f"create operator class {dotted(identity.schema, identity.name)}{usual} for type {own}{identity.signature}"
        f" family {attributes['family']} as {', '.join(members) or f'storage {own}'}"
    )
    return [execute(sql)]


def _family(item: SchemaObject, context: Context) -> SchemaObject | None:
    for schema in (context.expected, context.actual):
        for identity, found in schema.objects.items():
            same_method = (identity.kind, identity.signature) == ("operator family", item.identity.signature)
            if same_method and dotted(identity.schema, identity.name) == item.attributes["family"]:
                return found
    return None


def _members(family: SchemaObject) -> list[tuple[str, str, str]]:
    """Each operator and function of a family as OPERATOR CLASS has it, with the two types that it is for."""
    found = []
    for line in tuple_of(family.attributes.get("operators")):
        number, _, rest = line.partition(": ")
        name, _, types = rest.removesuffix(" for order by").partition("(")
        left, _, right = types.rstrip(")").partition(",")
        ending = " for order by pg_catalog.float_ops" if rest.endswith(" for order by") else ""
        found.append((f"operator {number} {name} ({left}, {right}){ending}", left, right))
    for line in tuple_of(family.attributes.get("functions")):
        number, _, rest = line.partition(": (")
        types, _, function = rest.partition(") ")
        left, _, right = types.partition(", ")
        found.append((f"function {number} ({left}, {right}) {function}", left, right))
    return found


def create_operator_family(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE OPERATOR FAMILY, with what belongs to none of its classes."""
    name = dotted(item.identity.schema, item.identity.name)
    of_classes = {
        str(found.attributes["type"])
        for identity, found in context.expected.objects.items()
        if identity.kind == "operator class"
        and (identity.signature, found.attributes["family"]) == (item.identity.signature, name)
    }
    loose = [text for text, left, right in _members(item) if left != right or left not in of_classes]
    operations = [execute(f"create {phrase(item.identity)}")]
    return [*operations, execute(f"alter {phrase(item.identity)} add {', '.join(loose)}")] if loose else operations


def alter_operator_family(
    new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context
) -> list[Operation]:
    """ALTER OPERATOR FAMILY … ADD and DROP."""
    if not {"operators", "functions"} & set(names):
        return []
    wanted, had = _members(new), _members(old)
    gone = [
        f"{' '.join(text.split()[:2])} ({left}, {right})"
        for text, left, right in had
        if (text, left, right) not in wanted
    ]
    added = [text for text, left, right in wanted if (text, left, right) not in had]
    operations = [execute(f"alter {phrase(new.identity)} drop {', '.join(gone)}")] if gone else []
    return [*operations, execute(f"alter {phrase(new.identity)} add {', '.join(added)}")] if added else operations


def create_collation(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE COLLATION."""
    attributes = item.attributes
    parts = [f"provider = {attributes['provider']}"]
    words = ("lc_collate", "lc_ctype", "locale", "rules")
    parts += [f"{word} = {literal(str(attributes[word]))}" for word in words if word in attributes]
    parts += ["deterministic = false"] if "deterministic" in attributes else []
    return [execute(f"create collation {qualified(item.identity)} ({', '.join(parts)})")]


def create_conversion(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE CONVERSION."""
    attributes = item.attributes
    usual = "default " if "default" in attributes else ""
    source, target = (literal(str(attributes[name])) for name in ("source", "target"))
    name = qualified(item.identity)
    return [execute(f"create {usual}conversion {name} for {source} to {target} from {attributes['function']}")]


def create_configuration(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE TEXT SEARCH CONFIGURATION with its mappings."""
    made = execute(f"create {phrase(item.identity)} (parser = {item.attributes['parser']})")
    return [made, *_mappings(item, {})]


def alter_configuration(
    new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context
) -> list[Operation]:
    """ALTER TEXT SEARCH CONFIGURATION … MAPPING."""
    return _mappings(new, _pairs(old)) if "mappings" in names else []


def _mappings(item: SchemaObject, had: dict[str, str]) -> list[Operation]:
    subject, wanted = f"alter {phrase(item.identity)}", _pairs(item)
    operations = [execute(f"{subject} drop mapping for {token}") for token in had if token not in wanted]
    for token, dictionaries in wanted.items():
        if had.get(token) != dictionaries:
            how = "alter" if token in had else "add"
            operations.append(execute(f"{subject} {how} mapping for {token} with {dictionaries}"))
    return operations


def _pairs(item: SchemaObject) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in tuple_of(item.attributes.get("mappings")))


def create_dictionary(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE TEXT SEARCH DICTIONARY."""
    options = f", {item.attributes['options']}" if item.attributes.get("options") else ""
    return [execute(f"create {phrase(item.identity)} (template = {item.attributes['template']}{options})")]


def alter_dictionary(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """ALTER TEXT SEARCH DICTIONARY."""
    if "options" not in names:
        return []
    wanted, had = (dict(_OPTION.findall(str(item.attributes.get("options", "")))) for item in (new, old))
    parts = [name for name in had if name not in wanted]
    parts += [f"{name} = {value}" for name, value in wanted.items() if had.get(name) != value]
    return [execute(f"alter {phrase(new.identity)} ({', '.join(parts)})")]


def create_template(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE TEXT SEARCH TEMPLATE and PARSER."""
    words = {"start": "start", "token": "gettoken", "end": "end", "headline": "headline", "lextypes": "lextypes"}
    words |= {"init": "init", "lexize": "lexize"}
    parts = [
        f"{word} = {item.attributes[name]}" for name, word in words.items() if item.attributes.get(name, "-") != "-"
    ]
    return [execute(f"create {phrase(item.identity)} ({', '.join(parts)})")]


def create_access_method(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE ACCESS METHOD."""
    attributes = item.attributes
    name = ident(item.identity.name)
    return [execute(f"create access method {name} type {attributes['type']} handler {attributes['handler']}")]


def create_language(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE LANGUAGE."""
    attributes = item.attributes
    sql = f"create {'trusted ' if 'trusted' in attributes else ''}language {ident(item.identity.name)}"
    words = ("handler", "inline", "validator")
    return [execute(sql + "".join(f" {word} {attributes[word]}" for word in words if word in attributes))]


def create_transform(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE TRANSFORM."""
    words = {"from_sql": "from sql", "to_sql": "to sql"}
    parts = [f"{word} with function {item.attributes[name]}" for name, word in words.items() if name in item.attributes]
    return [execute(f"create {phrase(item.identity)} ({', '.join(parts)})")]
