"""PostgreSQL as Django knows it, with what programs ask for a thousand times a second made cheaper."""
