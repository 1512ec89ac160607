"""One database, three roles: only the owner's alias migrates."""

from typing import Any


class OneDatabaseRouter:
    """Every model lives in the one company database; `owner` alone changes its tables."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return True
