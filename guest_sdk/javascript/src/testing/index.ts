/**
 * `@backfill-io/sdk/testing`: routes, hooks and jobs of a connector or an extension, tested in Node.
 *
 * The runtime puts the SDK's globals on `globalThis` and answers their host calls in memory, by the rules of the
 * sandbox: permissions, contracts, idempotency, transactions, errors. `backfill test` runs such tests;
 * `backfill test --sandbox` runs the same requests in the sandbox and reports every difference.
 */

import type { HostErrorCode, HttpOptions } from "../capabilities";
import type { IngestResult } from "../connectors";
import type { HookEvent } from "../hooks";
import type { ConnectorManifest, ExtensionManifest, Permissions } from "../manifest";
import type { RouteHandler } from "../routes";

export interface ConnectorTestOptions {
  /** What `Settings` answers, over the manifest's own defaults. */
  settings?: Record<string, unknown>;
  /** What `Secrets.get` answers, by name. */
  secrets?: Record<string, string>;
  /** Default: from the manifest. */
  connector?: { key?: string; provider?: string };
  /** The connection of the run: `request.context.connection`. */
  connection?: { id?: string; connectionId?: string; connectorKey?: string; provider?: string };
  /** The connection's OAuth tokens. Without them `OAuth.accessToken()` throws `not_available`. */
  oauth?: {
    accessToken: string;
    scopes?: readonly string[];
    /** Asking for the token throws `not_available` while one of these is not among `scopes`. */
    requiredScopes?: readonly string[];
    provider?: string;
  };
  /** Records that exist before the test, by entity: `{ Customer: [{ id: "c1", name: "Ada" }] }`. */
  records?: Record<string, readonly object[]>;
  /** Checkpoints that exist before the test, by stream. */
  checkpoints?: Record<string, Record<string, unknown>>;
  /** Default under `backfill test`: the project's own. Without one everything is allowed. */
  manifest?: ConnectorManifest | ExtensionManifest;
  /** In place of the manifest's. */
  permissions?: Permissions;
}

/** One answer to one request. */
export interface HttpStub {
  /** 200 where it is left out. */
  status?: number;
  headers?: Record<string, string>;
  /** An object or array is sent as JSON, a string as it is. */
  body?: unknown;
  /** Answers requests to this URL only. `*` matches anything; a URL without `?` ignores the query. */
  url?: string;
  /** The request fails like this instead of being answered. */
  error?: "EgressBlocked" | "HttpTimeout" | "ResponseTooLarge";
}

/** A request that a handler made. */
export interface HttpCall {
  method: string;
  url: string;
  /** As sent, `authorization` included; lower-case names. */
  headers: Record<string, string>;
  /** As the handler gave it; null where there is none. */
  body: any;
  /** The options as the handler gave them. */
  options: HttpOptions;
  /** What it was answered; null where it failed. `body` as it went over the wire. */
  response: { status: number; headers: Record<string, string>; body: string } | null;
  /** What it failed with instead; null where it was answered. */
  error: { name: string; message: string } | null;
}

/** Answers are used once, in the order in which they were added, each by the first request it matches. A request
 * that none matches throws `egress_blocked`. The `Json` forms send every body as JSON, a string too. */
export interface StubbedHttp {
  getOnce(stub: HttpStub): void;
  postOnce(stub: HttpStub): void;
  putOnce(stub: HttpStub): void;
  patchOnce(stub: HttpStub): void;
  deleteOnce(stub: HttpStub): void;
  getJsonOnce(stub: HttpStub): void;
  postJsonOnce(stub: HttpStub): void;
  putJsonOnce(stub: HttpStub): void;
  patchJsonOnce(stub: HttpStub): void;
  deleteJsonOnce(stub: HttpStub): void;
  readonly calls: readonly HttpCall[];
  /** Answers that no request has used yet. */
  readonly pending: readonly HttpStub[];
}

/** One payload that a handler handed to `ingest`; those of a batch are listed one by one. */
export interface IngestCall {
  action: "canonical" | "batch";
  documentType: string;
  /** The record's id at the provider, as the host works it out; null where that failed. */
  sourceId: string | null;
  idempotencyKey: string;
  stream: string;
  payload: any;
  /** null where it failed. */
  result: IngestResult | null;
  error: { name: string; code: HostErrorCode; message: string } | null;
}

