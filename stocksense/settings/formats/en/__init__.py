"""How Django writes dates and times in English."""
