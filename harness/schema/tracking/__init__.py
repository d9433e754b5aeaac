"""Following one database's schema through a walk, reading after each step only what the step touched.

tracker = SchemaTracker.attach(connection)
before = tracker.look()
…
after = tracker.look()
tracker.same(before, after)
"""

from harness.schema.tracking.history import Moment
from harness.schema.tracking.tracker import SchemaTracker

__all__ = ["Moment", "SchemaTracker"]
