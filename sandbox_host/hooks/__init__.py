"""Hooks that a run's own writes set off, in that same run.

chain.py      how deep, and which hook on which record: what ends a chain of hooks that write
installed.py  the installs whose hooks fire, in the order of their installation
firing.py     runs one hook, and says what its end means for the write that set it off
writes.py     the writes of a run, each with the hooks before it
after.py      the hooks after them, once they are committed
saving.py     a write that a person makes, whole, with the hooks around it
"""
