"""Domain errors: a code for programs, a sentence a person can act on, and the fields it is about."""

from typing import Any


class DomainError(Exception):
    """Base of every error that a use case raises on purpose; interfaces translate it, nothing swallows it."""

    code = "domain_error"
    status = 400

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields


class NotAllowed(DomainError):
    """The actor may not do this."""

    code = "not_allowed"
    status = 403


class Conflict(DomainError):
    """The state changed, or is not one from which this can be done."""

    code = "conflict"
    status = 409


class InvalidInput(DomainError):
    """The request cannot be carried out as written."""

    code = "invalid_input"
    status = 422
