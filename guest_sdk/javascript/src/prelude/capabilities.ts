/** The capabilities: each function turns its arguments into one host call. */

import { invalidArgument } from "./errors";
import { also, ask, first } from "./host";
import { logDataToJson, toJson } from "./json";
import { isArray, isObject, keys } from "./primordials";

type Options = Record<string, any> | undefined;

export const Http = {
  get: (url: unknown, options?: unknown) => ask("http", "get", first("url", url) + also("options", options)),
  delete: (url: unknown, options?: unknown) => ask("http", "delete", first("url", url) + also("options", options)),
  post: (url: unknown, body?: unknown, options?: unknown) => send("post", url, body, options),
  put: (url: unknown, body?: unknown, options?: unknown) => send("put", url, body, options),
  patch: (url: unknown, body?: unknown, options?: unknown) => send("patch", url, body, options),
};

function send(action: string, url: unknown, body: unknown, options: unknown): unknown {
  return ask("http", action, first("url", url) + also("body", body) + also("options", options));
}

export const Secrets = {
  get: (name: unknown) => ask("secrets", "get", first("name", name)),
  set: (name: unknown, value: unknown): void => {
    ask("secrets", "set", first("name", name) + also("value", value));
  },
  delete: (name: unknown) => ask("secrets", "delete", first("name", name)),
  has: (name: unknown) => ask("secrets", "has", first("name", name)),
  list: () => ask("secrets", "list", ""),
};

export const Settings = {
  get: (key: unknown) => ask("settings", "get", first("key", key)),
  getAll: () => ask("settings", "getAll", ""),
};

export const Log = {
  debug: (message: unknown, data?: unknown) => log("debug", message, data),
  info: (message: unknown, data?: unknown) => log("info", message, data),
  warn: (message: unknown, data?: unknown) => log("warn", message, data),
  error: (message: unknown, data?: unknown) => log("error", message, data),
};

function log(level: string, message: unknown, data: unknown): void {
  const text = logDataToJson(data);
  ask("log", "write", first("level", level) + also("message", message) + (text === undefined ? "" : ',"data":' + text));
}

const GET_OPTIONS = ["include"];
const QUERY_OPTIONS = ["where", "orderBy", "limit", "offset", "include"];

export const Entity = {
  get(entity: unknown, id: unknown, options?: unknown) {
    const read = readOptions("Entity.get", options, GET_OPTIONS);
    return ask("entity", "get", first("entity", entity) + also("id", id) + also("include", read?.["include"]));
  },
  query(entity: unknown, options?: unknown) {
    const read = readOptions("Entity.query", options, QUERY_OPTIONS);
    let args = first("entity", entity);
    for (let i = 0; read !== undefined && i < QUERY_OPTIONS.length; i++) {
      const name = QUERY_OPTIONS[i] as string;
      args += also(name, read[name]);
    }
    return ask("entity", "query", args);
  },
  create: (entity: unknown, attrs: unknown) =>
    ask("entity", "create", first("entity", entity) + also("attrs", attrs)),
  update: (entity: unknown, id: unknown, attrs: unknown) =>
    ask("entity", "update", first("entity", entity) + also("id", id) + also("attrs", attrs)),
  delete: (entity: unknown, id: unknown) => ask("entity", "delete", first("entity", entity) + also("id", id)),
  exists: (entity: unknown, where?: unknown) =>
    ask("entity", "exists", first("entity", entity) + also("where", where)),
  count: (entity: unknown, where?: unknown) => ask("entity", "count", first("entity", entity) + also("where", where)),
  action: (entity: unknown, id: unknown, name: unknown, params?: unknown) =>
    ask("entity", "action", first("entity", entity) + also("id", id) + also("name", name) + also("params", params)),
};

/** The same methods with the entity's name filled in: what `Invoice`, `Customer` and custom entities are. */
export function entityClass(name: string): Record<string, (...args: any[]) => unknown> {
  return {
    get: (id: unknown, options?: unknown) => Entity.get(name, id, options),
    query: (options?: unknown) => Entity.query(name, options),
    create: (attrs: unknown) => Entity.create(name, attrs),
    update: (id: unknown, attrs: unknown) => Entity.update(name, id, attrs),
    delete: (id: unknown) => Entity.delete(name, id),
    exists: (where?: unknown) => Entity.exists(name, where),
    count: (where?: unknown) => Entity.count(name, where),
    action: (id: unknown, action: unknown, params?: unknown) => Entity.action(name, id, action, params),
  };
}

