"""The use cases: one file each, called by tasks and by the command. They own transactions and call models."""
