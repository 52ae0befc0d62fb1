"""Errors as Salesforce's REST API words them: a list of objects with a code and a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stalewatch_sandbox.serving.exchange import Response


class ApiError(Exception):
    """What a request ends with instead of its answer."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message, self.fields = status, code, message, fields

    def body(self) -> list[dict[str, Any]]:
        """The document that clients read."""
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            error["fields"] = list(self.fields)
        return [error]

    def response(self) -> Response:
        """The same as an answer; refused calls count, too."""
        return Response.json(self.body(), self.status, weight=1, kind="error")


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    """There is no such address or record."""
    return ApiError(404, "NOT_FOUND", message)


def session_invalid(message: str = "Session expired or invalid") -> ApiError:
    """The token is not, or no longer, good."""
    return ApiError(401, "INVALID_SESSION_ID", message)


def in_query(code: str, text: str, at: int, message: str) -> ApiError:
    """An error at a place of a query, shown as Salesforce shows it."""
    start = max(0, at - 30)
    shown = text[start : at + 30].replace("\n", " ")
    caret = " " * (at - start) + "^"
    return ApiError(400, code, f"\n{shown}\n{caret}\nERROR at Row:1:Column:{at + 1}\n{message}")
