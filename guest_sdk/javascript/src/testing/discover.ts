/**
 * What each file of a project is, by its path alone: the build's rules, for a test that Node runs without the command.
 * What the build would refuse is passed over here. See sandbox_host/packages/discovery.py.
 */

import { existsSync, readdirSync } from "node:fs";
import names from "../../names.json";
import type { Hook } from "./hooks/hook";
import type { Layout } from "./project";

export const MANIFEST = "backfill.config.ts";

const CODE = /\.(?:ts|tsx|js)$/;
const NOT_CODE = /\.d\.ts$|\.(?:test|spec)\.(?:ts|tsx|js)$|(?:^|\/)__tests__\//;
const SEGMENT = /^(?:[A-Za-z0-9_-]+|\[[A-Za-z_][A-Za-z0-9_]*\])$/;
const JOB = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const PASCAL = /^[A-Z][A-Za-z0-9]{0,62}$/;
const HOOK = /^([^/]+)\/([^/]+)$/;
const EVENTS = [
  "before-save",
  "after-save",
  "before-post",
  "after-post",
  "before-delete",
  "after-delete",
  "before-approve",
  "after-approve",
  "recalculate",
];

/** The files with a role. */
export type Roles = Pick<Layout, "config" | "entities" | "fields" | "routes" | "hooks" | "jobs">;

/** The nearest folder, from this one up, that holds a manifest. */
export function findRoot(folder: string): string | undefined {
  for (let at = folder; ; at = at.replace(/[\\/][^\\/]*$/, "")) {
    if (existsSync(`${at}/${MANIFEST}`)) return at;
    if (!/[\\/]./.test(at)) return undefined;
  }
}

/** The project's own code files, from its folder; dependencies and hidden names are left alone. */
export function filesOf(root: string, folder = ""): string[] {
  return readdirSync(`${root}/${folder}`, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    const path = folder + entry.name;
    return entry.isDirectory() ? filesOf(root, `${path}/`) : [path];
  });
}

/** Sort a project's files into their roles. */
export function discover(files: readonly string[]): Roles {
  const paths = files.filter((path) => CODE.test(path) && !NOT_CODE.test(path)).sort();
  const entities = within(paths, "src/entities/", (name) => PASCAL.test(name));
  const known = [...names.entities, ...Object.keys(entities)];
  return {
    config: paths.includes(MANIFEST) ? MANIFEST : null,
    entities,
    fields: within(paths, "src/fields/", (name) => known.includes(name)),
    routes: routesIn(within(paths, "src/api/", (name) => name.split("/").every((part) => SEGMENT.test(part)))),
    hooks: hooksIn(within(paths, "src/hooks/", (name) => HOOK.test(name)), known),
    jobs: within(paths, "src/jobs/", (name) => JOB.test(name)),
  };
}

/** Name in the folder → file; of several files of one name the first. */
function within(paths: readonly string[], folder: string, isOne: (name: string) => boolean): Record<string, string> {
  const found = new Map<string, string>();
  for (const path of paths) {
    const name = path.slice(folder.length).replace(CODE, "");
    if (path.startsWith(folder) && isOne(name) && !found.has(name)) found.set(name, path);
  }
  return Object.fromEntries(found);
}

function routesIn(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [`/${name}`, file]));
}

function hooksIn(files: Readonly<Record<string, string>>, known: readonly string[]): Hook[] {
  const folders = new Map(known.map((entity) => [kebab(entity), entity]));
  return Object.entries(files).flatMap(([name, file]) => {
    const [, folder = "", event = ""] = HOOK.exec(name) ?? [];
    const entity = folders.get(folder);
    return entity === undefined || !EVENTS.includes(event) ? [] : [{ entity, event: event.replaceAll("-", "_"), file }];
  });
}

function kebab(entity: string): string {
  return entity.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();
}
