/**
 * Loaded before, or with, every test: how Node finds the project's TypeScript and the SDK.
 *
 * `backfill test` says which project it is and hands over its JavaScript. Where Node runs the tests by itself, the
 * project is the nearest folder, from the working directory up, that holds a `backfill.config.ts`, and Node strips the
 * types. Modules keep their own URLs, so stacks, `import.meta.url` and source maps name the author's files.
 */

import { readFileSync, statSync } from "node:fs";
import * as node from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { discover, filesOf, findRoot } from "./discover";
import { putGlobals } from "./globals";
import { NAMES, customEntity, load, sdk } from "./guest";
import { readProject, setProject, type Layout } from "./project";

const SDK = "@backfill-io/sdk";
const SDK_URL = "backfill:sdk";
const ENDINGS = [".ts", ".tsx", ".js", ".json"];

Object.defineProperty(globalThis, Symbol.for(SDK), { value: { customEntity, sdk }, configurable: true });

const layout = layoutOf(process.env["BACKFILL_TEST_PROJECT"]);
const root = layout === undefined ? undefined : `${pathToFileURL(layout.root).href}/`;
const loaded = new Map<string, string>();

if (typeof node.registerHooks !== "function") {
  throw new Error(`${SDK}/testing needs Node 22.18 or later; this is ${process.version}`);
}
node.registerHooks({
  resolve(specifier, context, next): node.Resolved {
    if (specifier === SDK) return { url: SDK_URL, format: "module", shortCircuit: true };
    if (specifier === `${SDK}/testing`) {
      return { url: new URL("./testing.js", import.meta.url).href, format: "module", shortCircuit: true };
    }
    const found = specifier.startsWith(".") ? ownFile(specifier, context.parentURL) : undefined;
    return found === undefined ? next(specifier) : { url: found, shortCircuit: true };
  },
  load(url, _context, next): node.Loaded {
    if (url === SDK_URL) return { source: sdkModule(), format: "module", shortCircuit: true };
    const file = ownPath(url);
    if (file === undefined) return next(url);
    if (/\.(?:tsx?|js)$/.test(file)) loaded.set(file, url);
    if (/\.tsx?$/.test(file)) return { source: javaScriptOf(file, url), format: "module", shortCircuit: true };
    if (!file.endsWith(".json")) return next(url);
    const data = readFileSync(new URL(url), "utf8");
    return { source: `export default ${data};`, format: "module", shortCircuit: true };
  },
});

function layoutOf(file: string | undefined): Layout | undefined {
  if (file !== undefined) return JSON.parse(readFileSync(file, "utf8")) as Layout;
  const found = findRoot(process.cwd());
  return found === undefined ? undefined : { root: found, out: null, record: null, ...discover(filesOf(found)) };
}

/** The project's file that a relative import means, with the endings that the build tries. */
function ownFile(specifier: string, parent: string | undefined): string | undefined {
  if (parent === undefined || ownPath(parent) === undefined) return undefined;
  const [path = "", query] = specifier.split("?");
  // One spelling per file, as Node has it, or a module would be loaded twice.
  const target = pathToFileURL(fileURLToPath(new URL(path, parent).href)).href;
  const stem = target.replace(/\.js$/, "");
  const candidates = [
    target,
    ...[target, stem].flatMap((base) => ENDINGS.map((ending) => base + ending)),
    ...ENDINGS.map((ending) => `${target}/index${ending}`),
  ];
  const found = candidates.find((url) => statSync(new URL(url), { throwIfNoEntry: false })?.isFile() === true);
  return found === undefined || query === undefined ? found : `${found}?${query}`;
}

/** The path of a project's own file, from the project's folder. */
function ownPath(url: string): string | undefined {
  const [plain = ""] = url.split("?");
  if (layout === undefined || root === undefined) return undefined;
  if (!plain.startsWith(root) || plain.includes("/node_modules/")) return undefined;
  return fileURLToPath(plain).slice(layout.root.length + 1);
}

function javaScriptOf(file: string, url: string): string {
  const out = layout?.out ?? null;
  if (out === null) return stripped(file, url);
  const script = `${out}/${file.replace(/\.tsx?$/, "")}.js`;
  const map = JSON.parse(readFileSync(`${script}.map`, "utf8")) as { sources: string[] };
  map.sources = [url.split("?")[0] ?? url];
  const inline = Buffer.from(JSON.stringify(map), "utf8").toString("base64");
  const code = readFileSync(script, "utf8");
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}`;
}

/** Stripped of its types, so that every line and column stays; what only a compiler can do is compiled. */
function stripped(file: string, url: string): string {
  const source = readFileSync(new URL(url), "utf8");
  if (file.endsWith(".tsx")) throw new SyntaxError(`${file}: JSX needs \`backfill test\`; Node does not read it`);
  try {
    return node.stripTypeScriptTypes(source);
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") throw error;
    process.setSourceMapsEnabled(true);
    return node.stripTypeScriptTypes(source, { mode: "transform", sourceMap: true, sourceUrl: url });
  }
}

/** The SDK as a module. It is handed over, not imported: a loader that compiles this package would make it twice. */
function sdkModule(): string {
  const platform = NAMES.map((name) => `export const ${name} = sdk("${name}");`);
  const entities = Object.keys(layout?.entities ?? {});
  const custom = entities.map((name) => `export const ${name} = customEntity("${name}");`);
  return [`const { customEntity, sdk } = globalThis[Symbol.for("${SDK}")];`, ...platform, ...custom].join("\n");
}

const modules: Record<string, unknown> = {};
if (layout !== undefined && root !== undefined) {
  // A declaration need not import what it uses. Nothing is awaited: a loader may `require` this module.
  const takeGlobals = putGlobals();
  const require = node.createRequire(import.meta.url);
  for (const file of [layout.config, ...Object.values(layout.entities), ...Object.values(layout.fields)]) {
    if (file !== null) modules[file] = require(`${layout.root}/${file}`);
  }
  takeGlobals();
  setProject(readProject(layout, load(modules), loaded));
}
