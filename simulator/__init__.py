"""A simulated charge point management system: the worked example of docs/backend.md. Never deployed."""
