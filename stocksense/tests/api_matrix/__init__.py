"""Who reaches what over REST: every route, every role, every place where an id goes."""
