"""What runs an author's code, in wasm and in his own tests alike: host calls, JSON, errors, invocations.

Nothing here is for authors. `door` is the one way out; whoever runs the code connects it.
"""
