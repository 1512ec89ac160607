"""Real grocery sales as an import folder."""
