"""The exceptions: what to look at, the dearest first, and what was done about each."""
