"""Addresses of sign-in and credentials below `/api/v1/`."""

from django.urls import path

from stocksense.accounts.api import sign_in

urlpatterns = [path(f"auth/{address}", view, name=name) for address, (view, name) in sign_in.views().items()]
