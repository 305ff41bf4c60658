"""Understanding a policy: what its words say, with the place of each, and what they do not. Pure."""
