/**
 * The sandbox's own prelude, evaluated in Node around a global object of its own.
 *
 * There is one per process, since modules keep what they imported from the SDK. Who answers its host calls changes
 * from one moment to the next: see `answerWith`.
 */

import { readFileSync } from "node:fs";
import { compileFunction } from "node:vm";
import names from "../../names.json";
import type { Fields, Value } from "./records/values";

export type Kind = "route" | "hook" | "job";
export type Handler = (input: unknown) => unknown;

/** One host call, as the prelude sends it. */
export interface Message {
  readonly capability: string;
  readonly action: string;
  readonly args: Fields;
}

type Answer = (message: Message) => string;

/** What became of a handler, as the prelude reports it. */
export type Result =
  | { readonly ok: true; readonly value: { status: number; headers: Record<string, string>; body: Value } }
  | { readonly ok: false; readonly error: { name: string; code: string; message: string; stack: string } };

interface Scope extends Record<string, unknown> {
  __backfill_host?: (text: string) => string;
  __backfill_main?: (text: string) => string | undefined;
  __backfill_modules?: (loaders: Record<string, () => unknown>) => void;
}

/** What the build would say of a module's export. */
export interface ExportFact {
  readonly type: string;
  readonly value?: any;
  readonly declaration?: string;
}

const SLOT = "backfill:handler";
const FILENAME = "backfill:prelude";

const slot: { handler?: Handler } = { handler: undefined as never };
const scope: Scope = { __backfill_host: host };
let answer: Answer | undefined;
let report: ((result: Result) => void) | undefined;

const prelude = readFileSync(new URL("./prelude.js", import.meta.url), "utf8");
// Its Math.random is seeded by the host; here Node's own stays.
compileFunction(prelude, ["globalThis", "Math"], { filename: FILENAME })(scope, Object.create(Math));
const main = scope.__backfill_main as NonNullable<Scope["__backfill_main"]>;

/** The names that a runtime puts on `globalThis`, custom entities aside. */
export const NAMES: readonly string[] = [...names.capabilities, ...names.helpers, ...names.entities];

/** The SDK, by name. */
export function sdk(name: string): unknown {
  return scope[name];
}

/** A class that a script may import before its declaration has been loaded. */
export function customEntity(name: string): object {
  return new Proxy({}, { get: (_, method) => (scope[name] as Record<PropertyKey, unknown> | undefined)?.[method] });
}

/** Who answers host calls from now on; without one they throw `not_available`. */
export function answerWith(next: Answer | undefined): Answer | undefined {
  const before = answer;
  answer = next;
  return before;
}

/** Hand the project's declarations to the prelude, as the bundle does, and get back what they are. Once only. */
export function load(modules: Readonly<Record<string, unknown>>): Record<string, Record<string, ExportFact>> {
  const loaders = Object.fromEntries(Object.entries(modules).map(([file, module]) => [file, () => module]));
  scope.__backfill_modules?.({ ...loaders, [SLOT]: () => slot });
  while (main('{"op":"next"}') !== "") main('{"op":"load"}');
  const { modules: facts, errors } = JSON.parse(main('{"op":"describe"}') ?? "{}") as {
    modules: Record<string, Record<string, ExportFact>>;
    errors: { file: string; message: string }[];
  };
  const [first] = errors;
  if (first !== undefined) throw new Error(`${first.file}: ${first.message}`);
  return facts;
}

/** Run one handler as the host runs it. */
export function invoke(kind: Kind, handler: Handler, input: Value): Promise<Result> {
  if (scope.__backfill_modules !== undefined) load({});
  slot.handler = handler;
  return new Promise((resolve) => {
    report = resolve;
    main(JSON.stringify({ op: "invoke", kind, file: SLOT, export: "handler", input, seed: [1, 2, 3, 4] }));
  });
}

/** Let the SDK be used outside of a handler: by a test, or by a helper that a test calls. */
export function open(): void {
  void invoke("job", () => new Promise(() => undefined), null);
}

function host(text: string): string {
  const message = JSON.parse(text) as Message & { readonly args: Result };
  if (message.capability === "$result") {
    report?.(message.args);
    return '{"ok":null}';
  }
  if (answer !== undefined) return answer(message);
  const said = "no test runtime is installed; call runtime.install() first";
  return JSON.stringify({ error: { name: "NotAvailable", code: "not_available", message: said } });
}
