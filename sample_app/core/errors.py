"""Errors that services raise, and the status codes that they become."""

from __future__ import annotations

from fastapi import FastAPI, Request, status
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError


class NotFoundError(Exception):
    """Nothing of that kind has this key (404)."""

    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"There is no {what} {key}.")


class ConflictError(Exception):
    """The request contradicts what is already there (409)."""


def violates(error: IntegrityError, constraint: str) -> bool:
    """Whether it was this constraint (or unique index) that the server refused the statement for."""
    return f'"{constraint}"' in str(error.orig)


async def _not_found(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status.HTTP_404_NOT_FOUND)


async def _conflict(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status.HTTP_409_CONFLICT)


def add_error_handlers(app: FastAPI) -> None:
    """Teach the application what its services' errors mean over HTTP."""
    app.add_exception_handler(NotFoundError, _not_found)
    app.add_exception_handler(ConflictError, _conflict)
