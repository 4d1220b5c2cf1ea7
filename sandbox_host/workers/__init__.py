"""Where guests run: jailed processes forked from a warm template, and the pool that hands them out."""
