"""Live updates: hints to open pages over WebSockets. State is always read from the database."""
