/** `Http`, answered by the stubs of the test. Nothing ever leaves the machine. */

import { Refused, invalid } from "./errors";
import {
  HeaderRefused,
  authOf,
  checkTimeout,
  encoded,
  headersOf,
  objectOf,
  payloadOf,
  sendable,
} from "./http_arguments";
import type { HttpCall, HttpStub, StubbedHttp } from "./index";
import type { Decision, Policy } from "./policy";
import type { Redactor } from "./redaction";
import type { Fields, Value } from "./records/values";
import { UrlRefused, asText, parseUrl, withoutQuery, type Url } from "./urls";

const OPTIONS = ["headers", "body", "auth", "timeout", "redirect", "observed"];
const METHODS: Record<string, string> = { get: "GET", post: "POST", put: "PUT", patch: "PATCH", delete: "DELETE" };
const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
const OVERRIDES = ["x-http-method-override", "x-http-method", "x-method-override", "x-method"];
const NAMES_METHOD = /(?<![a-z0-9])(?:_method|x-http-method(?:-override)?|x-method-override)(?![a-z0-9_-])/i;

interface Request {
  readonly method: string;
  readonly url: Url;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | null;
  readonly payload: Value;
}

interface Waiting extends HttpStub {
  readonly method: string;
  readonly json: boolean;
}

/** Counts and lists a redirect's next request; throws where it may not be made. */
export type Hop = (method: string, resource: string, decision: Decision) => void;

/** An HTTP call, understood: what it is about, whether it may be made, and how to make it. */
export interface HttpAsk {
  readonly resource: string;
  readonly decision: Decision;
  readonly effect: boolean;
  readonly payload: Value;
  perform(): Value;
}

/** The stubs of one test, and the calls that they answered. */
export class Http implements StubbedHttp {
  readonly calls: HttpCall[] = [];
  private readonly waiting: Waiting[] = [];

  readonly getOnce = this.adder("GET", false);
  readonly postOnce = this.adder("POST", false);
  readonly putOnce = this.adder("PUT", false);
  readonly patchOnce = this.adder("PATCH", false);
  readonly deleteOnce = this.adder("DELETE", false);
  readonly getJsonOnce = this.adder("GET", true);
  readonly postJsonOnce = this.adder("POST", true);
  readonly putJsonOnce = this.adder("PUT", true);
  readonly patchJsonOnce = this.adder("PATCH", true);
  readonly deleteJsonOnce = this.adder("DELETE", true);

  constructor(
    private readonly policy: Policy,
    private readonly redactor: Redactor,
  ) {}

  /** The stubs that no request has used. */
  get pending(): readonly HttpStub[] {
    return this.waiting;
  }

