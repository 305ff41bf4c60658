"""Restricted storage: one kind a file."""
