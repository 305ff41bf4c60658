"""The door by hand: `connector ...`."""
