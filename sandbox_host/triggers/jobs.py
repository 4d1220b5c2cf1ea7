"""Scheduled jobs. What a job writes stays, also when it fails later, and while it is tried again."""

from __future__ import annotations

from sandbox_host.packages.package import Package
from sandbox_host.triggers.base import NoSuchEntrypoint, Trigger


def job_trigger(package: Package, name: str) -> Trigger:
    """A run of the job `name`. Raises NoSuchEntrypoint listing the jobs there are."""
    job = package.entrypoints.job(name)
    if job is None:
        known = ", ".join(f"job:{one.name}" for one in package.entrypoints.jobs) or "none"
        raise NoSuchEntrypoint(f"no job {name}; there are: {known}")
    return Trigger(
        kind="job",
        label=f"job:{name}",
        file=job.file,
        export="run",
        input=None,
        ends="immediate",
        attempts=job.retry,
        wall_ms=job.timeout_ms,
    )
