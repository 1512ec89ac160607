"""The description as it follows from the code, and the file that holds it."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

try:  # a fifth of the seconds, where PyYAML was built with it
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader

FILE = Path(__file__).parents[4] / "docs" / "openapi.yaml"


@cache
def document() -> dict[str, Any]:
    """The description. Made once per process: it changes with the code only."""
    from drf_spectacular.generators import SchemaGenerator

    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


@cache
def as_yaml() -> str:
    """The description as the file holds it."""
    from drf_spectacular.renderers import OpenApiYamlRenderer

    written: bytes = OpenApiYamlRenderer().render(document(), renderer_context={})
    return written.decode()


def committed() -> dict[str, Any]:
    """The description that programs were written against; empty where there is none yet."""
    return yaml.load(FILE.read_text(), Loader=SafeLoader) if FILE.exists() else {}
