"""The admin site: one shell for masters, work pages and jobs."""

from unfold.sites import UnfoldAdminSite


class StockSenseAdminSite(UnfoldAdminSite):
    """Unfold's site under our name."""

    site_title = "StockSense"
    site_header = "StockSense"
    index_title = "Today"
