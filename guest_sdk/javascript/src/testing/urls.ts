/** The grammar of URLs that a handler may ask for, and of the patterns in `permissions.http`. As the host's, but for
 * rules on host names that no permission can grant anyway: those only change a message. */

export type UrlRule = "url_grammar" | "private_address";

/** A URL that breaks the grammar. */
export class UrlRefused extends Error {
  constructor(
    message: string,
    readonly rule: UrlRule = "url_grammar",
  ) {
    super(message);
  }
}

export interface Url {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly query: string | null;
}

const MAX_URL = 16 * 1024;
const SCHEME = "https://";
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/;
const PATH = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$/;
const QUERY = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/?[\]{}|^`-]|%[0-9A-Fa-f]{2})*$/;
const HIDDEN = /%(?:2[fFeE5]|5[cC]|[01][0-9A-Fa-f]|7[fF])/;
const LOCAL = /(?:^|\.)(?:localhost|local|intranet|internal|private|corp|home|lan|localdomain|svc|home\.arpa)$/;

export const withoutQuery = (url: Url): string =>
  `${SCHEME}${url.host}${url.port === 443 ? "" : `:${url.port}`}${url.path}`;

export const asText = (url: Url): string =>
  url.query === null ? withoutQuery(url) : `${withoutQuery(url)}?${url.query}`;

/** Throws UrlRefused. */
export function parseUrl(text: string): Url {
  if (text.length > MAX_URL) throw new UrlRefused(`the URL is longer than ${MAX_URL} characters`);
  if (/[^\0-\x7f]/.test(text)) {
    throw new UrlRefused(
      "the URL holds a character outside ASCII; write a host as its A-label (xn--…) and encode the rest with encodeURIComponent",
    );
  }
  if (/[\0-\x20\x7f]/.test(text)) {
    throw new UrlRefused("the URL holds a space or a control character; encode it with encodeURIComponent");
  }
  if (text.includes("\\")) throw new UrlRefused("the URL holds a backslash; encode it with encodeURIComponent");
  if (text.includes("#")) throw new UrlRefused("the URL has a fragment (#…), which is never sent; leave it out");
  if (text.slice(0, SCHEME.length).toLowerCase() !== SCHEME) throw new UrlRefused("only https:// URLs are allowed");
  const [, authority = "", path = "", mark, query = ""] =
    /^([^/?]*)(\/[^?]*)?(\?)?(.*)$/.exec(text.slice(SCHEME.length)) ?? [];
  const [host, port] = hostAndPort(authority);
  const wrong = pathProblem(path || "/");
  if (wrong !== undefined) throw new UrlRefused(wrong);
  if (!QUERY.test(query)) {
    throw new UrlRefused(
      "the query holds a character that must be encoded, or a stray %; use encodeURIComponent on each value",
    );
  }
  return { host, port, path: path || "/", query: mark === undefined ? null : query };
}

function hostAndPort(authority: string): [string, number] {
  if (authority.includes("@")) {
    throw new UrlRefused("the URL names a user before its host (…@); send credentials in a header");
  }
  const [, host = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(authority.toLowerCase()) ?? [];
  const reason = privateHost(host);
  if (reason !== undefined) {
    throw new UrlRefused(`${host} is ${reason}; only public host names can be reached`, "private_address");
  }
  if (host.length > 253 || !host.split(".").every((label) => LABEL.test(label))) {
    throw new UrlRefused(`${host === "" ? "the host" : host} is not a host name`);
  }
  if (port === undefined) return [host, 443];
  if (!/^[1-9][0-9]{0,4}$/.test(port) || Number(port) > 65535) {
    throw new UrlRefused("the port is not a number from 1 to 65535");
  }
  return [host, Number(port)];
}

function privateHost(host: string): string | undefined {
  const name = host.replace(/\.+$/, "");
  if (host.startsWith("[") || NUMBER.test(name.slice(name.lastIndexOf(".") + 1))) return "an IP address";
  if (name !== "" && !name.includes(".")) return "a name without a domain";
  return LOCAL.test(name) ? "a name of the local network" : undefined;
}

function pathProblem(path: string): string | undefined {
  if (!PATH.test(path)) {
    return "the path holds a character that must be encoded, or a stray %; use encodeURIComponent";
  }
  if (HIDDEN.test(path)) {
    return "the path holds an encoded slash, backslash, dot, percent sign or control character";
  }
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return "the path's percent-encoding is not UTF-8";
  }
  const segments = decoded.split("/").slice(1);
  if (segments.slice(0, -1).includes("")) return "the path has an empty segment (//)";
  if (segments.some((segment) => /^\.+$/.test(segment))) return "the path has a dot segment (. or ..)";
  return decoded.includes(".;") ? "the path has a `;` after a dot" : undefined;
}

/** Does a pattern of `permissions.http` grant this URL? */
export function grants(pattern: string, url: Url): boolean {
  const wildcard = pattern.slice(SCHEME.length).startsWith("*.");
  const prefix = pattern.endsWith("/*");
  const plain = SCHEME + pattern.slice(SCHEME.length + (wildcard ? 2 : 0), prefix ? -1 : undefined);
  const granted = parseUrl(plain);
  if (granted.port !== url.port) return false;
  if (wildcard ? !url.host.endsWith(`.${granted.host}`) : url.host !== granted.host) return false;
  const [path, asked] = [decodeURIComponent(granted.path), decodeURIComponent(url.path)];
  return prefix ? asked.startsWith(path) : asked === path;
}

/** Does it grant anything on this host? */
export function grantsHost(pattern: string, host: string): boolean {
  const granted = /^https:\/\/([^/:]*)/i.exec(pattern)?.[1]?.toLowerCase() ?? "";
  return granted.startsWith("*.") ? host.endsWith(granted.slice(1)) : host === granted;
}
