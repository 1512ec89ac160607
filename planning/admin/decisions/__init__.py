"""Deciding on the lists: one line, a selection, or all that match; with a preview, and undo."""