const BATCH_OPTIONS = ["stream", "continueOnError", "sourceId", "idempotencyKey"];

export const ingest = {
  canonical: (documentType: unknown, payload: unknown, options?: unknown) =>
    ask("ingest", "canonical", first("documentType", documentType) + also("payload", payload) + also("options", options)),
  batch(documentType: unknown, payloads: unknown, options?: unknown) {
    const read = readOptions("ingest.batch", options, BATCH_OPTIONS);
    const { stream, continueOnError } = read ?? {};
    const keyOf = callback("idempotencyKey", read?.["idempotencyKey"]);
    const sourceOf = read?.["sourceId"] === undefined ? undefined : callback("sourceId", read["sourceId"]);
    if (!isArray(payloads)) throw invalidArgument("ingest.batch: payloads must be an array");
    let items = "";
    for (let i = 0; i < payloads.length; i++) {
      const payload: unknown = payloads[i];
      const place = "payloads[" + i + "]";
      items += (i === 0 ? "" : ",") + '{"payload":' + (toJson(payload, place) ?? "null");
      items += also("idempotencyKey", keyOf(payload, i));
      if (sourceOf !== undefined) items += also("sourceId", sourceOf(payload, i));
      items += "}";
    }
    const how = '{"stream":' + (toJson(stream, "stream") ?? "null") + also("continueOnError", continueOnError) + "}";
    return ask("ingest", "batch", first("documentType", documentType) + ',"items":[' + items + '],"options":' + how);
  },
};

function callback(name: string, value: unknown): (payload: unknown, index: number) => unknown {
  if (typeof value === "function") return value as (payload: unknown, index: number) => unknown;
  throw invalidArgument("ingest.batch: " + name + " must be a function of the payload");
}

export const verify = {
  standardWebhook: (request: Options, secret: unknown, options?: unknown) =>
    ask("verify", "standardWebhook", signed(request) + also("secret", secret) + also("options", options)),
  hmacSha256: (request: Options, secret: unknown, options?: unknown) =>
    ask("verify", "hmacSha256", signed(request) + also("secret", secret) + also("options", options)),
};

function signed(request: Options): string {
  return '"request":{' + first("rawBody", request?.["rawBody"]) + also("headers", request?.["headers"]) + "}";
}

export const Crypto = {
  hmacSha256: (key: unknown, data: unknown, encoding?: unknown) =>
    ask("crypto", "hmacSha256", first("key", key) + also("data", data) + also("encoding", encoding)),
  sha256: (data: unknown, encoding?: unknown) =>
    ask("crypto", "sha256", first("data", data) + also("encoding", encoding)),
  randomUUID: () => ask("crypto", "randomUUID", ""),
  timingSafeEqual: (a: unknown, b: unknown) => ask("crypto", "timingSafeEqual", first("a", a) + also("b", b)),
};

export const OAuth = {
  accessToken: () => ask("oauth", "accessToken", ""),
};

/** The options object of a call, refused where it is none or has a key that the call does not know. */
export function readOptions(call: string, options: unknown, known: readonly string[]): Options {
  if (options === undefined || options === null) return undefined;
  if (!isObject(options) || isArray(options)) throw invalidArgument(call + ": options must be an object");
  const names = keys(options);
  for (let i = 0; i < names.length; i++) {
    if (!among(known, names[i] as string)) {
      throw invalidArgument(call + ": there is no option " + names[i] + "; it knows " + listed(known));
    }
  }
  return options;
}

function among(names: readonly string[], name: string): boolean {
  for (let i = 0; i < names.length; i++) if (names[i] === name) return true;
  return false;
}

function listed(names: readonly string[]): string {
  let text = "";
  for (let i = 0; i < names.length; i++) text += (i === 0 ? "" : ", ") + names[i];
  return text;
}
