"""Where each resource of `/api/v1/` lives: with `urls` and `routing` the only module that knows every app."""

from forecasting.api import urls as forecasting
from inventory.api import urls as inventory
from planning.api import urls as planning
from policies.api import urls as policies
from stocksense.accounts.api import urls as accounts
from stocksense.audit.api import urls as audit
from stocksense.company.api import urls as company
from stocksense.ingestion.api import urls as ingestion
from stocksense.jobs.api import urls as jobs
from stocksense.messaging.api import urls as messaging
from vendors.api import urls as vendors

urlpatterns = [
    *accounts.urlpatterns,
    *audit.urlpatterns,
    *inventory.urlpatterns,
    *forecasting.urlpatterns,
    *policies.urlpatterns,
    *planning.urlpatterns,
    *jobs.urlpatterns,
    *company.urlpatterns,
    *ingestion.urlpatterns,
    *vendors.urlpatterns,
    *messaging.urlpatterns,
]
