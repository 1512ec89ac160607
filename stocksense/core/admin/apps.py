from django.contrib.admin.apps import AdminConfig


class StockSenseAdminConfig(AdminConfig):
    """Django's admin with our own site class."""

    default_site = "stocksense.core.admin.site.StockSenseAdminSite"
