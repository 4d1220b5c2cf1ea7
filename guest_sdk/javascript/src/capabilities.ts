/**
 * What a handler can ask the host for. Every call is synchronous and checked against the manifest.
 *
 * A refused or failed call throws a `HostError`; see its `code`.
 */

/** Anything that JSON can say. Functions, symbols, BigInts, cycles, NaN and integers outside ±2^53 are refused. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** The `code` of an error that the host throws into a handler. */
export type HostErrorCode =
  | "permission_denied"
  | "not_available"
  | "invalid_argument"
  | "egress_blocked"
  | "http_timeout"
  | "response_too_large"
  | "validation_error"
  | "not_found"
  | "conflict"
  | "hook_rejected"
  | "hook_depth";

/** What a host call throws: an `Error` whose `name` is the `code` in PascalCase. Limits are not among them: they
 * end the run and cannot be caught. */
export interface HostError extends Error {
  readonly code: HostErrorCode;
}

/** How a request proves who it is. One of the three. */
export interface HttpAuth {
  /** `Authorization: Bearer …` */
  bearer?: string;
  /** `Authorization: Basic …` */
  basic?: { user: string; pass: string };
  /** The connection's own token, refreshed first when it is valid for less than `minTtlSeconds`. Connectors with
   * `connection.oauth` only. */
  oauth?: boolean | { minTtlSeconds?: number };
}

export interface HttpOptions {
  headers?: Record<string, string>;
  /** For `delete`, which has no body argument. An object is sent as JSON, a string as it is. */
  body?: unknown;
  auth?: HttpAuth;
  /** Milliseconds for the whole exchange; 10,000 when left out. */
  timeout?: number;
  /** `"follow"` checks every hop like a new call and drops credentials when the host changes. Default: not followed. */
  redirect?: "follow" | "manual";
  /** What a write answers while this version is only observed. Default: 202 with `{id: "observed_<n>"}`. */
  observed?: { status?: number; body?: unknown };
}

/** A provider's answer. A status outside 2xx is an answer too, not an error. */
export interface HttpResponse<Body = any> {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** Parsed where the content type is JSON, else text. */
  body: Body;
  /** The status is 2xx. */
  ok: boolean;
  /** The request was a write of an observed run: it was not sent. */
  observed?: true;
}

/**
 * Requests to the hosts of `permissions.http`; https only.
 *
 * Throws `permission_denied` (not in the manifest), `egress_blocked` (nothing may be reached there), `http_timeout`,
 * `response_too_large`.
 */
export interface HttpApi {
  get<Body = any>(url: string, options?: HttpOptions): HttpResponse<Body>;
  delete<Body = any>(url: string, options?: HttpOptions): HttpResponse<Body>;
  post<Body = any>(url: string, body?: unknown, options?: HttpOptions): HttpResponse<Body>;
  put<Body = any>(url: string, body?: unknown, options?: HttpOptions): HttpResponse<Body>;
  patch<Body = any>(url: string, body?: unknown, options?: HttpOptions): HttpResponse<Body>;
}

/** The secrets that the manifest names: the connection's, else the install's. Values never appear in logs. */
export interface SecretsApi {
  /** The value, or null while none is set. Throws `permission_denied`, whether or not it exists. */
  get(name: string): string | null;
  /** Needs `write`. Stays, whatever the run ends with. */
  set(name: string, value: string): void;
  delete(name: string): boolean;
  has(name: string): boolean;
  /** The names that are set, among those the manifest grants. */
  list(): string[];
}

/** The manifest's `config`, overlaid with what the admin entered. */
export interface SettingsApi {
  get<Value = any>(key: string): Value;
  getAll(): Record<string, any>;
}

/** The run's log. Give `message` a short stable text and put what varies into `data`. */
export interface LogApi {
  debug(message: string, data?: unknown): void;
  info(message: string, data?: unknown): void;
  warn(message: string, data?: unknown): void;
  error(message: string, data?: unknown): void;
}

