"""The record: the machine-readable original, and the page that a person reads."""
