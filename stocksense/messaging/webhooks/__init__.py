"""News for other systems over HTTP: endpoints, messages, and sending them where it is safe to send."""
