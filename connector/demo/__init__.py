"""The demo: the real service on embedded parts, with a mail catcher and a card catcher beside it."""
