"""Who runs a history is chance: a schema is told as if another role had run it, and what that role itself may do goes
unsaid.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from harness.schema import Identity, Schema, SchemaObject
from harness.schema.model import Value
from harness.schema.repair.common import Context, grants
from harness.schema.repair.operation import NotAutomaticError
from harness.schema.repair.servers import usual_defaults

_LISTS = ("grants", "column_grants", "identity_grants")
# Before version 15 everybody may create in `public`, which is what the server begins with and not what it was told.
_OPEN_PUBLIC = frozenset({"(owner): create, usage", "public: create, usage"})


def as_run_by(schema: Schema, old: str, new: str) -> Schema:
    """The schema with a role in place of another one, and without what the new one was granted.

    Args:
        schema: the schema.
        old: the role that ran the history; the new one itself to change no name.
        new: the role to tell it of.
    """
    renamed = [_renamed(item, old, new) for item in schema.objects.values()] if old != new else schema.objects.values()
    told = Schema(renamed, schema.server_version)
    context = Context(told, told)
    without = (_without_own(item, new, context) for item in told.objects.values())
    return Schema((item for item in without if item is not None), schema.server_version)


def _renamed(item: SchemaObject, old: str, new: str) -> SchemaObject:
    attributes: dict[str, Value] = {}
    for name, value in item.attributes.items():
        if name == "owner" and value == old:
            attributes[name] = new
        elif item.identity.kind == "policy" and name == "roles" and isinstance(value, tuple):
            attributes[name] = tuple(sorted(new if role == old else role for role in value))
        elif name in _LISTS and isinstance(value, tuple):
            attributes[name] = tuple(sorted(_line_of(line, old, new) for line in value))
        else:
            attributes[name] = value
    identity = item.identity
    if identity.kind == "default privileges" and identity.name.endswith(f" of {old}"):
        identity = identity._replace(name=f"{identity.name.removesuffix(old)}{new}")
    if identity.kind == "setting" and identity.name.startswith(f"of {old}: "):
        identity = identity._replace(name=f"of {new}: {identity.name.removeprefix(f'of {old}: ')}")
    return SchemaObject(identity, MappingProxyType(attributes), tuple(_used(item, old, new)))


def _used(item: SchemaObject, old: str, new: str) -> Iterator[Identity]:
    for used in item.uses:
        is_default = used.kind == "default privileges" and used.name.endswith(f" of {old}")
        yield used._replace(name=f"{used.name.removesuffix(old)}{new}") if is_default else used


def _line_of(line: str, old: str, new: str) -> str:
    """A line of a list of privileges: `[column to ]grantee: privileges[ by grantor]`."""
    column, separator, rest = line.partition(" to ") if " to " in line.partition(": ")[0] else ("", "", line)
    if rest.startswith(f"{old}: "):
        rest = f"{new}: {rest.removeprefix(f'{old}: ')}"
    if rest.endswith(f" by {old}"):
        rest = f"{rest.removesuffix(old)}{new}"
    return f"{column}{separator}{rest}"


def _without_own(item: SchemaObject, role: str, context: Context) -> SchemaObject | None:
    if item.identity.kind == "default privileges":
        return _defaults_without_own(item, role, context)
    attributes = dict(item.attributes)
    changed = False
    for name in _LISTS:
        value = attributes.get(name)
        if not isinstance(value, tuple):
            continue
        # What an owner is granted on a column says nothing: it has it by the table.
        own = (role, "(owner)") if name == "column_grants" or item.identity.kind == "column" else (role,)
        kept = tuple(line.removesuffix(f" by {role}") for line in value if _grantee(line) not in own)
        if kept == value:
            continue
        changed = True
        if not kept or (name != "column_grants" and _is_usual(item, kept, context)):
            del attributes[name]
        else:
            attributes[name] = kept
    return SchemaObject(item.identity, MappingProxyType(attributes), item.uses) if changed else item


def _defaults_without_own(item: SchemaObject, role: str, context: Context) -> SchemaObject | None:
    """Default privileges without what they give a role; None if they say nothing else.

    What holds in all schemas names its owner's own privileges, too, and takes them away where it does not: these stay,
    as they are at first.
    """
    value = item.attributes.get("grants")
    lines = {line for line in (value if isinstance(value, tuple) else ()) if _grantee(line) != role}
    what, _, owner = item.identity.name.partition(" of ")
    usual: set[str] = set()
    if not item.identity.schema:
        at_first = usual_defaults(what, owner, context.version)
        usual = {f"{name}: {', '.join(sorted(privileges))}" for name, privileges in at_first.items()}
        if owner == role:
            lines |= {line for line in usual if _grantee(line) == role}
    if lines == usual:
        return None
    return SchemaObject(item.identity, MappingProxyType({**item.attributes, "grants": tuple(sorted(lines))}), item.uses)


def _grantee(line: str) -> str:
    return line.partition(": ")[0].rpartition(" to ")[2]


def _is_usual(item: SchemaObject, lines: tuple[str, ...], context: Context) -> bool:
    """Whether a list of privileges is the one that such an object begins with."""
    if item.identity == Identity("schema", "", "", "public") and frozenset(lines) == _OPEN_PUBLIC:
        return context.version < 15
    try:
        return not grants(item, lines, None, context)
    except NotAutomaticError:
        return False
