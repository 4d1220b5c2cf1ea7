/** What a handler can ask for: each capability turns its arguments into an `Ask`, which the door decides on. */

import { crypto, verify } from "./crypto";
import { Refused, invalid } from "./errors";
import type { Hop, Http } from "./http";
import type { IngestCall, IngestFault, TestLog } from "./index";
import { Ingests } from "./ingests";
import type { Hook } from "./hooks/hook";
import type { HookedWrites } from "./hooks/writes";
import type { Decision, Policy } from "./policy";
import { ownCheckpoint, pageCheckpoint, refusePage } from "./records/checkpoints";
import { fieldsOf, includesOf, type Contracts } from "./records/contract";
import type { Records } from "./records/records";
import type { Write } from "./records/table";
import { canonical, isFields, type Fields, type Value } from "./records/values";
import type { Redactor } from "./redaction";
import type { Run } from "./run";

/** The secrets of one guest, and its connection's access token, which may throw NotAvailable. */
export interface Credentials {
  readonly secrets: Map<string, string>;
  readonly token: (() => string) | undefined;
}

/** What a test's host calls work on. */
export interface World {
  /** The extension's key. */
  readonly extension: string;
  readonly policy: Policy;
  readonly hooks: readonly Hook[];
  readonly contracts: Contracts;
  readonly records: Records;
  readonly http: Http;
  /** What a run of the connection has; of the install, where there are none. */
  readonly connected: Credentials;
  /** What a hook has that a write sets off: it has no connection. */
  readonly unconnected: Credentials;
  readonly settings: Map<string, Value>;
  readonly streams: readonly string[] | undefined;
  readonly redactor: Redactor;
  readonly logs: TestLog[];
  readonly ingests: IngestCall[];
  readonly faults: IngestFault[];
}

/** One host call, understood and not yet decided. */
export interface Ask {
  readonly resource: string;
  readonly decisions: readonly Decision[];
  readonly perform: () => Value;
  readonly write?: Write;
}

const SECRET_BYTES = 64 * 1024;
const READS = ["get", "query", "exists", "count"];
const WRITES = ["create", "update", "delete", "action"];

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** The capabilities of one guest. `committed` takes the streams whose page it commits itself. */
export class Capabilities {
  private readonly world: World;
  private readonly ingests: Ingests;

  constructor(
    private readonly run: Run,
    private readonly recordWrites: HookedWrites,
    private readonly credentials: Credentials,
    private readonly committed: Set<string>,
    private readonly hop: Hop,
  ) {
    this.world = run.world;
    this.ingests = new Ingests(run, recordWrites);
  }

  /** Understand one call. Throws InvalidArgument, NotAvailable. */
  ask(capability: string, action: string, args: Fields): Ask {
    switch (capability) {
      case "http":
        return this.http(action, args);
      case "secrets":
        return this.secrets(action, args);
      case "settings":
        return this.settings(action, args);
      case "entity":
        return this.entity(action, args);
      case "ingest":
        return this.ingests.ask(action, args);
      case "sync":
        return this.sync(action, args);
      case "log":
        return this.run.logs.ask(args);
      case "crypto": {
        const answer = crypto(action, args);
        return { resource: "", decisions: [], perform: () => answer };
      }
      case "verify":
        return { resource: "", decisions: [], perform: () => verify(action, args) };
      case "oauth":
        return { resource: "connection", decisions: [], perform: this.credentials.token ?? noTokens };
    }
    throw new Refused("NotAvailable", `there is no capability '${capability}'`);
  }

  private http(action: string, args: Fields): Ask {
    const ask = this.world.http.ask(action, args, this.hop, this.credentials.token);
    const { resource, decision, payload } = ask;
    const perform = (): Value => ask.perform();
    if (!ask.effect) return { resource, decisions: [decision], perform };
    const data = this.world.redactor.value(payload);
    return { resource, decisions: [decision], perform, write: { kind: "http", action, entity: null, id: resource, data } };
  }

  private secrets(action: string, args: Fields): Ask {
    const { policy, redactor } = this.world;
    const { secrets } = this.credentials;
    if (action === "list") {
      const perform = (): Value => [...secrets.keys()].filter((name) => policy.listsSecret(name)).sort();
      const decision = { allowed: true, rule: "always", reason: "the list holds granted names only" };
      return { resource: "*", decisions: [decision], perform };
    }
    const name = textOf(args, "name");
    if (action === "get" || action === "has") {
      const decisions = [policy.secret(name, "read")];
      if (action === "has") return { resource: name, decisions, perform: () => secrets.has(name) };
      const perform = (): Value => {
        const value = secrets.get(name) ?? null;
        if (value !== null) redactor.learn(name, value);
        return value;
      };
      return { resource: name, decisions, perform };
    }
    const decisions = [policy.secret(name, "write")];
    const write: Write = { kind: "secret", action, entity: null, id: name, data: null };
    if (action === "delete") return { resource: name, decisions, perform: () => secrets.delete(name), write };
    const value = textOf(args, "value");
    if (bytesOf(value) > SECRET_BYTES) throw invalid(`value must be at most ${SECRET_BYTES} bytes`);
    const perform = (): Value => {
      redactor.learn(name, value);
      secrets.set(name, value);
      return null;
    };
    return { resource: name, decisions, perform, write };
  }

