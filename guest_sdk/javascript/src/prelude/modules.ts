/** The project's modules: loaded once, described for the build, looked up for a run. */

import { isApiHandler } from "./api";
import { entityClass } from "./capabilities";
import { messageOf, stackOf } from "./errors";
import { toJson } from "./json";
import { define, freeze, hasOwn, indexOf, isObject, keys, mapGet, mapSet, stringify } from "./primordials";

type Kind = "extension" | "connector" | "entity" | "entity_field" | "line_field";
type Exports = Record<string, unknown>;

const declarations = new WeakMap<object, Kind>();
const modules = { __proto__: null } as unknown as Record<string, Exports>;
let errors = "";

const declare = (kind: Kind) => (declaration: unknown) => declared(kind, declaration);

function declared(kind: Kind, declaration: unknown): unknown {
  if (isObject(declaration)) mapSet(declarations, declaration, kind);
  return declaration;
}

/** The declaration helpers: each returns its declaration, which the build then recognises. */
export const declarationHelpers = {
  defineExtension: declare("extension"),
  defineConnector: declare("connector"),
  defineEntity: declare("entity"),
  defineEntityField: declare("entity_field"),
  defineLineField: (lineCollection: unknown, field: unknown) =>
    declared("line_field", isObject(field) ? { lineCollection, ...field } : field),
};

let loaders: Record<string, () => unknown> = {};
let files: readonly string[] = [];
let loading = -1;

/** What the bundle hands over: how to load each module. The host then has them loaded one by one. */
export function keepLoaders(given: Record<string, () => unknown>): void {
  loaders = given;
  files = keys(given);
}

/** Go on to the next module: its file, or nothing when all are loaded. */
export function nextFile(): string {
  return ++loading < files.length ? (files[loading] as string) : "";
}

/** Load it. What it throws is kept for `describe` and stops no other. */
export function load(): void {
  const file = files[loading] as string;
  try {
    const loader = loaders[file] as () => unknown;
    const exports = loader();
    modules[file] = isObject(exports) ? exports : {};
    if (indexOf(file, "src/entities/") === 0) registerEntity(file, modules[file]);
  } catch (thrown) {
    addError(file, messageOf(thrown), stackOf(thrown));
  }
}

/** The host saw that this module left a job pending when it was loaded. */
export function leftPending(file: string): void {
  addError(file, "leaves a promise pending while it is loaded; start asynchronous work inside the handler", "");
}

function registerEntity(file: string, exports: Exports): void {
  const declaration = exports["default"];
  if (!isObject(declaration) || mapGet(declarations, declaration) !== "entity") return;
  const name: unknown = declaration["name"];
  if (typeof name !== "string") return;
  if (hasOwn(globalThis, name)) {
    addError(file, '"' + name + '" is already the name of a global; give the entity another name', "");
    return;
  }
  const methods = entityClass(name);
  const names = keys(methods);
  for (let i = 0; i < names.length; i++) freeze(methods[names[i] as string]);
  define(globalThis, name, freeze(methods), false);
}

function addError(file: string, message: string, stack: string): void {
  errors += (errors === "" ? "" : ",") + '{"file":' + stringify(file);
  errors += ',"message":' + stringify(message) + ',"stack":' + stringify(stack) + "}";
}

/** The JSON text of every module's exports, and of what went wrong while they loaded. */
export function describe(): string {
  const before = errors;
  const files = keys(modules);
  let text = "";
  for (let i = 0; i < files.length; i++) {
    const file = files[i] as string;
    text += (i === 0 ? "" : ",") + stringify(file) + ":" + describeModule(file, modules[file] as Exports);
  }
  const answer = '{"modules":{' + text + '},"errors":[' + errors + "]}";
  errors = before;
  return answer;
}

function describeModule(file: string, exports: Exports): string {
  const names = keys(exports);
  let text = "";
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    text += (i === 0 ? "" : ",") + stringify(name) + ":" + describeExport(file, name, exports[name]);
  }
  return "{" + text + "}";
}

function describeExport(file: string, name: string, value: unknown): string {
  const type = typeof value === "symbol" || typeof value === "bigint" ? "object" : typeof value;
  const kind = isObject(value) ? mapGet(declarations, value) : undefined;
  let text = '{"type":"' + type + '","api":' + (isApiHandler(value) ? "true" : "false");
  if (kind !== undefined) text += ',"declaration":"' + kind + '"';
  if (type === "function" || type === "undefined") return text + "}";
  try {
    const json = toJson(value, name);
    if (json !== undefined) text += ',"value":' + json;
  } catch (thrown) {
    // Only a declaration must be plain JSON; any other export may hold what it likes.
    if (kind !== undefined) addError(file, messageOf(thrown), stackOf(thrown));
  }
  return text + "}";
}

/** The export that an entrypoint names, or undefined. */
export function findExport(file: string, name: string): unknown {
  const exports = modules[file];
  return exports !== undefined && hasOwn(exports, name) ? exports[name] : undefined;
}
