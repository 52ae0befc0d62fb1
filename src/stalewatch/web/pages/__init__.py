"""The dashboard: pages made on the server, that work without a script and read the same reports as the API."""
