/** `Crypto` and `verify`, over Node's own digests. */

import { createHash, createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { Refused, invalid } from "./errors";
import { HALF, isFields, type Fields, type Value } from "./records/values";

const ENCODINGS = ["hex", "base64", "base64url"] as const;
const HMAC_HEADERS = ["x-signature", "x-signature-256", "x-webhook-signature"];
const VERIFY_OPTIONS: Record<string, readonly string[]> = {
  standardWebhook: ["toleranceSeconds", "nowSeconds"],
  hmacSha256: ["headers"],
};
const MAX_TOLERANCE_S = 86_400;
const MAX_SIGNATURES = 32;

export function crypto(action: string, args: Fields): Value {
  switch (action) {
    case "hmacSha256": {
      const [key, data, encoding] = [textOf(args, "key"), textOf(args, "data"), encodingOf(args)];
      if (key === "") throw invalid("key must not be empty");
      return createHmac("sha256", key).update(data).digest(encoding);
    }
    case "sha256": {
      const [data, encoding] = [textOf(args, "data"), encodingOf(args)];
      return createHash("sha256").update(data).digest(encoding);
    }
    case "randomUUID":
      return randomUUID();
    case "timingSafeEqual":
      return equal(textOf(args, "a"), textOf(args, "b"));
  }
  throw new Refused("NotAvailable", `Crypto has no '${action}'; it has hmacSha256, sha256, randomUUID, timingSafeEqual`);
}

function textOf(args: Fields, name: string): string {
  const value = args[name];
  if (typeof value !== "string") throw invalid(`${name} must be a string`);
  if (HALF.test(value)) throw invalid(`${name} holds half a surrogate pair, which has no bytes`);
  return value;
}

function encodingOf(args: Fields): (typeof ENCODINGS)[number] {
  const encoding = args["encoding"] ?? "hex";
  const found = ENCODINGS.find((each) => each === encoding);
  if (found === undefined) throw invalid(`encoding must be one of ${ENCODINGS.join(", ")}`);
  return found;
}

function equal(a: string, b: string): boolean {
  const [left, right] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Why a delivery is not accepted. */
class NotGenuine extends Error {
  constructor(
    readonly error: string,
    message: string,
    readonly header?: string,
  ) {
    super(message);
  }
}

const wrong = (message: string): NotGenuine => new NotGenuine("invalid_argument", message);

/** Never throws for what was delivered: it answers, as in the sandbox. */
export function verify(action: string, args: Fields): Value {
  const known = VERIFY_OPTIONS[action];
  if (known === undefined) {
    throw new Refused("NotAvailable", `verify has no '${action}'; it has ${Object.keys(VERIFY_OPTIONS).join(", ")}`);
  }
  try {
    return { ok: true, metadata: action === "standardWebhook" ? standard(read(args, known)) : hmac(read(args, known)) };
  } catch (refused) {
    if (!(refused instanceof NotGenuine)) throw refused;
    const { error, message, header } = refused;
    return { ok: false, error, message, ...(header === undefined ? {} : { header }) };
  }
}

interface Delivery {
  readonly body: string;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly secret: string;
  readonly tolerance: number;
  readonly now: number;
  readonly names: readonly string[];
}

function standard(delivery: Delivery): Fields {
  const key = keyOf(delivery.secret, true);
  const id = header(delivery, "webhook-id");
  const signatures = header(delivery, "webhook-signature");
  const time = timestamp(delivery, header(delivery, "webhook-timestamp"));
  const expected = createHmac("sha256", key).update(`${id}.${time}.${delivery.body}`).digest("base64");
  const offered = signatures.split(" ").filter((item) => item.startsWith("v1,")).map((item) => item.slice(3));
  match(expected, offered, "webhook-signature");
  return { id, timestamp: time };
}

function hmac(delivery: Delivery): Fields {
  const key = keyOf(delivery.secret, false);
  const present = delivery.names.filter((name) => delivery.headers.has(name.toLowerCase()));
  const first = present[0];
  if (first === undefined) {
    const names = delivery.names.join(", ");
    throw new NotGenuine("missing_header", `none of these headers is there: ${names}`, delivery.names[0]);
  }
  const offered = present.map((name) => header(delivery, name).replace(/^sha256=/, ""));
  const expected = createHmac("sha256", key).update(delivery.body).digest("hex");
  match(expected, offered.map((text) => (/^[0-9A-Fa-f]{64}$/.test(text) ? text.toLowerCase() : "")), first);
  return {};
}

function keyOf(secret: string, encoded: boolean): Uint8Array | string {
  const refuse = (message: string): NotGenuine => new NotGenuine("invalid_secret", message);
  if (secret === "") throw refuse("no webhook secret is set");
  if (secret !== secret.trim()) throw refuse("the webhook secret begins or ends with white space; paste it again");
  if (!encoded) return secret;
  const text = secret.replace(/^whsec_/, "");
  const key = Buffer.from(text, "base64");
  if (key.toString("base64") !== text) throw refuse("the webhook secret must be whsec_ and base64 with its padding");
  if (key.length === 0) throw refuse("the webhook secret is empty after whsec_");
  return key;
}

function match(expected: string, offered: readonly string[], name: string): void {
  if (offered.length > MAX_SIGNATURES) {
    throw new NotGenuine("malformed_header", `more than ${MAX_SIGNATURES} signatures`, name);
  }
  if (!offered.some((text) => equal(expected, text))) {
    throw new NotGenuine("no_match", "no signature matches the body and the secret", name);
  }
}

function header(delivery: Delivery, name: string): string {
  const [value, ...others] = delivery.headers.get(name.toLowerCase()) ?? [];
  if (value === undefined) throw new NotGenuine("missing_header", `the header ${name} is missing`, name);
  if (others.length > 0) {
    throw new NotGenuine("malformed_header", `the header ${name} is there more than once`, name);
  }
  if (/[^\0-\x7f]/.test(value)) {
    throw new NotGenuine("malformed_header", `the header ${name} holds a character outside ASCII`, name);
  }
  return value;
}

function timestamp(delivery: Delivery, text: string): number {
  const name = "webhook-timestamp";
  if (!/^[1-9][0-9]{0,14}$/.test(text)) {
    throw new NotGenuine("malformed_header", "the time must be whole seconds since 1970", name);
  }
  const age = Math.floor(delivery.now) - Number(text);
  if (age > delivery.tolerance) {
    const most = `at most ${delivery.tolerance} are accepted`;
    throw new NotGenuine("timestamp_too_old", `signed ${age} s ago; ${most}`, name);
  }
  if (age < -delivery.tolerance) {
    throw new NotGenuine("timestamp_too_new", `signed ${-age} s ahead of the clock here; is it in seconds?`, name);
  }
  return Number(text);
}

function read(args: Fields, known: readonly string[]): Delivery {
  const { request, secret = null, options = null } = args;
  const body = isFields(request) ? request["rawBody"] : undefined;
  if (!isFields(request) || typeof body !== "string") {
    throw wrong("request must be {rawBody, headers}, with the untouched body as a string");
  }
  if (secret !== null && typeof secret !== "string") throw wrong("secret must be a string");
  if (options !== null && !isFields(options)) throw wrong("options must be an object");
  const given = options ?? {};
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) throw wrong(`options.${key.slice(0, 60)} is unknown; there is ${known.join(" and ")}`);
  }
  return {
    body,
    headers: headersOf(request["headers"] ?? null),
    secret: secret ?? "",
    tolerance: secondsOf(given, "toleranceSeconds", 300, MAX_TOLERANCE_S),
    now: secondsOf(given, "nowSeconds", Date.now() / 1000, 10 ** 12),
    names: namesOf(given["headers"] ?? null),
  };
}

