"""Each test gets the next of the empty databases in BENCHMARK_URLS."""

import os

import pytest

_URLS = iter(os.environ["BENCHMARK_URLS"].split())


@pytest.fixture
def empty_database() -> str:
    return next(_URLS)
