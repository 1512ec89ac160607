"""The platform: settings, shared bases and services that know nothing about planning."""
