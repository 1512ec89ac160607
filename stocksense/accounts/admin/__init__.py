"""People, programs, their keys and what happened to credentials."""

from stocksense.accounts.admin import events, keys, people, programs

__all__ = ["events", "keys", "people", "programs"]
