"""pytest-alembic's experimental test that a downgrade leaves nothing behind."""

from alembic_fixtures import alembic_config, alembic_engine  # noqa: F401 - pytest finds fixtures by name
from pytest_alembic.tests.experimental import test_downgrade_leaves_no_trace  # noqa: F401 - pytest runs it
