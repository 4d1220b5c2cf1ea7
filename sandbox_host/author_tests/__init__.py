"""An author's own tests: run in Node on the author's machine, and made again in the sandbox to compare."""
