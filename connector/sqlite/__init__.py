"""SQLite as both of our databases use it: opened in one way, written by one hand, one mail claimed by one process."""
