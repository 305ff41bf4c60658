"""The ledger: concerns in their journey, the duties owed for them, and the audit. All SQL is here."""