/** Which ingests to fail: all that is given must match; `{}` matches any. */
export interface IngestFault {
  documentType?: string;
  sourceId?: string;
  idempotencyKey?: string;
  /** Default: `ValidationError`. */
  name?: "ValidationError" | "Conflict";
  message?: string;
}

export interface TestLog {
  level: "debug" | "info" | "warn" | "error";
  message: string;
  /** null where none was given. Secrets that the handler has read appear as `[secret:NAME]`. */
  data: any;
}

/** A request as a test gives it; what is left out is empty. */
export interface TestRequest {
  method?: string;
  /** The request's path as it was sent, `/customers/a%20b`; the route's parameters are read from it. */
  path?: string;
  searchParams?: Record<string, string | string[]>;
  /** The parameters of the route's path, in place of `path`. */
  params?: Record<string, string>;
  headers?: Record<string, string>;
  body?: unknown;
  /** The body as it arrived; default: `body` as JSON. Parsed into `body` where that is left out. */
  rawBody?: string;
}

export interface TestResponse<Body = any> {
  status: number;
  headers: Record<string, string>;
  body: Body;
}

type Snake<Text extends string> = Text extends `${infer Head}-${infer Tail}` ? `${Head}_${Snake<Tail>}` : Text;

/** `before_save`, or as its file is named, `before-save`. */
export type HookEventId = HookEvent | Snake<HookEvent>;

/** What a hook runs on. */
export interface HookGiven<T = any> {
  /** The record after the change; in a before-hook, as it is about to be. */
  record: T;
  /** As it was; a create where it is left out. */
  previous?: T | null;
}

/** What came of a hook. */
export interface HookOutcome<T = any> {
  /** The record, with what `before_save` or `recalculate` returned merged into it and checked as the host does. */
  record: T;
  /** What the hook returned; null for nothing. */
  returned: any;
  /** What a before-hook threw, or why what it returned cannot be merged: the write is refused. Null where it goes on. */
  rejected: { name: string; message: string } | null;
}

export interface TestRuntime {
  /** Put the SDK's globals on `globalThis`. Import route modules that use them after this. */
  install(): void;
  /** Take them away again. */
  restore(): void;
  /**
   * Run a route's handler as the host does: the answer is normalised, and what it wrote stays only where it
   * returned. Rejects with what the handler threw, or with the limit that it hit.
   */
  call<Body = any>(handler: RouteHandler, request?: TestRequest): Promise<TestResponse<Body>>;
  /**
   * Run one hook of the project by itself: `hook("Invoice", "before_save", { record })`. What it writes stays unless it
   * rejects. Rejects with what an after-hook threw, which in the host goes to the logs.
   */
  hook<T = any>(entity: string, event: HookEventId, given: HookGiven<NoInfer<T>>): Promise<HookOutcome<T>>;
  /** Run a job of the project, as often as its `retry` says until it succeeds; answers what `run` returned. What it
   * wrote stays, whatever happens next. Rejects with what the last attempt threw. */
  job<Result = any>(name: string): Promise<Result>;
  readonly http: StubbedHttp;
  readonly ingest: {
    readonly calls: readonly IngestCall[];
    /** Make the next ingest that matches fail, to see how a handler takes a partial failure. */
    failNext(fault?: IngestFault): void;
  };
  /** Checkpoints as they are stored by now; `partition` as the handler gives it. */
  readonly checkpoints: {
    get(stream: string, options?: { partition?: Record<string, any> | string }): Record<string, any> | null;
    set(stream: string, checkpoint: Record<string, any>, options?: { partition?: Record<string, any> | string }): void;
  };
  readonly logs: readonly TestLog[];
  readonly secrets: {
    get(name: string): string | null;
    set(name: string, value: string): void;
    delete(name: string): boolean;
  };
  readonly settings: {
    get(key: string): any;
    set(key: string, value: unknown): void;
  };
  readonly records: {
    /** Records as a handler with `read` sees them, oldest first. */
    all(entity: string): Record<string, any>[];
    get(entity: string, id: string): Record<string, any> | null;
  };
}

/** A runtime for one test; a plain extension leaves the connector's options out. */
export declare function connectorTestRuntime(options?: ConnectorTestOptions): TestRuntime;
