"""Demand events, forecast runs and forecasts over REST."""
