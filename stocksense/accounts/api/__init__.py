"""Sign-in and credentials over the REST API."""
