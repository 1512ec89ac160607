"""By what a program or person is signed in to the API."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Credential:
    """`request.auth` of an API request: how the caller proved who they are and how far that reaches.

    `permissions` are the only ones that count, of those the user has; None: all of the user's.
    """

    kind: str
    """`session`, `jwt` or `api_key`."""
    id: str = ""
    permissions: frozenset[str] | None = None
    requests_per_minute: int | None = None

    def reaches(self, permission: str) -> bool:
        """Whether this credential was given `permission` (such as `inventory.view_item`)."""
        return self.permissions is None or permission in self.permissions
