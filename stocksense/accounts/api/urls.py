"""Addresses of sign-in, users and keys below `/api/v1/`."""

from django.urls import path

from stocksense.accounts.api import sign_in
from stocksense.accounts.api.keys import ApiKeyView
from stocksense.accounts.api.users import UserView
from stocksense.core.api.routers import addresses

urlpatterns = [
    *(path(f"auth/{address}", view, name=name) for address, (view, name) in sign_in.views().items()),
    *addresses(UserView, ApiKeyView),
]
