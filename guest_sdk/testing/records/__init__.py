"""The records of a test, in memory, by the host's rules."""
