"""What an object is granted as it is made: ALTER DEFAULT PRIVILEGES has its say on all that a role makes."""

from __future__ import annotations

from harness.schema.model import Identity, SchemaObject, Value
from harness.schema.repair.common import RELATIONS, TYPES, Context, granted, grants, privileges
from harness.schema.repair.operation import Operation

_WHAT = {
    **dict.fromkeys(RELATIONS, "tables"),
    **dict.fromkeys(TYPES, "types"),
    **dict.fromkeys(("function", "procedure", "aggregate"), "functions"),
    "sequence": "sequences",
    "schema": "schemas",
}


def settle(item: SchemaObject, context: Context) -> list[Operation]:
    """GRANT and REVOKE until an object that the repair has just made has the privileges that it should have."""
    return grants(item, at_once(item, context), item.attributes.get("grants"), context)


def at_once(item: SchemaObject, context: Context) -> Value:
    """The attribute `grants` of a new object; None for what the server begins with."""
    kind, role = item.identity.kind, context.usual_owner
    if kind not in _WHAT or role is None or "grants" in context.ignored:
        return None
    name = f"{_WHAT[kind]} of {role}"
    everywhere, here = (
        context.actual.objects.get(Identity("default privileges", schema, "", name))
        for schema in ("", item.identity.schema)
    )
    found = granted(item, None, context.privileges_as_of)
    if everywhere is not None:
        lines = privileges(everywhere.attributes.get("grants"))
        found = {"(owner)" if grantee == role else grantee: given for grantee, given in lines.items()}
    if here is not None and here is not everywhere:
        for grantee, given in privileges(here.attributes.get("grants")).items():
            had = found.setdefault("(owner)" if grantee == role else grantee, {})
            had.update({name: may or had.get(name, False) for name, may in given.items()})
    if found == granted(item, None, context.privileges_as_of):
        return None
    return tuple(
        f"{grantee}: {', '.join(name + (' with grant option' if may else '') for name, may in sorted(given.items()))}"
        for grantee, given in found.items()
    )
