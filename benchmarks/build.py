"""How long does `backfill build` take?

    python benchmarks/build.py [--quick] [--json]

A connector with 40 entrypoints (routes, hooks, jobs) and the helpers that they share is built by the command, as
an author runs it, and by `build()` alone, in a process that stays.

    first   nothing is in the cache: the engine itself is compiled
    cold    the engine is in the cache, this source is not
    warm    this source was built before

A target that is missed is printed and is no failure: machines differ.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

COLD_S, WARM_S = 1.5, 0.5
STREAMS, HOOKS, JOBS = 25, 9, 6

PROGRAM = "import sys; from sandbox_host.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result. seconds: the median."""

    what: str
    seconds: float
    worst: float
    rounds: int
    target: float | None

    @property
    def met(self) -> bool | None:
        return None if self.target is None else self.seconds <= self.target


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description="How long does `backfill build` take?")
    options.add_argument("--quick", action="store_true", help="one round of each, to see that it works")
    options.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = options.parse_args()
    rounds = 1 if chosen.quick else 9
    with tempfile.TemporaryDirectory(prefix="backfill-bench-") as name:
        figures = list(_measure(Path(name), rounds))
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    if chosen.json:
        lines = [{**asdict(figure), "met": figure.met} for figure in figures]
        print(json.dumps({"machine": machine, "entrypoints": STREAMS + HOOKS + JOBS, "figures": lines}))
        return
    print(f"{machine}; {STREAMS + HOOKS + JOBS} entrypoints\n")
    print(f"{'':<34}{'median':>10}{'worst':>10}{'target':>10}")
    for one in figures:
        target = "" if one.target is None else f"{one.target:.1f} s"
        verdict = {None: "", True: "reached", False: "missed"}[one.met]
        print(f"{one.what:<34}{one.seconds:>8.2f} s{one.worst:>8.2f} s{target:>10}  {verdict}".rstrip())


