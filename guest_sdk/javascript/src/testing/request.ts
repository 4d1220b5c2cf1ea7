/** What a handler sees of a test's request: the request as the host would hand it over. */

import { randomUUID } from "node:crypto";
import { invalid } from "./errors";
import type { TestRequest } from "./index";
import { matchPath, parametersOf, pathWith } from "./paths";
import { project, type Route } from "./project";
import { nextCursor } from "./records/checkpoints";
import type { Fields, Value } from "./records/values";

const PAGE = ["from", "to", "cursor", "page", "page_size"];

/** What the runtime adds to a request. `kept`: the checkpoint of a sync route's stream. */
export interface Around {
  readonly route: Route | undefined;
  readonly context: Fields;
  readonly kept: Fields | null;
}

export function inputOf(request: TestRequest, { route, context, kept }: Around): Fields {
  const searchParams = queryOf(request.searchParams ?? {});
  const raw = request.rawBody ?? (request.body === undefined ? "" : JSON.stringify(request.body));
  let body = request.body === undefined ? parsed(raw) : plainJson(request.body);
  if (route?.stream) {
    const cursor = nextCursor(kept ?? {}, searchParams);
    if (cursor !== null && !("cursor" in searchParams)) searchParams["cursor"] = String(cursor);
    if (raw === "") body = pageOf(route.stream, searchParams);
  }
  const headers = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    method: request.method ?? route?.method ?? "POST",
    ...placeOf(request, route),
    searchParams,
    headers: Object.fromEntries(headers) as Fields,
    body,
    rawBody: raw,
    context,
  };
}

/** The request's path and its parameters. Throws TypeError where the route answers no such request. */
function placeOf(request: TestRequest, route: Route | undefined): { path: string; params: Fields } {
  const params = plainJson(request.params ?? {}) as Fields;
  if (route === undefined) return { path: request.path ?? "/", params };
  const name = `${route.method} ${route.path}`;
  if (request.path !== undefined) {
    if (request.params !== undefined) throw new TypeError(`${name}: give the path or its params, not both`);
    const files = project()?.layout.routes ?? {};
    const found = matchPath(Object.keys(files), request.path);
    if (found?.[0] === route.path) return { path: request.path, params: found[1] };
    const answered = found === undefined ? "no route answers it" : `${files[found[0]]} answers it`;
    throw new TypeError(`${name} does not answer ${request.path}: ${answered}`);
  }
  const names = parametersOf(route.path);
  const unknown = Object.keys(params).find((key) => !names.includes(key));
  if (unknown !== undefined) throw new TypeError(`${name} has no parameter '${unknown}'`);
  for (const key of names) {
    const value = params[key];
    if (typeof value !== "string" || value === "") throw new TypeError(`${name} needs params: { ${key}: "…" }`);
  }
  return { path: pathWith(route.path, params as Record<string, string>), params };
}

/** A value as JSON carries it. Throws InvalidArgument. */
export function plainJson(value: unknown): Value {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw invalid("only plain JSON can be given to a test runtime");
  return JSON.parse(text) as Value;
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
