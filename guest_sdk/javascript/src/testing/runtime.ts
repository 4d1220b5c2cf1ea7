/** `connectorTestRuntime`: one test's world, and what a test does with it. */

import { readFileSync } from "node:fs";
import { partitionOf, type World } from "./capabilities";
import { Refused } from "./errors";
import { putGlobals } from "./globals";
import { answerWith, open, type Handler } from "./guest";
import { Chain } from "./hooks/chain";
import { Http } from "./http";
import type {
  ConnectorTestOptions,
  HookGiven,
  HookOutcome,
  IngestCall,
  IngestFault,
  TestLog,
  TestRequest,
  TestResponse,
  TestRuntime,
} from "./index";
import { Policy, type Manifest } from "./policy";
import { project } from "./project";
import { ownCheckpoint } from "./records/checkpoints";
import { Contracts, type Contract } from "./records/contract";
import { Records } from "./records/records";
import type { Fields } from "./records/values";
import { Recording } from "./recording";
import { Redactor } from "./redaction";
import { plainJson } from "./request";
import { PERSON, Run } from "./run";
import { Runs } from "./runs";

const native = JSON.parse(readFileSync(new URL("./contracts.json", import.meta.url), "utf8")) as Contract[];
let installed: Runtime | undefined;

export function connectorTestRuntime(options: ConnectorTestOptions = {}): TestRuntime {
  return new Runtime(options);
}

class Runtime implements TestRuntime {
  readonly logs: TestLog[] = [];
  readonly http: Http;
  readonly ingest: TestRuntime["ingest"];
  readonly checkpoints: TestRuntime["checkpoints"];
  readonly secrets: TestRuntime["secrets"];
  readonly settings: TestRuntime["settings"];
  readonly records: TestRuntime["records"];
  private readonly world: World;
  private readonly connection: string | null;
  private readonly runs: Runs;
  private takeGlobals: (() => void) | undefined;

  constructor(options: ConnectorTestOptions) {
    const found = project();
    const manifest: Manifest | undefined = options.manifest ?? found?.manifest;
    const policy = new Policy(options.permissions ?? manifestPermissions(manifest), manifest);
    const redactor = new Redactor();
    const { connector, connection, oauth } = options;
    const extension = connector?.key ?? connection?.connectorKey ?? manifest?.key ?? "test";
    const origin = {
      sourceSystem: connector?.provider ?? connection?.provider ?? manifest?.provider ?? extension,
      connection: policy.isConnector ? (connection?.id ?? connection?.connectionId ?? "default") : null,
    };
    this.connection = origin.connection;
    const fields = found?.fields ?? { entity: {}, line: {} };
    const contracts = new Contracts(native, found?.entities ?? [], fields);
    const records = new Records(contracts, fields, origin);
    const token = oauth && ((): string => accessToken(oauth));
    const ingests: IngestCall[] = [];
    const faults: IngestFault[] = [];
    const secrets = new Map(Object.entries(options.secrets ?? {}));
    this.http = new Http(policy, redactor);
    this.world = {
      extension,
      policy,
      hooks: found?.layout.hooks ?? [],
      contracts,
      records,
      http: this.http,
      connected: { secrets, token },
      unconnected: { secrets: policy.isConnector ? new Map() : secrets, token: undefined },
      settings: new Map(Object.entries({ ...defaultsOf(manifest), ...(plainJson(options.settings ?? {}) as Fields) })),
      streams: manifest === undefined ? undefined : (manifest.streams ?? []).map(({ key }) => key),
      redactor,
      logs: this.logs,
      ingests,
      faults,
    };
    records.seed(options.records ?? {});
    for (const [stream, value] of Object.entries(options.checkpoints ?? {})) {
      records.setCheckpoint(stream, plainJson(value), null);
    }
    const { settings } = this.world;
    this.ingest = { calls: ingests, failNext: (fault = {}) => void faults.push(fault) };
    this.checkpoints = {
      get: (stream, given) => {
        const kept = records.checkpoints.get(stream, partitionOf(plainJson(given?.partition ?? null)));
        return kept === null ? null : ownCheckpoint(kept);
      },
      set: (stream, value, given) =>
        records.setCheckpoint(stream, plainJson(value), partitionOf(plainJson(given?.partition ?? null))),
    };
    this.secrets = {
      get: (name) => secrets.get(name) ?? null,
      set: (name, value) => void secrets.set(name, value),
      delete: (name) => secrets.delete(name),
    };
    this.settings = {
      get: (key) => settings.get(key) ?? null,
      set: (key, value) => void settings.set(key, plainJson(value)),
    };
    this.records = {
      all: (entity) => records.query(entity, null, [{ field: "_created_at", direction: "asc" }], 1000, null, []),
      get: (entity, id) => records.get(entity, id, []),
    };
    const file = found?.layout.record ?? null;
    const recording = file === null ? undefined : new Recording(file, options, this.world);
    // A call without `install` has the globals for its time.
    const lend = (): (() => void) => (installed === undefined ? putGlobals() : open);
    this.runs = new Runs(this.world, origin.connection, recording, lend);
  }

  install(): void {
    if (installed !== undefined) {
      throw new Error(
        installed === this
          ? "this test runtime is installed already"
          : "another test runtime is installed; call its restore() first, in a finally",
      );
    }
    installed = this;
    this.takeGlobals = putGlobals();
    // What a test does itself is a run of its own, call by call.
    answerWith((message) => {
      this.world.records.under(this.connection);
      return new Run(this.world, "immediate").door(new Chain(), PERSON).answer(message);
    });
    open();
  }

  restore(): void {
    if (installed !== this) return;
    installed = undefined;
    this.takeGlobals?.();
    answerWith(undefined);
  }

  async call<Body>(handler: unknown, request: TestRequest = {}): Promise<TestResponse<Body>> {
    if (typeof handler !== "function") {
      throw new TypeError("runtime.call(handler, request): handler must be a route's function, such as its POST");
    }
    return (await this.runs.route(handler as Handler, request)) as TestResponse<Body>;
  }

  async hook<T>(entity: string, event: string, given: HookGiven<T>): Promise<HookOutcome<T>> {
    return (await this.runs.hook(entity, event, given)) as unknown as HookOutcome<T>;
  }

  async job<Result>(name: string): Promise<Result> {
    return (await this.runs.job(name)) as Result;
  }
}

/** A manifest without permissions permits nothing; no manifest, no rules. */
function manifestPermissions(manifest: Manifest | undefined): NonNullable<Manifest["permissions"]> | undefined {
  return manifest === undefined ? undefined : (manifest.permissions ?? {});
}

/** The settings that the manifest gives, before an admin's. */
function defaultsOf(manifest: Manifest | undefined): Fields {
  const fields = manifest?.connection?.settingsSchema?.properties ?? {};
  const entered = Object.entries(fields).filter(([, one]) => one.default !== undefined && one["x-secret"] !== true);
  const defaults = Object.fromEntries(entered.map(([name, one]) => [name, one.default]));
  return plainJson({ ...defaults, ...manifest?.config }) as Fields;
}

function accessToken(oauth: NonNullable<ConnectorTestOptions["oauth"]>): string {
  const missing = (oauth.requiredScopes ?? []).filter((scope) => !(oauth.scopes ?? []).includes(scope));
  if (missing.length === 0) return oauth.accessToken;
  throw new Refused("NotAvailable", `the connection was not granted ${missing.join(", ")}; connect it again`);
}
