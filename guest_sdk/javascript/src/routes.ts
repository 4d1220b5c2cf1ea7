/** API routes: `src/api/<path>.ts` exports a handler per verb and, where it matters, its `config`. */

import type { HttpResponse } from "./capabilities";

/** Who may call a route. A signature scheme is checked by the host, over the raw body, before the handler runs. */
export type SignatureScheme =
  | "stripe_signature"
  | "shopify_hmac"
  | "github_signature"
  | "slack_signature"
  | "standard_webhook"
  | "hmac_sha256";

/** Signature schemes are for connectors. `public` routes verify for themselves, with `verify`. */
export type RouteAuth = "api_key" | "public" | SignatureScheme;

/** `export const config: RouteConfig`. `auth` is `api_key` where it is left out. */
export interface RouteConfig {
  auth?: RouteAuth;
}

export interface ApiRequest<Body = any> {
  method: string;
  searchParams: Record<string, string | string[]>;
  /** The path's own parameters. */
  params: Record<string, string | string[]>;
  /** Parsed where the content type is JSON. */
  body: Body;
  /** The body exactly as it arrived: what signatures are made over. */
  rawBody: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  context: {
    tenant: { id: string };
    extension: { key: string };
    connection?: { id: string } | null;
  };
  /** The raw body, parsed now. Throws `invalid_argument` where it is not JSON. */
  json<Value = any>(): Value;
}

/** A response with a status. A handler may return any plain value instead: that is 200. */
export interface ApiResponse {
  __api_response: true;
  status: number;
  body: unknown;
  headers?: Record<string, string> | undefined;
}

/** The body of the helpers that refuse. */
export interface ApiErrorBody {
  error: { code: string; message: string; data?: unknown };
}

export interface ResponseInit {
  status?: number;
  headers?: Record<string, string>;
}

export type RouteHandler<Body = any> = (request: ApiRequest<Body>) => unknown;

/** Wraps a handler, and makes responses. */
export interface Api {
  <Body = any>(handler: RouteHandler<Body>): RouteHandler<Body>;
  /** 200, or the status given. */
  json(data: unknown, init?: ResponseInit): ApiResponse;
  /** 400 */
  badRequest(message?: string, data?: unknown): ApiResponse;
  /** 401 */
  unauthorized(message?: string, data?: unknown): ApiResponse;
  /** 403 */
  forbidden(message?: string, data?: unknown): ApiResponse;
  /** 404 */
  notFound(message?: string, data?: unknown): ApiResponse;
  /** 500, or the status given. */
  error(message?: string, init?: ResponseInit & { data?: unknown }): ApiResponse;
  /** 502 for a provider's failure. Its 429 stays a 429, with its `retry-after`, so that the host waits that long. */
  providerError(message: string, response?: Pick<HttpResponse, "status" | "headers">): ApiResponse;
}
