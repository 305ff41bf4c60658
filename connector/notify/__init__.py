"""Telling people: one kind of channel a file, words from templates."""