  private settings(action: string, args: Fields): Ask {
    const { settings } = this.world;
    if (action === "getAll") return { resource: "*", decisions: [], perform: () => Object.fromEntries(settings) };
    const key = textOf(args, "key");
    return { resource: key, decisions: [], perform: () => settings.get(key) ?? null };
  }

  private entity(action: string, args: Fields): Ask {
    const { records, policy } = this.world;
    const name = args["entity"];
    if (typeof name !== "string") throw invalid("the entity's name must be a string");
    const id = args["id"] ?? null;
    const resource = typeof id === "string" ? `${name.slice(0, 80)}/${id.slice(0, 200)}` : name.slice(0, 80);
    const argument = (key: string): Value => args[key] ?? null;
    if (READS.includes(action)) {
      const include = includeOf(argument("include"));
      const decisions = [name, ...this.included(name, include)].map((entity) => policy.entity(entity, "read"));
      if (action === "get") textOf(args, "id");
      const reads: Record<string, () => Value> = {
        get: () => records.get(name, id, include),
        query: () =>
          records.query(name, argument("where"), argument("orderBy"), argument("limit"), argument("offset"), include),
        exists: () => records.count(name, argument("where")) > 0,
        count: () => records.count(name, argument("where")),
      };
      return { resource, decisions, perform: reads[action] as () => Value };
    }
    if (!WRITES.includes(action)) {
      throw new Refused("NotAvailable", `Entity has no '${action}'; it has ${[...READS, ...WRITES].sort().join(", ")}`);
    }
    const attrs = argument("attrs");
    const record = action === "create" ? "" : textOf(args, "id");
    const change = action === "action" ? textOf(args, "name") : "";
    const writes: Record<string, () => Value> = {
      create: () => this.shown(name, this.recordWrites.create(name, attrs), attrs),
      update: () => this.shown(name, this.recordWrites.update(name, record, attrs), attrs),
      delete: () => this.recordWrites.delete(name, record),
      action: () => {
        const after = this.recordWrites.action(name, record, change, argument("params"));
        const action = this.world.contracts.of(name).actions?.[change];
        return this.shown(name, after, action ? Object.fromEntries(fieldsOf(action).map((key) => [key, null])) : null);
      },
    };
    return { resource, decisions: [policy.entity(name, "write")], perform: writes[action] as () => Value };
  }

  /** With `write` alone a write answers the id, the version and the fields just written. */
  private shown(entity: string, record: Fields, written: Value): Value {
    if (this.world.policy.entity(entity, "read").allowed) return record;
    const own = new Set(["id", "_version", ...(isFields(written) ? Object.keys(written) : [])]);
    return Object.fromEntries(Object.entries(record).filter(([name]) => own.has(name)));
  }

  private included(entity: string, include: readonly string[]): string[] {
    try {
      const known = includesOf(this.world.contracts.of(entity));
      return include.flatMap((name) => known.get(name)?.[1] ?? []);
    } catch {
      return [];
    }
  }

  private sync(action: string, args: Fields): Ask {
    const { records, streams } = this.world;
    const stream = textOf(args, "stream");
    const resource = stream.slice(0, 200);
    // Asked after the decision: what an extension hears is that it has no `sync`, not that it declares no stream.
    const declared = (): void => {
      if (streams === undefined || streams.includes(stream)) return;
      const known = [...streams].sort().join(", ") || "none";
      throw invalid(`the manifest declares no stream '${stream.slice(0, 80)}'; it declares ${known}`);
    };
    if (action === "commitPage") {
      const value = pageCheckpoint(args, args);
      const perform = (): Value => {
        declared();
        this.committed.add(stream);
        records.setCheckpoint(stream, value, null);
        return ownCheckpoint(value);
      };
      return { resource, decisions: [], perform };
    }
    const partition = partitionOf(args["partition"] ?? null);
    if (action === "getCheckpoint") {
      const perform = (): Value => {
        declared();
        const kept = records.checkpoints.get(stream, partition);
        return kept === null ? null : ownCheckpoint(kept);
      };
      return { resource, decisions: [], perform };
    }
    const perform = (): Value => {
      declared();
      refusePage(args["value"] ?? null);
      records.setCheckpoint(stream, args["value"] ?? null, partition);
      return null;
    };
    return { resource, decisions: [], perform };
  }
}

function noTokens(): Value {
  throw new Refused("NotAvailable", "this connection has no OAuth tokens; connect it to its provider first");
}

/** Partitions are keyed by the object passed, so by its canonical form. */
export function partitionOf(value: Value): string | null {
  if (value === null) return null;
  if (!isFields(value) && typeof value !== "string") throw invalid("partition must be an object or a string");
  return canonical(value);
}

export function textOf(args: Fields, name: string): string {
  const value = args[name];
  if (typeof value !== "string") throw invalid(`${name} must be a string`);
  return value;
}

function includeOf(value: Value): string[] {
  if (value === null) return [];
  if (!Array.isArray(value) || !value.every((name) => typeof name === "string")) {
    throw invalid('include must be a list of names, such as ["customer"]');
  }
  return value as string[];
}
