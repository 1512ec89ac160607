"""What every database needs besides its tables: privileges, roles of users, the baseline scenario."""

import logging
from collections.abc import Callable
from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models.signals import post_migrate

Hook = Callable[[str], None]
_hooks: list[Hook] = []
_RECEIVER = "stocksense.core.setup"
logger = logging.getLogger(__name__)


def on_database_ready(hook: Hook) -> None:
    """Run `hook(alias)` after each migrate or flush, once all apps are done. Hooks must be idempotent.

    A database that was migrated back, or in part, is left as it is: hooks find all tables that the models know.
    """
    if hook not in _hooks:
        _hooks.append(hook)
    # Moved to the end of the receivers, so that it runs after Django has made the last app's permissions.
    post_migrate.disconnect(dispatch_uid=_RECEIVER)
    post_migrate.connect(_after_migrate, dispatch_uid=_RECEIVER)


def run_hooks(using: str) -> None:
    """Bring privileges and base data of the database `using` up to date."""
    for hook in _hooks:
        hook(using)


def _after_migrate(sender: AppConfig, using: str, **_: Any) -> None:
    last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
    if sender is not last:
        return
    if _is_complete(using):
        run_hooks(using)
    else:
        logger.warning(
            "Migrations are left to apply: privileges, roles and base rows are set up after the last of them."
        )


def _is_complete(using: str) -> bool:
    executor = MigrationExecutor(connections[using])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
