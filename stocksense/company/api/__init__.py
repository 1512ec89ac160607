"""The company, its calendars, exchange rates and scenarios over REST."""