def _measure(folder: Path, rounds: int) -> Iterator[Figure]:
    os.environ["BACKFILL_CACHE"] = str(folder / "cache")
    numbers = iter(range(10_000))

    def fresh() -> Path:
        return write_connector(folder / f"connector-{(number := next(numbers))}", number)

    def first() -> Callable[[], None]:
        os.environ["BACKFILL_CACHE"] = str(folder / f"cache-{next(numbers)}")
        return lambda: _command(project)

    project = fresh()
    yield _figure("backfill build, first", first, max(1, rounds // 3), None)
    os.environ["BACKFILL_CACHE"] = str(folder / "cache")
    _command(project)
    yield _figure("backfill build, cold", lambda: _later(_command, fresh()), rounds, COLD_S)
    yield _figure("backfill build, warm", lambda: _later(_command, project), rounds, WARM_S)
    yield from _inside(fresh, project, rounds)


def _inside(fresh: Callable[[], Path], project: Path, rounds: int) -> Iterator[Figure]:
    from sandbox_host.packages import build
    from sandbox_host.workers.evaluate import evaluator
    from sandbox_host.workers.sandbox import Sandbox

    with Sandbox(1) as sandbox:
        evaluate = evaluator(sandbox)

        def once(path: Path) -> None:
            build(path, evaluate)

        once(project)
        yield _figure("build(), cold", lambda: _later(once, fresh()), rounds, None)
        yield _figure("build(), warm", lambda: _later(once, project), rounds, None)


def _later(act: Callable[[Path], None], path: Path) -> Callable[[], None]:
    return lambda: act(path)


def _command(path: Path) -> None:
    subprocess.run([sys.executable, "-c", PROGRAM, "build", str(path)], check=True, stdout=subprocess.DEVNULL)


def _figure(
    what: str, prepare: Callable[[], Callable[[], None]], rounds: int, target: float | None
) -> Figure:
    samples: list[float] = []
    for _ in range(rounds):
        act = prepare()
        started = time.perf_counter()
        act()
        samples.append(time.perf_counter() - started)
    return Figure(what, median(samples), max(samples), rounds, target)


def write_connector(folder: Path, number: int) -> Path:
    """A connector with 40 entrypoints. number: what makes its bundle differ from every other's."""
    events = ("before-save", "after-save", "before-delete")
    entities = {"Customer": "customer", "Invoice": "invoice", "Payment": "payment"}
    streams = [f"stream_{index}" for index in range(STREAMS)]
    files = {
        "package.json": '{"name": "bench", "private": true}',
        "backfill.config.ts": _manifest(entities, streams),
        "src/lib/client.ts": _CLIENT,
        "src/lib/transforms.ts": _TRANSFORMS + f"export const build = {number};\n",
    }
    for stream in streams:
        files[f"src/api/sync/{stream}.ts"] = _ROUTE.replace("STREAM", stream)
    for folder_name in entities.values():
        for event in events:
            files[f"src/hooks/{folder_name}/{event}.ts"] = _HOOK
    for index in range(JOBS):
        files[f"src/jobs/job-{index}.ts"] = _JOB.replace("MINUTE", str(index))
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def _manifest(entities: dict[str, str], streams: list[str]) -> str:
    manifest = {
        "key": "bench",
        "name": "Bench",
        "provider": "bench",
        "version": "1.0.0",
        "permissions": {
            "http": ["https://api.bench.example/*"],
            "entities": {entity: ["read", "write"] for entity in entities},
            "secrets": {"api_key": ["read"]},
        },
        "connection": {
            "settingsSchema": {
                "type": "object",
                "required": ["api_key"],
                "properties": {
                    "api_key": {"type": "string", "x-secret": True},
                    "region": {"type": "string", "enum": ["eu", "us"], "default": "eu"},
                },
            }
        },
        "streams": [{"key": stream, "mode": "poll", "schedule": "*/15 * * * *"} for stream in streams],
    }
    text = json.dumps(manifest, indent=2)
    return f'import {{ defineConnector }} from "@backfill-io/sdk";\nexport default defineConnector({text});\n'


_CLIENT = """\
import { Http, Secrets } from "@backfill-io/sdk";

export interface Page { data: any[]; has_more: boolean; next: string | null }

export function page(resource: string, cursor?: string): Page {
  const url = `https://api.bench.example/v1/${resource}${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`;
  const answer = Http.get(url, { auth: { bearer: Secrets.get("api_key") ?? "" } });
  if (!answer.ok) throw new Error(`the provider answered ${answer.status}`);
  return answer.body as Page;
}
"""

_TRANSFORMS = "".join(
    f"""\
export function transform{index}(one: any): any {{
  const amount = Number(one.amount ?? 0) / 100;
  return {{ customer_id: String(one.id), name: one.name ?? null, balance: amount.toFixed(2), n: {index} }};
}}
"""
    for index in range(60)
)

_ROUTE = """\
import { api, ingest } from "@backfill-io/sdk";
import { page } from "../../lib/client";
import * as transforms from "../../lib/transforms";

export const config = { auth: "api_key" };

export const POST = api(async (request: any) => {
  const found = page("STREAM", request.searchParams.cursor as string | undefined);
  for (const one of found.data) {
    ingest.canonical("customer", transforms.transform7(one), {
      stream: "STREAM",
      idempotencyKey: `bench:customer:${one.id}`,
    });
  }
  return api.json({ stream: "STREAM", imported: found.data.length, hasMore: found.has_more, cursor: found.next });
});
"""

_HOOK = """\
import { Log } from "@backfill-io/sdk";

export default async (context: any) => {
  Log.info("changed", { id: context.entity?.id ?? null });
  return null;
};
"""

_JOB = """\
import { Customer, Log } from "@backfill-io/sdk";

export const schedule = "MINUTE 2 * * *";
export const timezone = "Europe/Berlin";

export async function run() {
  Log.info("customers", { count: Customer.count() });
}
"""

if __name__ == "__main__":
    main()
