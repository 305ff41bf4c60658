"""The register of policies: a database of its own, in which no concern ever stands. All of its SQL."""