  /** Understand one call. `connectionToken`: the access token, where there is one. Throws InvalidArgument,
   * NotAvailable. */
  ask(action: string, args: Fields, hop: Hop, connectionToken: (() => string) | undefined): HttpAsk {
    const method = METHODS[action];
    if (method === undefined) {
      throw new Refused("NotAvailable", `Http has no '${action}'; it has ${Object.keys(METHODS).join(", ")}`);
    }
    const url = args["url"];
    if (typeof url !== "string") throw invalid("url must be a string");
    const options = objectOf(args["options"] ?? null, "options") ?? {};
    for (const key of Object.keys(options)) {
      if (!OPTIONS.includes(key)) {
        throw invalid(`options.${key.slice(0, 60)} is unknown; there are ${OPTIONS.join(", ")}`);
      }
    }
    const headers = headersOf(options["headers"] ?? null);
    const [authorization, wantsToken] = authOf(options["auth"] ?? null);
    const has = (name: string): boolean => headers.some(([given]) => given.toLowerCase() === name);
    if ((authorization !== undefined || wantsToken) && has("authorization")) {
      throw invalid("options.auth and an Authorization header are both given; keep one");
    }
    if (authorization !== undefined) headers.push(["Authorization", authorization]);
    const payload = payloadOf(args["body"] ?? null, options["body"] ?? null);
    const body = encoded(payload);
    if (typeof payload === "object" && payload !== null && !has("content-type")) {
      headers.push(["Content-Type", "application/json"]);
    }
    checkTimeout(options["timeout"] ?? null);
    const redirect = options["redirect"] ?? null;
    if (![null, "manual", "follow"].includes(redirect as string | null)) {
      throw invalid('options.redirect must be "follow", or absent to get the redirect itself');
    }
    objectOf(options["observed"] ?? null, "options.observed");
    if (wantsToken && connectionToken === undefined) {
      const why = "options.auth.oauth needs a connector with connection.oauth in its manifest";
      throw new Refused("NotAvailable", why);
    }

    let request: Request;
    try {
      request = { method, url: parseUrl(url), headers: sendable(headers), body, payload };
    } catch (refused) {
      if (!(refused instanceof UrlRefused || refused instanceof HeaderRefused)) throw refused;
      const decision = { allowed: false, rule: refused.rule, reason: refused.message };
      return { resource: shownUrl(url), decision, effect: false, payload, perform: never };
    }
    const misdirected = this.misdirected(request);
    return {
      resource: withoutQuery(request.url),
      decision: misdirected === undefined ? this.policy.http(request.url) : deny("secret_host", misdirected),
      effect: this.isEffect(request),
      payload,
      perform: () => {
        const token: readonly (readonly [string, string])[] = wantsToken
          ? [["Authorization", `Bearer ${connectionToken?.() ?? ""}`]]
          : [];
        const whole = { ...request, headers: [...request.headers, ...token] };
        return redirect === "follow" ? this.follow(whole, options, hop) : this.exchange(whole, options).answer;
      },
    };
  }

  private adder(method: string, json: boolean): (stub: HttpStub) => void {
    return (stub) => {
      this.waiting.push({ ...stub, method, json });
    };
  }

  private exchange(request: Request, options: Fields): { answer: Fields; headers: Record<string, string> } {
    const url = asText(request.url);
    const sent = Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value]));
    const call = { method: request.method, url, headers: sent, body: request.payload, options };
    const index = this.waiting.findIndex((stub) => stub.method === request.method && answers(stub, request.url));
    const [stub] = index === -1 ? [] : this.waiting.splice(index, 1);
    const failed = failureOf(stub, request.method, url);
    if (failed !== undefined) {
      this.calls.push({ ...call, response: null, error: { name: failed.name, message: failed.message } });
      throw failed;
    }
    const { status, headers, text } = onTheWire(stub as Waiting);
    const response = { status, headers, body: decoded(headers, text) };
    this.calls.push({ ...call, response: { status, headers, body: text }, error: null });
    return { answer: { ...response, ok: status >= 200 && status <= 299 }, headers };
  }

  private follow(first: Request, options: Fields, check: Hop): Fields {
    let request = first;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const { answer, headers } = this.exchange(request, options);
      const location = headers["location"];
      if (!REDIRECTS.includes(answer["status"] as number) || location === undefined) return answer;
      const next = nextHop(request, answer["status"] as number, location);
      if (this.isEffect(next) && !this.isEffect(request)) {
        throw new Refused(
          "PermissionDenied",
          `the redirect to ${withoutQuery(next.url)} would turn a read into a write`,
        );
      }
      const misdirected = this.misdirected(next);
      if (misdirected !== undefined) throw new Refused("PermissionDenied", misdirected);
      check(next.method.toLowerCase(), withoutQuery(next.url), this.policy.http(next.url));
      request = next;
    }
    throw new Refused("EgressBlocked", `more than ${MAX_REDIRECTS} redirects, starting at ${first.url.host}`);
  }

  private isEffect({ method, headers, url, body }: Request): boolean {
    if (headers.some(([name]) => OVERRIDES.includes(name.toLowerCase().replaceAll("_", "-")))) return true;
    if (NAMES_METHOD.test(url.query ?? "") || NAMES_METHOD.test(body ?? "")) return true;
    return method !== "GET" && !this.policy.readsMethod(url, method);
  }

  /** Why this request may not leave, where it carries a secret to a host that the secret is kept from. */
  private misdirected(request: Request): string | undefined {
    const texts = [asText(request.url), ...request.headers.map(([, value]) => value), request.body ?? ""];
    const names = new Set(texts.flatMap((text) => [...this.redactor.namesIn(text)]));
    const { host } = request.url;
    const name = [...names].sort().find((each) => !this.policy.secretMayReach(each, host));
    if (name === undefined) return undefined;
    return `the secret ${name} may not be sent to ${host}: permissions.secretHosts.${name} does not list it`;
  }
}

