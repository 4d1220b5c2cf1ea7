"""pydantic-monty, https://github.com/pydantic/monty."""

from __future__ import annotations

from peers.program import HOST, program
from peers.serve import Run, serve


def start(functions: int) -> Run:
    from pydantic_monty import Monty  # pyright: ignore[reportMissingImports]

    pool = Monty(min_processes=1, max_processes=1)
    pool.__enter__()
    with pool.checkout() as session:
        session.feed_run(program(functions))
        version = session.dump()

    def run(request: dict[str, object]) -> object:
        with pool.checkout(limits={"max_feed_duration_secs": 1.0, "max_memory": 64 << 20}) as session:
            session.load_session(version)
            return session.feed_run("post(request)", inputs={"request": request}, external_lookup=HOST)

    return run


if __name__ == "__main__":
    serve("pydantic-monty", start)
