"""The schema room: catalog → schema → differences. Usable with nothing but two psycopg connections.

expected, actual = read_schema(connection_a), read_schema(connection_b)
for difference in diff(expected, actual):
    print(difference)
"""

from harness.schema.diff import diff
from harness.schema.differences import Change, Difference
from harness.schema.groups import EVERYTHING, GROUPS, MODELS
from harness.schema.model import Identity, Schema, SchemaObject
from harness.schema.reading import UnreadableError, read_schema
from harness.schema.tracking import Moment, SchemaTracker

__all__ = [
    "EVERYTHING",
    "GROUPS",
    "MODELS",
    "Change",
    "Difference",
    "Identity",
    "Moment",
    "Schema",
    "SchemaObject",
    "SchemaTracker",
    "UnreadableError",
    "diff",
    "read_schema",
]
