"""The company's own tables over REST."""
