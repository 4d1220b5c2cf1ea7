"""The demo's steps, in the order in which they are shown; later ones build on what earlier ones left."""

from __future__ import annotations

from sandbox_host.cli.demo import guards, main_job
from sandbox_host.cli.demo.step import Step

STEPS = (
    Step(
        "build",
        "Build the connector",
        "It is TypeScript. It is bundled, and run once inside the sandbox to learn what it asks for.",
        main_job.build,
    ),
    Step(
        "connection",
        "Test the connection",
        "An admin enters an API key. The connector tries it at the one host it may reach.",
        main_job.connection,
    ),
    Step(
        "sync",
        "Bring the records in",
        "Four streams, page by page. Each page runs in a fresh sandbox; its records and its place in the "
        "stream are stored together or not at all.",
        main_job.sync,
    ),
    Step(
        "webhook",
        "Take a webhook",
        "Stripe says that a customer changed. The host checks the signature before any guest code runs.",
        main_job.webhook,
    ),
    Step(
        "refused",
        "Meet a thief",
        "An extension, Invoice Helper, may use your Stripe key to send invoices. It also tries to send the key "
        "to somebody else, and to read your payments.",
        guards.refused,
    ),
    Step(
        "observe",
        "Watch without touching",
        "Under observe the same code runs, and whatever it would change is described instead.",
        guards.observe,
    ),
    Step(
        "audit",
        "Check the record",
        "Every decision went into a log whose records are chained by hashes and sealed with a signature.",
        guards.audit,
    ),
)
