/** The checkpoints of a test, by stream and partition, and the page's cursor in them, as the host keeps both. */

import { invalid } from "../errors";
import { object } from "./given";
import { requiredText } from "./ingest";
import { isFields, plain, type Fields, type Value } from "./values";

/** Where a checkpoint of the author's own keeps the page's cursor. */
const PAGE = "$page";

export class Checkpoints {
  private kept = new Map<string, Fields>();

  get(stream: Value, partition: string | null): Fields | null {
    return this.kept.get(JSON.stringify(placeOf(stream, partition))) ?? null;
  }

  /** Keep an object; answers the name of its place. Throws InvalidArgument. */
  set(stream: Value, value: Value, partition: string | null): string {
    const place = placeOf(stream, partition);
    const body = object("checkpoint", value);
    plain(body, "checkpoint");
    this.kept.set(JSON.stringify(place), body);
    return place[1] === "" ? place[0] : place.join("/");
  }

  /** Every checkpoint: stream, partition ("" for none) and value. */
  all(): [string, string, Fields][] {
    return [...this.kept].map(([place, value]) => [...(JSON.parse(place) as [string, string]), value]);
  }

  /** A function that takes back everything kept from here on. */
  savepoint(): () => void {
    const copy = new Map(this.kept);
    return () => {
      this.kept = copy;
    };
  }
}

/** What is kept after a page: the checkpoint as it was given, with the cursor beside it where that was given too; else
 * the cursor and whether there is more. `window`: the `from` and `to` of the backfill that it is a page of. */
export function pageCheckpoint(page: Fields, window: Fields): Fields {
  const { cursor = null, checkpoint = null } = page;
  if (cursor !== null && typeof cursor !== "string" && typeof cursor !== "number") {
    throw invalid("cursor must be a string, a number or null");
  }
  const kept = { cursor, hasMore: page["hasMore"] === true };
  if (checkpoint === null) return kept;
  if (!isFields(checkpoint)) throw invalid("checkpoint must be an object");
  refusePage(checkpoint);
  return "cursor" in page ? { ...checkpoint, [PAGE]: { ...kept, ...windowIn(window) } } : checkpoint;
}

/** Where the next page begins: what the last page committed, else the checkpoint's own `cursor`. What a page of one
 * window committed says nothing about another, nor about a poll. */
export function nextCursor(kept: Fields, window: Fields): Value {
  const page = kept[PAGE];
  const own = kept["cursor"] ?? null;
  if (!isFields(page)) return own;
  const [committed, asked] = [windowIn(page), windowIn(window)].map((one) => JSON.stringify(one));
  if (committed === asked) return page["cursor"] ?? null;
  return asked === "{}" ? own : null;
}

/** The checkpoint as its author knows it. */
export function ownCheckpoint(kept: Fields): Fields {
  const { [PAGE]: _page, ...own } = kept;
  return own;
}

/** Throws InvalidArgument where a checkpoint names what is the host's. */
export function refusePage(checkpoint: Value): void {
  if (isFields(checkpoint) && PAGE in checkpoint) {
    throw invalid(`a checkpoint has no ${PAGE}: the host keeps the page's cursor there`);
  }
}

function windowIn(given: Fields): Fields {
  return Object.fromEntries(["from", "to"].flatMap((name) => (given[name] ? [[name, given[name]]] : [])));
}

function placeOf(stream: Value, partition: string | null): [stream: string, partition: string] {
  return [requiredText("stream", stream), partition === null ? "" : requiredText("partition", partition)];
}