/** Comparisons of a `where` on one field; several together must all hold. Decimals compare as numbers. */
export interface Comparison<Value = any> {
  eq?: Value;
  ne?: Value;
  gt?: Value;
  gte?: Value;
  lt?: Value;
  lte?: Value;
  in?: readonly Value[];
}

/** Conditions by field, all of which must hold; a plain value means `eq`. */
export type Where<Stored = any> = { [Field in keyof Stored]?: Stored[Field] | Comparison<Stored[Field]> };

export interface IncludeOptions {
  /** Records to read along, as in `["customer"]`. */
  include?: readonly string[];
}

export interface QueryOptions<Stored = any> extends IncludeOptions {
  where?: Where<Stored>;
  /** Default: `_created_at` descending. */
  orderBy?: readonly { field: (keyof Stored & string) | (string & {}); direction: "asc" | "desc" }[];
  /** 50 when left out, 1,000 at most. */
  limit?: number;
  offset?: number;
}

/**
 * One entity. Reading needs `read` in `permissions.entities`, writing `write`; with `write` alone a write answers
 * `id`, `_version` and the fields just written.
 *
 * Writes throw `validation_error` (naming the field), `not_found`, `conflict`.
 */
export interface EntityClass<Stored = any, Attributes = any> {
  get(id: string, options?: IncludeOptions): Stored | null;
  query(options?: QueryOptions<Stored>): Stored[];
  create(attributes: Attributes): Stored;
  update(id: string, attributes: Partial<Attributes>): Stored;
  /** False where there was no such record. */
  delete(id: string): boolean;
  exists(where?: Where<Stored>): boolean;
  count(where?: Where<Stored>): number;
  /** A named transition such as `"approve"` or `"void"`. */
  action(id: string, name: string, params?: Record<string, any>): any;
}

/** The same for an entity that is named by a string. */
export interface EntityApi {
  get<Stored = any>(entity: string, id: string, options?: IncludeOptions): Stored | null;
  query<Stored = any>(entity: string, options?: QueryOptions<Stored>): Stored[];
  create<Stored = any>(entity: string, attributes: Record<string, any>): Stored;
  update<Stored = any>(entity: string, id: string, attributes: Record<string, any>): Stored;
  delete(entity: string, id: string): boolean;
  exists(entity: string, where?: Where): boolean;
  count(entity: string, where?: Where): number;
  action(entity: string, id: string, name: string, params?: Record<string, any>): any;
}

/** Tokens of the connection that the host connected. Connectors with `connection.oauth` only. */
export interface OAuthApi {
  accessToken(): string;
}

export type Encoding = "hex" | "base64" | "base64url";

/** Digests and comparisons; encodings default to `hex`. */
export interface CryptoApi {
  hmacSha256(key: string, data: string, encoding?: Encoding): string;
  sha256(data: string, encoding?: Encoding): string;
  randomUUID(): string;
  /** Takes the same time wherever the two differ. */
  timingSafeEqual(a: string, b: string): boolean;
}

/** What a verifier looks at: the body exactly as it arrived, and the headers. */
export interface SignedRequest {
  rawBody: string;
  headers: Record<string, string | string[] | null | undefined>;
}

export type Verification =
  | { ok: true; metadata: Record<string, any> }
  | { ok: false; error: string; message: string; header?: string };

/** Signatures of deliveries to a `public` route. Verifiers answer, they do not throw. */
export interface VerifyApi {
  /** Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`. Tolerance: 300 seconds. */
  standardWebhook(
    request: SignedRequest,
    secret: string | null,
    options?: { toleranceSeconds?: number; nowSeconds?: number },
  ): Verification;
  /** A hex HMAC-SHA256 of the raw body in one of `headers`. */
  hmacSha256(request: SignedRequest, secret: string | null, options?: { headers?: readonly string[] }): Verification;
}
