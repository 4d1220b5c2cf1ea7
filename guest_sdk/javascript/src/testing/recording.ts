/** What `backfill test --sandbox` needs to make the same calls in the sandbox, one JSON line per call. */

import { appendFileSync } from "node:fs";
import type { World } from "./capabilities";
import type { Door } from "./door";
import type { ConnectorTestOptions } from "./index";
import { project, type Route } from "./project";
import type { Fields, Value } from "./records/values";

/** How a call ended: one of the two. */
export interface Outcome {
  readonly response?: { readonly [key: string]: Value };
  readonly error?: unknown;
}

let runtimes = 0;

/** The calls of one runtime. */
export class Recording {
  private readonly runtime = `${process.pid}-${(runtimes += 1)}`;
  /** Writes of records that belong to calls. */
  private known = 0;
  private readonly given: readonly object[];

  constructor(
    private readonly file: string,
    private readonly options: ConnectorTestOptions,
    private readonly connection: string | null,
  ) {
    this.given = Object.values(options.records ?? {}).flat();
  }

  /** Note what a call begins with; the function that it returns notes how it ended. */
  begin(
    world: World,
    place: string,
    route: Route | undefined,
    input: Fields,
  ): { end(door: Door, outcome: Outcome): void } {
    const { http, logs, faults, secrets, settings, records, redactor } = world;
    const [requests, lines, failing] = [http.calls.length, logs.length, faults.length];
    const before = {
      runtime: this.runtime,
      place,
      route: route ?? null,
      request: input,
      connection: this.connection,
      records: this.options.records ?? {},
      checkpoints: records.allCheckpoints(),
      secrets: Object.fromEntries(secrets),
      settings: Object.fromEntries(settings),
    };
    const written = recordWrites(world);
    const why = this.whyNot(route, written);
    return {
      end: (door, { response, error }) => {
        this.known = recordWrites(world);
        const { name = "Error", message = String(error) } = (error ?? {}) as { name?: string; message?: string };
        const after = {
          response: response ?? null,
          error: response ? null : { name: redactor.text(name), message: redactor.text(message) },
          http: http.calls.slice(requests),
          logs: logs.slice(lines),
          calls: door.calls,
          writes: door.writes.map((write) => ({ ...write, data: redactor.value(write.data) })),
          not_replayed: failing === faults.length ? why : "the test makes an ingest fail",
        };
        appendFileSync(this.file, `${JSON.stringify({ ...before, ...after })}\n`);
      },
    };
  }

  /** Why the sandbox cannot make this call: what the test pretends and the sandbox does not have. */
  private whyNot(route: Route | undefined, written: number): string | null {
    const { oauth, manifest, permissions, connector, connection } = this.options;
    if (route === undefined) return "its handler is no route of the project";
    if (oauth !== undefined) return "the test gives OAuth tokens";
    if (manifest !== undefined || permissions !== undefined) return "the test brings its own manifest or permissions";
    const own = project()?.manifest;
    const key = connector?.key ?? connection?.connectorKey ?? own?.key;
    const provider = connector?.provider ?? connection?.provider ?? own?.provider;
    if (key !== own?.key || provider !== own?.provider) return "the test is about another connector";
    if (written !== this.known) return "the test itself wrote records before";
    if (written > 0 && this.given.length > 0) return "an earlier call may have changed the records that the test gives";
    return null;
  }
}

function recordWrites({ records }: World): number {
  return records.writes.filter(({ kind }) => kind !== "checkpoint").length;
}

/** `FILE:LINE` of the test's own line that makes a call. */
export function placeOfCaller(): string {
  const kit = new URL(".", import.meta.url).href;
  for (const line of (new Error().stack ?? "").split("\n").slice(1)) {
    const [, file = "", number] = /((?:file:\/\/)?\/[^()]+):(\d+):\d+\)?$/.exec(line) ?? [];
    const url = file.startsWith("/") ? `file://${file}` : file;
    if (file !== "" && !url.startsWith(kit)) return `${file.replace(/^file:\/\//, "")}:${number}`;
  }
  return "";
}
