"""The doors over HTTP. Each reads, calls one verb, maps the result."""
