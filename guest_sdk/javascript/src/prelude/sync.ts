/** Checkpoints, and the page that a sync route was asked for. */

import { readOptions } from "./capabilities";
import { invalidArgument } from "./errors";
import { also, ask, first } from "./host";
import { freeze, hasOwn, isArray, isInteger, isObject } from "./primordials";

const CHECKPOINT_OPTIONS = ["partition"];
const COMMIT_OPTIONS = ["cursor", "hasMore", "checkpoint"];
const DEFAULT_PAGE_SIZE = 100;

export const sync = {
  getCheckpoint(stream: unknown, options?: unknown) {
    const read = readOptions("sync.getCheckpoint", options, CHECKPOINT_OPTIONS);
    return ask("sync", "getCheckpoint", first("stream", stream) + also("partition", read?.["partition"]));
  },
  setCheckpoint(stream: unknown, value: unknown, options?: unknown): void {
    const read = readOptions("sync.setCheckpoint", options, CHECKPOINT_OPTIONS);
    const args = first("stream", stream) + also("value", value) + also("partition", read?.["partition"]);
    ask("sync", "setCheckpoint", args);
  },
  listPage(request: unknown, stream: unknown) {
    if (!isObject(request)) throw invalidArgument("sync.listPage(request, stream): request must be the route's request");
    if (typeof stream !== "string") throw invalidArgument("sync.listPage(request, stream): stream must be a string");
    const from = text(request, "from");
    const to = text(request, "to");
    return freeze({
      stream,
      cursor: text(request, "cursor"),
      page: count(request, "page", 1),
      pageSize: count(request, "page_size", DEFAULT_PAGE_SIZE),
      from,
      to,
      commit(page?: unknown) {
        const read = readOptions("commit", page, COMMIT_OPTIONS);
        const args = first("stream", stream) + also("cursor", read?.["cursor"]) + also("hasMore", read?.["hasMore"]);
        const window = also("from", from ?? undefined) + also("to", to ?? undefined);
        return ask("sync", "commitPage", args + also("checkpoint", read?.["checkpoint"]) + window);
      },
    });
  },
};

/** What the host set for this page: typed in the body, as strings in the query. */
function given(request: Record<string, any>, name: string): unknown {
  const body: unknown = request["body"];
  if (isObject(body) && hasOwn(body, name) && body[name] !== null && body[name] !== undefined) return body[name];
  const query: unknown = request["searchParams"];
  if (!isObject(query) || !hasOwn(query, name)) return undefined;
  const value: unknown = query[name];
  return isArray(value) ? value[0] : value;
}

function text(request: Record<string, any>, name: string): unknown {
  const value = given(request, name);
  return value === undefined || value === "" ? null : value;
}

function count(request: Record<string, any>, name: string, fallback: number): number {
  const value = given(request, name);
  if (value === undefined || value === "") return fallback;
  const number = +(value as string);
  if (!isInteger(number) || number < 1) throw invalidArgument(name + " must be a whole number from 1");
  return number;
}
