"""The configuration: TOML files in, one frozen Settings out, or every fault at once."""
