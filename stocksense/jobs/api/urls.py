"""The address of jobs below `/api/v1/`."""

from stocksense.core.api.routers import addresses
from stocksense.jobs.api.jobs import JobView

urlpatterns = addresses(JobView)
