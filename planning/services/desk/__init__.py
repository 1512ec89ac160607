"""Setting up one's desk: saved views, pasted SKUs, preferences."""
