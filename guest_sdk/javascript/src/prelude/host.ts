/** Host calls: what is asked through the door, and when. */

import { door } from "./door";
import { typedError } from "./errors";
import { toJson } from "./json";
import { hasOwn, parse } from "./primordials";

interface Answer {
  readonly ok?: unknown;
  readonly error?: { readonly name: string; readonly code: string; readonly message: string };
}

/** loading: modules are being evaluated. running: a handler is. ended: its result has been reported. */
let phase: "loading" | "running" | "ended" = "loading";

/** Host calls work from here on. */
export function begin(): void {
  phase = "running";
}

/** Report the result of the invocation; nothing can be asked after it. */
export function end(result: string): void {
  phase = "ended";
  door('{"capability":"$result","args":' + result + "}");
}

/**
 * One host call. `args` is the inside of a JSON object, made by `first` and `also`.
 *
 * Returns what the host answered; throws the host's typed error.
 */
export function ask(capability: string, action: string, args: string): any {
  if (phase !== "running") throw notAvailable(capability, action);
  const text = door('{"capability":"' + capability + '","action":"' + action + '","args":{' + args + "}}");
  const answer = parse(text) as Answer;
  if (hasOwn(answer, "error")) {
    const error = answer.error as NonNullable<Answer["error"]>;
    throw typedError(error.name, error.code, error.message);
  }
  return answer.ok;
}

/** The first argument of a call: `"name":value`; null when it was left out. */
export function first(name: string, value: unknown): string {
  return '"' + name + '":' + (toJson(value, name) ?? "null");
}

/** A further argument: `,"name":value`; nothing when it was left out. */
export function also(name: string, value: unknown): string {
  const text = toJson(value, name);
  return text === undefined ? "" : ',"' + name + '":' + text;
}

function notAvailable(capability: string, action: string): Error {
  const why =
    phase === "loading"
      ? "there is no invocation while a module is loaded; call it inside the handler"
      : "the handler has already returned; await what it starts";
  return typedError("NotAvailable", "not_available", capability + "." + action + ": " + why);
}
