"""What the pytest plugin hands to tests: one server, one template, one run of the checks for a whole test session.

Nothing is imported here: the plugin is loaded in every pytest run of every environment that has harness.
"""

from __future__ import annotations
