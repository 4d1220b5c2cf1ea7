/** The one serialisation of what a guest hands over: read once, refused by name where JSON would lose it. */

import { door } from "./door";
import { invalidArgument } from "./errors";
import { isArray, isError, isObject, keys, repeat, stringify } from "./primordials";

const SAFE = Number.MAX_SAFE_INTEGER;
const SEARCH_DEPTH = 64;

/** Characters of text that no call and no result may have, whatever the run's limits are. */
const LONGEST = 8 * 1024 * 1024;

/** Why a value may not cross, or undefined when it may. */
function refusal(value: unknown): string | undefined {
  switch (typeof value) {
    case "number":
      if (value <= SAFE && value >= -SAFE) return undefined;
      if (value !== value) return "is NaN";
      return value - value === 0 ? "is a number outside ±2^53; send it as a string" : "is not a finite number";
    case "function":
      return "is a function; only plain JSON can be handed over";
    case "symbol":
      return "is a symbol; only plain JSON can be handed over";
    case "bigint":
      return "is a BigInt; send it as a string";
    default:
      return undefined;
  }
}

/**
 * Text that cannot cross is handed to the host as it is. The host measures before it reads, and ends the run with
 * ResultTooLarge; as JSON the text would be there twice more, and the memory would end first.
 */
function refuseLongText(text: string): void {
  door(text.length > LONGEST ? text : repeat(" ", LONGEST));
}

let characters = 0;
let refusedHolder: unknown;
let refusedKey = "";
let refusedWhy = "";

function check(this: unknown, key: string, value: unknown): unknown {
  const type = typeof value;
  if (type === "boolean") return value;
  if (type === "string") {
    characters += (value as string).length;
    if (characters > LONGEST) refuseLongText(value as string);
    return value;
  }
  const why = type === "object" ? undefined : refusal(value);
  if (why === undefined) return value;
  refusedHolder = this;
  refusedKey = key;
  refusedWhy = why;
  throw REFUSED;
}

const REFUSED = {};

/**
 * The JSON text of a guest's value, or undefined where there is nothing to send.
 *
 * Getters, proxies and `toJSON` run here, once, and nothing reads the value again. Throws InvalidArgument,
 * with the path, for functions, symbols, BigInts, cycles, NaN, Infinity and integers outside ±2^53.
 */
export function toJson(value: unknown, place: string): string | undefined {
  switch (typeof value) {
    case "string":
      if (value.length > LONGEST) refuseLongText(value);
      return stringify(value);
    case "undefined":
      return undefined;
    case "object":
      return value === null ? "null" : objectToJson(value, place);
    case "boolean":
      return value ? "true" : "false";
  }
  const why = refusal(value);
  if (why !== undefined) throw invalidArgument(place + " " + why);
  return stringify(value);
}

function objectToJson(value: object, place: string): string | undefined {
  characters = 0;
  try {
    return stringify(value, check as (key: string, value: unknown) => unknown);
  } catch (thrown) {
    if (thrown === REFUSED) {
      const holder = refusedHolder;
      refusedHolder = undefined;
      const path = refusedKey === "" ? place : pathTo(value, holder, place, 0) + step(holder, refusedKey);
      throw invalidArgument(path + " " + refusedWhy);
    }
    const cycle = cyclePath(value, undefined, place, 0);
    if (cycle !== undefined) throw invalidArgument(cycle + " refers back to itself; only plain JSON can be handed over");
    throw thrown;
  }
}

/** `Log` data: like `toJson`, but an Error in it becomes its name, message and stack. */
export function logDataToJson(value: unknown): string | undefined {
  return toJson(isError(value) ? errorFields(value) : withErrorFields(value), "data");
}

function withErrorFields(value: unknown): unknown {
  if (!isObject(value) || typeof value === "function" || isArray(value)) return value;
  const names = keys(value);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (isError(value[name])) return copyWithErrorFields(value, names);
  }
  return value;
}

function copyWithErrorFields(value: Record<string, unknown>, names: string[]): object {
  const copy = { __proto__: null } as unknown as Record<string, unknown>;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const item = value[name];
    copy[name] = isError(item) ? errorFields(item) : item;
  }
  return copy;
}

function errorFields(error: Error): object {
  const { name, message, stack } = error;
  return { __proto__: null, name, message, stack };
}

function step(holder: unknown, key: string): string {
  return isArray(holder) ? "[" + key + "]" : "." + key;
}

/** Where `target` is inside `root`, for a message; only `place` when it cannot be found by plain reading. */
function pathTo(root: unknown, target: unknown, place: string, depth: number): string {
  return find(root, target, place, depth) ?? place;
}

function find(value: unknown, target: unknown, path: string, depth: number): string | undefined {
  if (value === target) return path;
  if (!isObject(value) || depth > SEARCH_DEPTH) return undefined;
  const names = keys(value);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const found = find(value[name], target, path + step(value, name), depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Above {
  readonly value: unknown;
  readonly next: Above | undefined;
}

function cyclePath(value: unknown, above: Above | undefined, path: string, depth: number): string | undefined {
  if (!isObject(value) || depth > SEARCH_DEPTH) return undefined;
  for (let at = above; at !== undefined; at = at.next) if (at.value === value) return path;
  const names = keys(value);
  const chain: Above = { value, next: above };
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const found = cyclePath(value[name], chain, path + step(value, name), depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
