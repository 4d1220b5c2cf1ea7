/** What a test knows of the project that it belongs to. */

import { pathToFileURL } from "node:url";

import type { ConnectorManifest } from "../manifest";
import type { ExportFact } from "./guest";
import type { Hook } from "./hooks/hook";
import { customContract, type Contract, type ExtensionFields, type FieldSpec } from "./records/contract";
import type { Manifest } from "./policy";

/** Where what is: folders, and files by their role. */
export interface Layout {
  /** The project's folder. */
  readonly root: string;
  /** Where its TypeScript lies as JavaScript; null where Node strips its types. */
  readonly out: string | null;
  /** `backfill.config.ts`, where there is one. */
  readonly config: string | null;
  /** Custom entity → file. */
  readonly entities: Readonly<Record<string, string>>;
  /** Host entity → file. */
  readonly fields: Readonly<Record<string, string>>;
  /** Route path → file. */
  readonly routes: Readonly<Record<string, string>>;
  readonly hooks: readonly Hook[];
  /** Job → file. */
  readonly jobs: Readonly<Record<string, string>>;
  /** Where calls are recorded; null where they are not. */
  readonly record: string | null;
}

export interface Project {
  readonly layout: Layout;
  readonly manifest: Manifest | undefined;
  readonly fields: ExtensionFields;
  readonly entities: readonly Contract[];
  /** Modules of the project that were loaded so far: file → URL. */
  readonly loaded: ReadonlyMap<string, string>;
  /** The URL by which a test imports a file of the project. */
  urlOf(file: string): string;
}

/** A route's handler, found in the project. */
export interface Route {
  readonly file: string;
  readonly method: string;
  readonly path: string;
  /** The stream that a POST of it syncs. */
  readonly stream: string | null;
}

let current: Project | undefined;

export const project = (): Project | undefined => current;

export function setProject(found: Project): void {
  current = found;
}

/** What the declarations of a project come to. Throws where one is none. */
export function readProject(
  layout: Layout,
  facts: Readonly<Record<string, Record<string, ExportFact>>>,
  loaded: ReadonlyMap<string, string>,
): Project {
  const config = layout.config === null ? undefined : facts[layout.config]?.["default"];
  const entity: Record<string, Record<string, FieldSpec>> = {};
  const line: Record<string, Record<string, FieldSpec>> = {};
  for (const [host, file] of Object.entries(layout.fields)) {
    for (const fact of Object.values(facts[file] ?? {})) {
      const into = fact.declaration === "line_field" ? line : entity;
      if (fact.value?.key) (into[host] ??= {})[fact.value.key] = extensionField(fact.value);
    }
  }
  const entities = Object.entries(layout.entities).flatMap(([name, file]) => {
    const declared = facts[file]?.["default"]?.value;
    return declared?.fields === undefined ? [] : [customContract(name, declared.fields)];
  });
  const urlOf = (file: string): string => loaded.get(file) ?? pathToFileURL(`${layout.root}/${file}`).href;
  return { layout, manifest: config?.value, fields: { entity, line }, entities, loaded, urlOf };
}

/** The route whose handler this is, among the modules that a test has loaded. */
export async function routeOf(handler: unknown): Promise<Route | undefined> {
  if (current === undefined) return undefined;
  for (const [path, file] of Object.entries(current.layout.routes)) {
    const url = current.loaded.get(file);
    if (url === undefined) continue;
    const exports = (await import(url)) as Record<string, unknown>;
    const method = Object.keys(exports).find((name) => exports[name] === handler);
    if (method === undefined || method === "default") continue;
    return { file, method, path, stream: streamOf(current.manifest, method, path) };
  }
  return undefined;
}

function streamOf(manifest: Manifest | undefined, method: string, path: string): string | null {
  const streams = (manifest as Partial<ConnectorManifest> | undefined)?.streams ?? [];
  const found = streams.find(({ key, mode }) => mode !== "webhook" && path === `/sync/${key}`);
  return method === "POST" && found !== undefined ? found.key : null;
}

function extensionField(declared: Record<string, any>): FieldSpec {
  return {
    type: declared["type"],
    index: declared["index"] === true,
    enum: declared["options"] ?? [],
    currency_field: declared["currencyField"] ?? null,
  };
}
