"""Items, locations, stock and transfers over REST."""
