"""Settings of the REST API."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "stocksense.accounts.api.authentication.TokenAuthentication",
        "stocksense.accounts.api.authentication.ApiKeyAuthentication",
        "stocksense.accounts.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["stocksense.core.api.permissions.NamedPermission"],
    "DEFAULT_RENDERER_CLASSES": ["stocksense.core.api.renderers.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "stocksense.core.api.bodies.JsonParser",
        "stocksense.core.api.bodies.MergePatchParser",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["stocksense.accounts.api.throttling.ApiThrottle"],
    "EXCEPTION_HANDLER": "stocksense.core.api.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
    "DATETIME_INPUT_FORMATS": ["iso-8601"],
    "UNICODE_JSON": True,
    "DEFAULT_SCHEMA_CLASS": "stocksense.core.api.schema.operations.ApiSchema",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "StockSense",
    "DESCRIPTION": "What to order or move, how much, when, from where, and why; and carrying it out with suppliers.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATIONS": True,
    "POSTPROCESSING_HOOKS": [
        "stocksense.core.api.schema.parts.add_shared",
    ],
}
