"""Where each app's importers and exporters are. They are loaded when first needed: pages start without polars."""

from importlib import import_module

_rooms: list[str] = []
_loaded: set[str] = set()


def add(*modules: str) -> None:
    """Name modules whose `register()` makes importers or exporters known; called in `AppConfig.ready()`."""
    _rooms.extend(module for module in modules if module not in _rooms)


def load() -> None:
    """Have every named module register once."""
    for module in _rooms:
        if module not in _loaded:
            import_module(module).register()
            _loaded.add(module)
