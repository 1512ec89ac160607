"""Policy rules, policy runs and effective policies over REST."""
