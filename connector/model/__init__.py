"""The vocabulary of the service: frozen values, pure, without a clock."""
