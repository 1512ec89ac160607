"""What the forecast workbench asks of the current run, each page in a fixed number of queries."""

from forecasting.services.workbench.candidates import Candidates
from forecasting.services.workbench.series import SeriesFacts, read_series
from forecasting.services.workbench.series_list import PER_PAGE, SORTS, SeriesPage, SeriesQuery, SeriesRow, list_series

__all__ = [
    "PER_PAGE",
    "SORTS",
    "Candidates",
    "SeriesFacts",
    "SeriesPage",
    "SeriesQuery",
    "SeriesRow",
    "list_series",
    "read_series",
]
