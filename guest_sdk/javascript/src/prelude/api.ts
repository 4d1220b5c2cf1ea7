/** Route handlers and their answers. */

import { invalidArgument } from "./errors";
import { toJson } from "./json";
import { freeze, hasOwn, isArray, isInteger, isObject, mapGet, mapSet } from "./primordials";

type Handler = (request: unknown) => unknown;
type Init = { status?: number; headers?: Record<string, string>; data?: unknown };

const wrapped = new WeakMap<object, true>();

/** Was this function made by `api(handler)`? */
export function isApiHandler(value: unknown): boolean {
  return isObject(value) && mapGet(wrapped, value) === true;
}

function wrap(handler: unknown): Handler {
  if (typeof handler !== "function") throw invalidArgument("api(handler): handler must be a function");
  const call = handler as Handler;
  const route: Handler = (request) => call(request);
  mapSet(wrapped, route, true);
  return route;
}

function respond(status: number, body: unknown, headers?: Record<string, string>): object {
  return { __api_response: true, status, headers, body };
}

function refuse(status: number, code: string, message: string, data?: unknown, headers?: Record<string, string>): object {
  return respond(status, { error: { code, message, data } }, headers);
}

function providerError(message: string, response?: { status?: number; headers?: Record<string, string> }): object {
  const provider_status = response?.status;
  if (provider_status !== 429) return refuse(502, "provider_error", message, { provider_status });
  const retry_after = response?.headers?.["retry-after"];
  const headers = retry_after === undefined ? undefined : { "retry-after": retry_after };
  return refuse(429, "provider_throttled", message, { provider_status, retry_after }, headers);
}

const helpers = {
  json: (data: unknown, init?: Init) => respond(init?.status ?? 200, data, init?.headers),
  badRequest: (message = "Bad request", data?: unknown) => refuse(400, "bad_request", message, data),
  unauthorized: (message = "Unauthorized", data?: unknown) => refuse(401, "unauthorized", message, data),
  forbidden: (message = "Forbidden", data?: unknown) => refuse(403, "forbidden", message, data),
  notFound: (message = "Not found", data?: unknown) => refuse(404, "not_found", message, data),
  error: (message = "Internal error", init?: Init) =>
    refuse(init?.status ?? 500, "error", message, init?.data, init?.headers),
  providerError,
};

for (const helper of Object.values(helpers)) freeze(helper);

/** The global `api`: callable, and carrying the helpers. */
export const api = freeze(Object.assign((handler: unknown) => wrap(handler), helpers));

/** The JSON text of `{status, headers, body}` for whatever a route handler returned. */
export function responseText(value: unknown): string {
  if (!isObject(value) || !hasOwn(value, "__api_response") || value["__api_response"] !== true) return okText(value);
  const status: unknown = value["status"] ?? 200;
  if (!isInteger(status) || (status as number) < 100 || (status as number) > 599) {
    throw invalidArgument("the response's status must be a whole number from 100 to 599");
  }
  const given: unknown = value["headers"] ?? undefined;
  if (given !== undefined && (!isObject(given) || isArray(given))) {
    throw invalidArgument("the response's headers must be an object of strings");
  }
  const headers = toJson(given, "headers") ?? "{}";
  const body = toJson(value["body"], "body") ?? "null";
  return '{"status":' + (status as number) + ',"headers":' + headers + ',"body":' + body + "}";
}

/** The same for a plain value: 200. */
export function okText(value: unknown): string {
  return '{"status":200,"headers":{},"body":' + (toJson(value, "the returned value") ?? "null") + "}";
}
