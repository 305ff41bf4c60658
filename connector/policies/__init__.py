"""Reading a policy file: one format a file, each into the same text with its places."""
