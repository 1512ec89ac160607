"""What every database needs besides its tables: privileges, roles of users, the baseline scenario."""

from collections.abc import Callable
from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate

Hook = Callable[[str], None]
_hooks: list[Hook] = []
_RECEIVER = "stocksense.core.setup"


def on_database_ready(hook: Hook) -> None:
    """Run `hook(alias)` after each migrate or flush, once all apps are done. Hooks must be idempotent."""
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
    if sender is last:
        run_hooks(using)
