"""Domain errors: a code for programs, a sentence a person can act on, and the fields it is about."""

from collections.abc import Mapping
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


class FieldErrors(InvalidInput):
    """Values that are wrong one by one: field → sentences; '' for what is wrong with several together."""

    code = "invalid"

    def __init__(self, problems: dict[str, list[str]]) -> None:
        sentences = [sentence for found in problems.values() for sentence in found]
        super().__init__(
            sentences[0] if len(sentences) == 1 else f"{len(sentences)} things are wrong with the request."
        )
        self.problems = problems


class AlreadyThere(FieldErrors):
    """Something with the same key exists."""

    code = "already_there"
    status = 409


class RowsRefused(InvalidInput):
    """Of rows that are written together some are at fault: their places among the rows → why. Nothing was written."""

    code = "rows_refused"

    def __init__(self, refusals: "Mapping[int, DomainError]") -> None:
        super().__init__(refusals[min(refusals)].message)
        self.refusals = dict(refusals)


class StillReferenced(Conflict):
    """What is to be deleted is used elsewhere."""

    code = "still_referenced"
