/**
 * Loaded before every test file of `backfill test`: how Node finds the project's TypeScript and the SDK.
 *
 * Modules keep their own URLs, so stacks, `import.meta.url` and source maps name the author's files.
 */

import { readFileSync, statSync } from "node:fs";
import { registerHooks, type Loaded, type Resolved } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { NAMES, load } from "./guest";
import { readProject, setProject, type Layout } from "./project";

const SDK = "@backfill-io/sdk";
const SDK_URL = "backfill:sdk";
const ENDINGS = [".ts", ".tsx", ".js", ".json"];

const layout = JSON.parse(readFileSync(process.env["BACKFILL_TEST_PROJECT"] ?? "", "utf8")) as Layout;
const root = `${pathToFileURL(layout.root).href}/`;
const loaded = new Map<string, string>();

registerHooks({
  resolve(specifier, context, next): Resolved {
    if (specifier === SDK) return { url: SDK_URL, format: "module", shortCircuit: true };
    if (specifier === `${SDK}/testing`) {
      return { url: new URL("./testing.js", import.meta.url).href, format: "module", shortCircuit: true };
    }
    const found = specifier.startsWith(".") ? ownFile(specifier, context.parentURL) : undefined;
    return found === undefined ? next(specifier) : { url: found, shortCircuit: true };
  },
  load(url, _context, next): Loaded {
    if (url === SDK_URL) return { source: sdkModule(), format: "module", shortCircuit: true };
    const file = ownPath(url);
    if (file === undefined) return next(url);
    if (/\.tsx?$/.test(file)) {
      loaded.set(file, url);
      return { source: transpiled(file, url), format: "module", shortCircuit: true };
    }
    if (!file.endsWith(".json")) return next(url);
    const data = readFileSync(new URL(url), "utf8");
    return { source: `export default ${data};`, format: "module", shortCircuit: true };
  },
});

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
  if (!plain.startsWith(root) || plain.includes("/node_modules/")) return undefined;
  return fileURLToPath(plain).slice(layout.root.length + 1);
}

function transpiled(file: string, url: string): string {
  const script = `${layout.out}/${file.replace(/\.tsx?$/, "")}.js`;
  const map = JSON.parse(readFileSync(`${script}.map`, "utf8")) as { sources: string[] };
  map.sources = [url.split("?")[0] ?? url];
  const inline = Buffer.from(JSON.stringify(map), "utf8").toString("base64");
  const code = readFileSync(script, "utf8");
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}`;
}

function sdkModule(): string {
  const guest = JSON.stringify(new URL("./guest.js", import.meta.url).href);
  const platform = NAMES.map((name) => `export const ${name} = sdk("${name}");`);
  const custom = Object.keys(layout.entities).map((name) => `export const ${name} = customEntity("${name}");`);
  return [`import { customEntity, sdk } from ${guest};`, ...platform, ...custom].join("\n");
}

const declarations = [layout.config, ...Object.values(layout.entities), ...Object.values(layout.fields)];
const modules: Record<string, unknown> = {};
for (const file of declarations) {
  if (file !== null) modules[file] = await import(root + file);
}
setProject(readProject(layout, load(modules), loaded));
