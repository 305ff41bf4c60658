"""The one door to the network. Nothing else imports a client."""
