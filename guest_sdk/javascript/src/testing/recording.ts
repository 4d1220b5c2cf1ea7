/** What `backfill test --sandbox` needs to make the same calls in the sandbox, one JSON line per call. */

import { appendFileSync } from "node:fs";
import type { World } from "./capabilities";
import type { ConnectorTestOptions } from "./index";
import { project } from "./project";
import type { Fields, Value } from "./records/values";
import type { Run } from "./run";

/** What a run begins with. `entry`: as `backfill invoke` names it, or null for what is no entrypoint of the project. */
export interface Started {
  readonly place: string;
  readonly entry: string | null;
  readonly file: string | null;
  readonly connection: string | null;
  readonly input: Value;
}

/** How a run ended: one of the two. */
export interface Outcome {
  readonly response?: Fields;
  readonly error?: unknown;
}

let runtimes = 0;

/** The runs of one runtime. */
export class Recording {
  private readonly runtime = `${process.pid}-${(runtimes += 1)}`;
  /** How many writes of records there were when the last run ended, or when `given` was taken. */
  private known = 0;
  /** Has a run written records? */
  private written = false;
  /** The records that the runs of one world begin with. */
  private given: Readonly<Record<string, readonly object[]>>;
  private worlds = 0;

  constructor(
    private readonly file: string,
    private readonly options: ConnectorTestOptions,
    private readonly world: World,
  ) {
    this.given = options.records ?? {};
  }

  /** Note what a run begins with; the function that it returns notes how it ended. */
  begin(started: Started): { end(run: Run, outcome: Outcome): void } {
    const { http, logs, faults, connected, settings, records, redactor } = this.world;
    const [requests, lines, failing] = [http.calls.length, logs.length, faults.length];
    const why = this.whyNot(started);
    const before = {
      runtime: `${this.runtime}-${this.worlds}`,
      ...started,
      records: this.given,
      checkpoints: records.checkpoints.all(),
      secrets: Object.fromEntries(connected.secrets),
      oauth_token: started.connection === null ? null : (this.options.oauth?.accessToken ?? null),
      settings: Object.fromEntries(settings),
    };
    return {
      end: (run, { response, error }) => {
        this.written ||= this.recordWrites() > this.known;
        this.known = this.recordWrites();
        const { name = "Error", message = String(error) } = (error ?? {}) as { name?: string; message?: string };
        const after = {
          response: response ?? null,
          error: response ? null : { name: redactor.text(name), message: redactor.text(message) },
          http: http.calls.slice(requests),
          logs: logs.slice(lines),
          calls: run.calls,
          writes: run.writes.map((write) => ({ ...write, data: redactor.value(write.data) })),
          not_replayed: failing === faults.length ? why : "the test makes an ingest fail",
        };
        appendFileSync(this.file, `${JSON.stringify({ ...before, ...after })}\n`);
      },
    };
  }

  /** Why the sandbox cannot make this run: what the test pretends and the sandbox does not have. */
  private whyNot({ entry }: Started): string | null {
    const { oauth, manifest, permissions, connector, connection } = this.options;
    if (entry === null) return "its handler is no route of the project";
    if (lacksScope(oauth)) return "the test gives OAuth tokens that lack a scope";
    if (manifest !== undefined || permissions !== undefined) return "the test brings its own manifest or permissions";
    const own = project()?.manifest;
    const key = connector?.key ?? connection?.connectorKey ?? own?.key;
    const provider = connector?.provider ?? connection?.provider ?? own?.provider;
    if (key !== own?.key || provider !== own?.provider) return "the test is about another connector";
    return this.startsAnew() ? null : "the test itself changed records between its calls";
  }

  /** Where the test itself wrote records, the sandbox's begin with those; which they cannot when a run wrote too. */
  private startsAnew(): boolean {
    const writes = this.recordWrites();
    if (writes === this.known) return true;
    const given = this.written ? undefined : this.world.records.asGiven();
    if (given === undefined) return false;
    [this.given, this.known] = [given, writes];
    this.worlds += 1;
    return true;
  }

  private recordWrites(): number {
    return this.world.records.writes.filter(({ kind }) => kind !== "checkpoint").length;
  }
}

function lacksScope(oauth: ConnectorTestOptions["oauth"]): boolean {
  return (oauth?.requiredScopes ?? []).some((scope) => !(oauth?.scopes ?? []).includes(scope));
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
