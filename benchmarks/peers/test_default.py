"""pytest-alembic's default tests, less the one that compares with models: a tree has none."""

from alembic_fixtures import alembic_config, alembic_engine  # noqa: F401 - pytest finds fixtures by name
from pytest_alembic.tests import (  # noqa: F401 - pytest runs what it finds here
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
