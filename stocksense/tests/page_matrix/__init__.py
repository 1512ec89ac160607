"""Who reaches which page."""