/** What a request fails with that no stub answers, or whose stub is a failure. */
function failureOf(stub: Waiting | undefined, method: string, url: string): Refused | undefined {
  const what = `${method} ${url.slice(0, 1000)}`;
  if (stub?.error !== undefined) return new Refused(stub.error, `the stub of ${what} fails with ${stub.error}`);
  if (stub !== undefined) return undefined;
  const way = `runtime.http.${method.toLowerCase()}Once({ status, body })`;
  return new Refused("EgressBlocked", `no stub answers ${what}; add ${way} before the call`);
}

function deny(rule: string, reason: string): Decision {
  return { allowed: false, rule, reason };
}

function never(): Value {
  throw new Error("a refused call is never performed");
}

/** `url` of a stub: `*` matches anything; without `?` the query is ignored. Absent: any. */
function answers(stub: HttpStub, url: Url): boolean {
  if (stub.url === undefined) return true;
  const pattern = stub.url.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pattern.join(".*")}$`, "s").test(stub.url.includes("?") ? asText(url) : withoutQuery(url));
}

function onTheWire(stub: Waiting): { status: number; headers: Record<string, string>; text: string } {
  const { status = 200, body } = stub;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError(`a stub's status is a whole number from 200 to 599, not ${status}`);
  }
  const headers = Object.fromEntries(
    Object.entries(stub.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  if (!stub.json && (body === undefined || body === null || typeof body === "string")) {
    return { status, headers, text: body ?? "" };
  }
  return { status, headers: { "content-type": "application/json", ...headers }, text: JSON.stringify(body ?? null) };
}

function decoded(headers: Record<string, string>, text: string): Value {
  const kind = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (kind !== "application/json" && !kind.endsWith("+json")) return text;
  try {
    return JSON.parse(text) as Value;
  } catch {
    return text;
  }
}

function nextHop(request: Request, status: number, location: string): Request {
  let url: Url;
  try {
    url = parseUrl(new URL(location, asText(request.url)).href);
  } catch (error) {
    throw new Refused("PermissionDenied", `the redirect's target was refused: ${(error as Error).message}`);
  }
  let hop: Request = { ...request, url };
  if (status === 303 || (status <= 302 && request.method === "POST")) {
    const headers = request.headers.filter(([name]) => !/^content-(type|encoding|language)$/i.test(name));
    hop = { ...hop, method: "GET", body: null, payload: null, headers };
  }
  if (url.host === request.url.host && url.port === request.url.port) return hop;
  if (hop.method !== "GET" || hop.body !== null) {
    throw new Refused(
      "EgressBlocked",
      `a redirect of this ${hop.method} to another host (${url.host}) is not followed: it would send there what was` +
        " meant for the first; call it directly",
    );
  }
  return { ...hop, headers: hop.headers.filter(([name]) => /^(accept|accept-language|user-agent)$/i.test(name)) };
}

/** A URL that may not parse, without query, fragment and user. */
function shownUrl(text: string): string {
  const plain = text.slice(0, 2000).replace(/[?#].*$/s, "");
  return plain.replace(/^([^:]*:\/\/)[^/]*@/, "$1").slice(0, 300);
}
