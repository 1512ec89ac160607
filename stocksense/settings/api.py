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
}
