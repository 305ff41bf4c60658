"""Reading a policy file: one format a file, each into the same text with its places."""

from connector.policies.reading import read_policy

__all__ = ["read_policy"]
