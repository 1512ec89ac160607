"""What `manage.py check --deploy` asks of a deployment beside Django's own checks."""

from typing import Any

from django.conf import settings
from django.core.checks import Tags, Warning, register


@register(Tags.security, deploy=True)
def proxies_are_named(app_configs: Any = None, **_: Any) -> list[Warning]:
    """Without a trusted proxy nothing says that a request came over TLS, and the redirect to TLS never ends."""
    if settings.TRUSTED_PROXIES or not settings.SECURE_SSL_REDIRECT:
        return []
    return [
        Warning(
            "TRUSTED_PROXIES is empty, so that X-Forwarded-Proto and X-Forwarded-For of the proxy are not believed.",
            hint="Name the networks of the proxy that ends TLS, such as TRUSTED_PROXIES=10.0.0.0/8 (or unix).",
            id="stocksense.W001",
        )
    ]
