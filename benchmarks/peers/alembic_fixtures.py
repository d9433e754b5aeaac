"""The two fixtures that pytest-alembic asks its users for."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine


@pytest.fixture
def alembic_config() -> dict[str, str]:
    return {"file": "alembic.ini"}


@pytest.fixture
def alembic_engine(empty_database: str) -> Iterator[Engine]:
    engine = create_engine(empty_database.replace("postgresql://", "postgresql+psycopg://", 1))
    yield engine
    engine.dispose()