function headersOf(given: Value): Map<string, string[]> {
  if (!isFields(given)) throw wrong("request.headers must be an object");
  const headers = new Map<string, string[]>();
  for (const [name, value] of Object.entries(given)) {
    if (value === null) continue;
    const values = Array.isArray(value) ? value : [value];
    const place = `request.headers: '${name.slice(0, 60)}'`;
    if (!values.every((each) => typeof each === "string")) {
      throw wrong(`${place} must be a string, an array of strings or null`);
    }
    if (values.length > 1) throw wrong(`${place} was sent more than once`);
    const text = values[0];
    if (typeof text !== "string" || text === "") continue;
    headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), text]);
  }
  return headers;
}

function secondsOf(options: Fields, name: string, usual: number, most: number): number {
  const value = options[name] ?? null;
  if (value === null) return usual;
  if (typeof value !== "number" || value < 0 || value > most) {
    throw wrong(`options.${name} must be a number of seconds from 0 to ${most}`);
  }
  return value;
}

function namesOf(given: Value): readonly string[] {
  if (given === null) return HMAC_HEADERS;
  if (!Array.isArray(given) || given.length < 1 || given.length > 10) {
    throw wrong("options.headers must be an array of 1 to 10 header names");
  }
  if (!given.every((name) => typeof name === "string" && name !== "")) {
    throw wrong("options.headers must hold header names");
  }
  return given as string[];
}
