"""JSON web tokens for programs: what is in them, the families they come in, and what ends them."""
