/** The arguments of an `Http` call, read strictly; and which headers a handler may set. */

import { invalid } from "./errors";
import { isFields, type Fields, type Value } from "./records/values";

const MAX_TIMEOUT_MS = 60_000;
const MAX_BODY = 1024 * 1024;
const MAX_HEADERS = 100;
const MAX_HEADER_BYTES = 64 * 1024;
const OF_THE_CONNECTION =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|forwarded|via|x-real-ip|true-client-ip|x-client-ip|proxy-.*|x-forwarded-.*|cf-.*)$/;

export class HeaderRefused extends Error {
  constructor(
    readonly rule: string,
    message: string,
  ) {
    super(message);
  }
}

export function sendable(headers: readonly [string, string][]): [string, string][] {
  const size = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (headers.length > MAX_HEADERS) throw new HeaderRefused("header_size", `more than ${MAX_HEADERS} request headers`);
  if (size > MAX_HEADER_BYTES) throw new HeaderRefused("header_size", "more than 64 KiB of request headers");
  const seen = new Set<string>();
  return headers.flatMap(([name, value]): [string, string][] => {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      throw new HeaderRefused("header_grammar", `'${name.slice(0, 60)}' is not a header name`);
    }
    if (OF_THE_CONNECTION.test(name.toLowerCase().replaceAll("_", "-"))) {
      throw new HeaderRefused("header_forbidden", `the header ${name} is set by the host alone; leave it out`);
    }
    if (!/^[\t\x20-\x7e]*$/.test(value)) {
      const what = "holds a line break, a control character or one outside ASCII";
      throw new HeaderRefused("header_grammar", `the header ${name} ${what}`);
    }
    if (seen.has(name.toLowerCase())) {
      throw new HeaderRefused("header_grammar", `the header ${name} is given twice, in different cases`);
    }
    seen.add(name.toLowerCase());
    return name.toLowerCase() === "accept-encoding" ? [] : [[name, value.trim()]];
  });
}

export function authOf(given: Value): readonly [authorization: string | undefined, wantsToken: boolean] {
  const auth = objectOf(given, "options.auth");
  if (auth === null) return [undefined, false];
  const [name, ...others] = Object.keys(auth);
  if (others.length > 0 || (name !== "bearer" && name !== "basic" && name !== "oauth")) {
    throw invalid("options.auth must hold exactly one of bearer, basic and oauth");
  }
  if (name === "bearer") {
    const bearer = auth["bearer"];
    if (typeof bearer !== "string" || bearer === "") {
      throw invalid("options.auth.bearer must be a string that is not empty");
    }
    return [`Bearer ${bearer}`, false];
  }
  if (name === "basic") {
    const { user, pass, ...rest } = objectOf(auth["basic"] ?? null, "options.auth.basic") ?? {};
    if (user === undefined || pass === undefined || Object.keys(rest).length > 0) {
      throw invalid("options.auth.basic must be {user, pass}");
    }
    if (typeof user !== "string" || typeof pass !== "string" || user.includes(":")) {
      throw invalid("options.auth.basic: user (without a colon) and pass must be strings");
    }
    return [`Basic ${Buffer.from(`${user}:${pass}`, "utf8").toString("base64")}`, false];
  }
  return [undefined, wantsToken(auth["oauth"] ?? null)];
}

function wantsToken(oauth: Value): boolean {
  if (typeof oauth === "boolean") return oauth;
  const { minTtlSeconds = 0, ...rest } = objectOf(oauth, "options.auth.oauth") ?? {};
  const isCount = Number.isInteger(minTtlSeconds) && (minTtlSeconds as number) >= 0;
  if (!isCount || (minTtlSeconds as number) > 86_400 || Object.keys(rest).length > 0) {
    throw invalid("options.auth.oauth must be true or {minTtlSeconds: 0 to 86400}");
  }
  return true;
}

export function payloadOf(argument: Value, option: Value): Value {
  if (argument !== null && option !== null) {
    throw invalid("the body is given twice, as an argument and in options.body; keep one");
  }
  const value = argument ?? option;
  if (value !== null && typeof value !== "string" && typeof value !== "object") {
    throw invalid("body must be a string, an object or an array");
  }
  return value;
}

export function encoded(payload: Value): string | null {
  if (payload === null) return null;
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  const { length } = new TextEncoder().encode(text);
  if (length > MAX_BODY) throw invalid(`body is ${length} bytes, over the cap of ${MAX_BODY}`);
  return text;
}

export function headersOf(given: Value): [string, string][] {
  return Object.entries(objectOf(given, "options.headers") ?? {}).map(([name, value]) => {
    if (typeof value !== "string") {
      throw invalid(`options.headers: the value of '${name.slice(0, 60)}' must be a string`);
    }
    return [name, value];
  });
}

export function checkTimeout(given: Value): void {
  if (given === null) return;
  if (!Number.isInteger(given) || (given as number) < 1 || (given as number) > MAX_TIMEOUT_MS) {
    throw invalid(`options.timeout must be whole milliseconds from 1 to ${MAX_TIMEOUT_MS}`);
  }
}

export function objectOf(value: Value, what: string): Fields | null {
  if (value === null) return null;
  if (!isFields(value)) throw invalid(`${what} must be an object`);
  return value;
}
