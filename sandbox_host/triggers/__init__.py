"""What sets a run off: each module turns one kind of event into a `Trigger`."""
