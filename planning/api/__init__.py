"""Plans over REST: proposals and what people decide on them, exceptions, projections, and how it all comes about."""
