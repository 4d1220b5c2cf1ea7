/** `connectorTestRuntime`: one test's world, and the runs of handlers in it. */

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { pageCheckpoint, partitionOf, type World } from "./capabilities";
import { Door } from "./door";
import { Refused, invalid } from "./errors";
import { NAMES, answerWith, invoke, open, sdk } from "./guest";
import { Http } from "./http";
import type { ConnectorTestOptions, IngestCall, IngestFault, TestLog, TestRequest, TestResponse, TestRuntime } from "./index";
import { Policy, type Manifest } from "./policy";
import { project, routeOf, type Route } from "./project";
import { Contracts, type Contract } from "./records/contract";
import type { Origin } from "./records/ingest";
import { Records } from "./records/records";
import { isFields, type Fields, type Value } from "./records/values";
import { Recording, placeOfCaller } from "./recording";
import { Redactor } from "./redaction";

const TENANT = "local";
const PAGE = ["from", "to", "cursor", "page", "page_size"];

const native = JSON.parse(readFileSync(new URL("./contracts.json", import.meta.url), "utf8")) as Contract[];
let installed: Runtime | undefined;
/** Runs of one process come after one another: they share the SDK. */
let queue: Promise<unknown> = Promise.resolve();

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
  private readonly origin: Origin;
  private readonly extension: string;
  private readonly recording: Recording | undefined;
  private replaced: Map<string, PropertyDescriptor | undefined> | undefined;

  constructor(options: ConnectorTestOptions) {
    const found = project();
    const manifest: Manifest | undefined = options.manifest ?? found?.manifest;
    const policy = new Policy(options.permissions ?? manifestPermissions(manifest), manifest);
    const redactor = new Redactor();
    const { connector, connection, oauth } = options;
    this.extension = connector?.key ?? connection?.connectorKey ?? manifest?.key ?? "test";
    this.origin = {
      sourceSystem: connector?.provider ?? connection?.provider ?? manifest?.provider ?? this.extension,
      connection: policy.isConnector ? (connection?.id ?? connection?.connectionId ?? "default") : null,
    };
    const fields = found?.fields ?? { entity: {}, line: {} };
    const contracts = new Contracts(native, found?.entities ?? [], fields);
    const records = new Records(contracts, fields, this.origin);
    const token = oauth && ((): string => accessToken(oauth));
    const ingests: IngestCall[] = [];
    const faults: IngestFault[] = [];
    this.http = new Http(policy, redactor, token);
    this.world = {
      policy,
      contracts,
      records,
      http: this.http,
      secrets: new Map(Object.entries(options.secrets ?? {})),
      settings: new Map(Object.entries({ ...defaultsOf(manifest), ...(plainJson(options.settings ?? {}) as Fields) })),
      streams: manifest === undefined ? undefined : (manifest.streams ?? []).map(({ key }) => key),
      token,
      redactor,
      logs: this.logs,
      ingests,
      faults,
    };
    records.seed(options.records ?? {});
    for (const [stream, value] of Object.entries(options.checkpoints ?? {})) {
      records.setCheckpoint(stream, plainJson(value), null);
    }
    const { secrets, settings } = this.world;
    this.ingest = { calls: ingests, failNext: (fault = {}) => void faults.push(fault) };
    this.checkpoints = {
      get: (stream, given) => records.checkpoint(stream, partitionOf(plainJson(given?.partition ?? null))),
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
    this.recording = file === null ? undefined : new Recording(file, options, this.origin.connection);
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
    this.putGlobals();
    answerWith((message) => new Door(this.world).answer(message));
    open();
  }

  restore(): void {
    if (installed !== this) return;
    installed = undefined;
    this.takeGlobals();
    answerWith(undefined);
  }

  async call<Body>(handler: unknown, request: TestRequest = {}): Promise<TestResponse<Body>> {
    if (typeof handler !== "function") {
      throw new TypeError("runtime.call(handler, request): handler must be a route's function, such as its POST");
    }
    const place = this.recording === undefined ? "" : placeOfCaller();
    const run = queue.then(() => this.run(handler as (request: unknown) => unknown, request, place));
    queue = run.catch(() => undefined);
    return (await run) as TestResponse<Body>;
  }

  private async run(
    handler: (request: unknown) => unknown,
    request: TestRequest,
    place: string,
  ): Promise<TestResponse> {
    const route = await routeOf(handler);
    const input = this.inputOf(request, route);
    const door = new Door(this.world);
    const takeBack = this.world.records.savepoint();
    const entry = this.recording?.begin(this.world, place, route, input);
    const lent = installed === undefined;
    if (lent) this.putGlobals();
    const before = answerWith((message) => door.answer(message));
    let thrown: { readonly value: unknown } | undefined;
    const watched = async (given: unknown): Promise<unknown> => {
      try {
        return await handler(given);
      } catch (value) {
        thrown = { value };
        throw value;
      }
    };
    try {
      const result = await invoke(watched, input);
      if (door.limit !== undefined) throw door.limit;
      if (!result.ok) throw thrown === undefined ? errorOf(result.error) : thrown.value;
      this.stagePage(door, route, result.value);
      entry?.end(door, { response: result.value as { [key: string]: Value } });
      return result.value;
    } catch (error) {
      takeBack();
      entry?.end(door, { error });
      throw error;
    } finally {
      answerWith(before);
      if (lent) this.takeGlobals();
      else open();
    }
  }

  /** What the handler sees: the request as the host would hand it over. */
  private inputOf(request: TestRequest, route: Route | undefined): Fields {
    const searchParams = queryOf(request.searchParams ?? {});
    const raw = request.rawBody ?? (request.body === undefined ? "" : JSON.stringify(request.body));
    let body = request.body === undefined ? parsed(raw) : plainJson(request.body);
    if (route?.stream) {
      const cursor = this.world.records.checkpoint(route.stream, null)?.["cursor"] ?? null;
      if (cursor !== null && !("cursor" in searchParams)) searchParams["cursor"] = String(cursor);
      if (raw === "") body = pageOf(route.stream, searchParams);
    }
    const headers = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
    const connection = this.origin.connection === null ? null : { id: this.origin.connection };
    return {
      method: request.method ?? route?.method ?? "POST",
      path: route?.path ?? "/",
      searchParams,
      params: (plainJson(request.params ?? {}) as Fields) ?? {},
      headers: Object.fromEntries(headers) as Fields,
      body,
      rawBody: raw,
      context: { tenant: { id: TENANT }, extension: { key: this.extension }, connection },
    };
  }

  /** A sync route's answer may carry the checkpoint that its handler did not commit itself. */
  private stagePage(door: Door, route: Route | undefined, { status, body }: TestResponse<Value>): void {
    const stream = route?.stream ?? null;
    if (stream === null || door.committed.has(stream) || !isFields(body)) return;
    if (status < 200 || status > 299) return;
    if ((body["cursor"] ?? null) === null && (body["checkpoint"] ?? null) === null) return;
    this.world.records.setCheckpoint(stream, pageCheckpoint(body), null);
    door.collectWrites();
  }

  private putGlobals(): void {
    const names = [...NAMES, ...(project()?.entities ?? []).map(({ entity }) => entity)];
    this.replaced = new Map(names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
    for (const name of names) {
      Object.defineProperty(globalThis, name, { value: sdk(name), configurable: true, writable: true });
    }
  }

  private takeGlobals(): void {
    for (const [name, before] of this.replaced ?? []) {
      if (before === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, before);
    }
    this.replaced = undefined;
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

function queryOf(given: Readonly<Record<string, unknown>>): Record<string, Value> {
  const entries = Object.entries(given).flatMap(([name, value]): [string, Value][] => {
    const values = (Array.isArray(value) ? value : [value]).map(String);
    return values.length === 0 ? [] : [[name, values.length === 1 ? (values[0] as string) : values]];
  });
  return Object.fromEntries(entries);
}

function pageOf(stream: string, searchParams: Readonly<Record<string, Value>>): Fields {
  const page: Fields = { stream, run_id: randomUUID(), mode: "poll" };
  for (const name of PAGE) {
    const value = searchParams[name];
    if (typeof value !== "string") continue;
    page[name] = (name === "page" || name === "page_size") && /^[0-9]+$/.test(value) ? Number(value) : value;
  }
  return page;
}

function parsed(raw: string): Value {
  if (raw === "") return null;
  try {
    return JSON.parse(raw) as Value;
  } catch {
    return raw;
  }
}

function plainJson(value: unknown): Value {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw invalid("only plain JSON can be given to a test runtime");
  return JSON.parse(text) as Value;
}

function errorOf(error: { name: string; code: string; message: string }): Error {
  return Object.assign(new Error(error.message), { name: error.name, code: error.code });
}

