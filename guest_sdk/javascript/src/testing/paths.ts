/** Paths of requests, matched against the paths of routes by the host's rules. See sandbox_host/triggers/paths.py. */

/** The request's path cannot be read; the message says where and why. */
export class MalformedPath extends TypeError {}

/** The route's path that answers a request's, and the values of its parameters. Throws MalformedPath. */
export function matchPath(routes: Iterable<string>, path: string): [string, Record<string, string>] | undefined {
  const parts = partsOf(path);
  const found = [...routes].flatMap((route): [string, Record<string, string>][] => {
    const params = paramsOf(route, parts);
    return params === undefined ? [] : [[route, params]];
  });
  // Static before a parameter, at the first part where two routes differ.
  const rank = (route: string): string => route.split("/").map((part) => (isParameter(part) ? "1" : "0")).join("");
  return found.sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1))[0];
}

/** The names of a route's parameters. */
export function parametersOf(route: string): string[] {
  return route.split("/").filter(isParameter).map(nameOf);
}

/** The path of a request to this route with these parameters. */
export function pathWith(route: string, params: Readonly<Record<string, string>>): string {
  const filled = route.split("/").map((part) => (isParameter(part) ? encodeURIComponent(params[nameOf(part)] ?? "") : part));
  return filled.join("/");
}

const isParameter = (part: string): boolean => part.startsWith("[");
const nameOf = (part: string): string => part.slice(1, -1);

function paramsOf(route: string, parts: readonly string[]): Record<string, string> | undefined {
  const names = route.split("/");
  if (names.length !== parts.length) return undefined;
  const params: [string, string][] = [];
  for (const [index, name] of names.entries()) {
    const part = parts[index] as string;
    if (isParameter(name) ? part === "" : part !== name) return undefined;
    if (isParameter(name)) params.push([nameOf(name), part]);
  }
  return Object.fromEntries(params);
}

function partsOf(path: string): string[] {
  for (const [mark, what] of [["?", "query"], ["#", "fragment"]] as const) {
    if (path.includes(mark)) {
      throw new MalformedPath(`the path '${path}' holds a ${what}; a path ends before its ${mark}`);
    }
  }
  return path.split("/").map((part) => decoded(part, path));
}

function decoded(part: string, path: string): string {
  const [wrong] = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(part) ?? [];
  if (wrong !== undefined) {
    const way = "write %25 for a percent sign";
    throw new MalformedPath(`the path '${path}' holds '${wrong}', which is no escaped byte; ${way}`);
  }
  try {
    encodeURIComponent(part);
    return decodeURIComponent(part);
  } catch {
    throw new MalformedPath(`the path '${path}' is not UTF-8`);
  }
}
