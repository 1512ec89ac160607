"""Where each resource of `/api/v1/` lives: with `urls` and `routing` the only module that knows every app."""

from inventory.api import urls as inventory

urlpatterns = [*inventory.urlpatterns]
