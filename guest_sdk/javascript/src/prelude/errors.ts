/** Errors as guests see them, and what the host is told about one that a handler threw. */

import { NativeError, define, indexOf, isError, isObject, lastIndexOf, mapGet, mapSet, slice, stringify } from "./primordials";

const MESSAGE_CHARS = 8_192;
const STACK_CHARS = 16_384;

interface Facts {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** The errors that we made: these keep their code in a report, whatever the guest did to the object. */
const made = new WeakMap<object, Facts>();

const PRELUDE = fileOfThisScript();

/** An Error with a name, a code (its snake_case) and a stack that begins at the guest's own call. */
export function typedError(name: string, code: string, message: string): Error {
  const error = new NativeError(message);
  define(error, "name", name, true);
  define(error, "code", code, true);
  define(error, "stack", trimStack(ownText(error, "stack")), true);
  mapSet(made, error, { name, code, message });
  return error;
}

/** An argument has the wrong type or form; `message` names it. */
export function invalidArgument(message: string): Error {
  return typedError("InvalidArgument", "invalid_argument", message);
}

/** The JSON text of `{name, code, message, stack}` for anything that was thrown, whatever it is. */
export function thrownText(thrown: unknown): string {
  const facts = isObject(thrown) ? mapGet(made, thrown) : undefined;
  const name = facts ? facts.name : ownText(thrown, "name") || "Error";
  const code = facts ? facts.code : "handler_error";
  const message = facts ? facts.message : messageOf(thrown);
  return (
    '{"name":' + stringify(slice(name, 0, 128)) +
    ',"code":' + stringify(code) +
    ',"message":' + stringify(slice(message, 0, MESSAGE_CHARS)) +
    ',"stack":' + stringify(stackOf(thrown)) +
    "}"
  );
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  switch (typeof thrown) {
    case "string":
      return thrown;
    case "object":
    case "function": {
      if (thrown === null) break;
      const message = ownText(thrown, "message");
      if (message !== "" || isError(thrown)) return message;
      return "a value that is not an Error was thrown: " + preview(thrown);
    }
  }
  return "a value that is not an Error was thrown: " + preview(thrown);
}

/** The stack of a thrown Error without the prelude's own frames, else an empty string. */
export function stackOf(thrown: unknown): string {
  return slice(trimStack(ownText(thrown, "stack")), 0, STACK_CHARS);
}

/** A property of a guest's value when it is a string; a getter that throws counts as absent. */
function ownText(value: unknown, property: "name" | "message" | "stack"): string {
  if (!isObject(value)) return "";
  try {
    const text: unknown = value[property];
    return typeof text === "string" ? text : "";
  } catch {
    return "";
  }
}

function preview(value: unknown): string {
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return "a BigInt";
  try {
    return slice(stringify(value) ?? "undefined", 0, 256);
  } catch {
    return "an object";
  }
}

function trimStack(stack: string): string {
  if (PRELUDE === "") return stack;
  let kept = "";
  let start = 0;
  while (start < stack.length) {
    const end = indexOf(stack, "\n", start);
    const line = slice(stack, start, end === -1 ? stack.length : end + 1);
    if (indexOf(line, PRELUDE) === -1) kept += line;
    start += line.length;
  }
  return kept;
}

/** `file:` as stacks name this script, so that its frames can be told from the guest's. */
function fileOfThisScript(): string {
  const stack = new NativeError().stack ?? "";
  const frame = slice(stack, indexOf(stack, "(") + 1, indexOf(stack, ")"));
  const line = slice(frame, 0, lastIndexOf(frame, ":"));
  return slice(line, 0, lastIndexOf(line, ":") + 1);
}
