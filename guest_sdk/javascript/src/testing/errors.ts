/** Errors that cross to the guest, as the sandbox raises them. */

import type { HostErrorCode } from "../capabilities";

export type ErrorName =
  | "PermissionDenied"
  | "NotAvailable"
  | "InvalidArgument"
  | "EgressBlocked"
  | "HttpTimeout"
  | "ResponseTooLarge"
  | "ValidationError"
  | "NotFound"
  | "Conflict"
  | "HookRejected"
  | "HookDepth";

/** `PermissionDenied` → `permission_denied`. */
export function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase();
}

/** A refusal or failure of a host call. The prelude throws it into the handler as an Error of its own. */
export class Refused extends Error {
  readonly code: HostErrorCode;

  constructor(
    override readonly name: ErrorName,
    message: string,
  ) {
    super(message);
    this.code = snakeCase(name) as HostErrorCode;
  }
}

/** A limit: it ends the run, and the handler's own `catch` changes nothing about that. */
export class LimitReached extends Error {
  readonly code: string;

  constructor(
    override readonly name: "CallLimit" | "SubrequestLimit",
    message: string,
  ) {
    super(message);
    this.code = snakeCase(name);
  }
}

export const invalid = (message: string): Refused => new Refused("InvalidArgument", message);
export const notValid = (message: string): Refused => new Refused("ValidationError", message);
