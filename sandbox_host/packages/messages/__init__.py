"""Everything that a build says to an author, by what it is about."""
