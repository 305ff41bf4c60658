"""Checking a submission against a policy profile. Pure: no clock, no files, no network."""
