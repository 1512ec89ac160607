"""Fixtures shared by every app's tests, as a pytest plugin."""
