/**
 * The door of a test: every host call of the prelude is answered here, in the sandbox's order.
 *
 * Count it against the run's budget, understand its arguments, decide on it, list it, perform it.
 */

import { Capabilities, type Ask, type Credentials } from "./capabilities";
import { Refused, invalid, snakeCase } from "./errors";
import type { Message } from "./guest";
import type { HookedWrites } from "./hooks/writes";
import { HALF, type Value } from "./records/values";
import type { Limit, Run } from "./run";

/** One host call, as the sandbox's report lists it. */
export interface CallRecord {
  readonly capability: string;
  readonly action: string;
  readonly resource: string;
  readonly decision: "allow" | "deny" | "limit";
  readonly rule: string;
  readonly reason: string;
  outcome: "ok" | "error" | "interrupted";
}

/** The door of one guest: a handler, a hook that it set off, or what a test asks for outside of one. */
export class Door {
  /** Streams whose page the guest committed itself. */
  readonly committed = new Set<string>();
  private readonly capabilities: Capabilities;

  constructor(
    private readonly run: Run,
    writes: HookedWrites,
    credentials: Credentials,
  ) {
    this.capabilities = new Capabilities(run, writes, credentials, this.committed, (method, resource, decision) => {
      this.spend("http", method, "SubrequestLimit");
      const { allowed, rule, reason } = decision;
      const record = this.list("http", method, resource, allowed ? "allow" : "deny", rule, reason);
      if (!allowed) throw new Refused("PermissionDenied", reason);
      record.outcome = "ok";
    });
  }

  /** Answer one host call, given as the prelude sends it. Throws LimitReached where it ends the run. */
  answer(message: Message): string {
    if (this.run.limit !== undefined) throw this.run.limit;
    const { capability, action, args } = message;
    this.spend(capability, action, "CallLimit");
    if (capability === "http") this.spend(capability, action, "SubrequestLimit");
    let ask: Ask;
    try {
      if (holdsHalf(args)) {
        throw invalid("the arguments must not hold half of a surrogate pair, which is no character");
      }
      ask = this.capabilities.ask(capability, action, args);
    } catch (error) {
      return this.refuse(this.list(capability, action, "", "deny", "arguments", (error as Error).message), error);
    }
    const gate = this.run.world.policy.capability(capability);
    const denied = [gate, ...ask.decisions].find((decision) => !decision.allowed);
    const decision = denied ?? ask.decisions.at(-1) ?? gate;
    const reason = decision.reason;
    const record = this.list(capability, action, ask.resource, denied ? "deny" : "allow", decision.rule, reason);
    if (denied) {
      const name = denied.rule === "connector_only" ? "NotAvailable" : "PermissionDenied";
      return this.refuse(record, new Refused(name, reason));
    }
    try {
      const answer = ask.perform();
      if (ask.write) this.run.writes.push(ask.write);
      this.run.collectWrites();
      record.outcome = "ok";
      return JSON.stringify({ ok: answer });
    } catch (error) {
      if (!(error instanceof Refused)) record.outcome = "interrupted";
      // A request may have arrived at the provider or not: it is listed.
      else if (ask.write && capability === "http") this.run.writes.push(ask.write);
      return this.refuse(record, error);
    }
  }

  private refuse(record: CallRecord, error: unknown): string {
    if (!(error instanceof Refused)) throw error;
    record.outcome = "error";
    const { name, code, message } = error;
    return JSON.stringify({ error: { name, code, message } });
  }

  private list(
    capability: string,
    action: string,
    resource: string,
    decision: CallRecord["decision"],
    rule: string,
    reason: string,
  ): CallRecord {
    const { redactor } = this.run.world;
    const shown = { resource: redactor.text(resource), reason: redactor.text(reason) };
    const record: CallRecord = { capability, action, ...shown, decision, rule, outcome: "error" };
    this.run.calls.push(record);
    return record;
  }

  private spend(capability: string, action: string, limit: Limit): void {
    const over = this.run.spend(limit);
    if (over === undefined) return;
    this.list(capability, action, "", "limit", snakeCase(limit), over.message);
    throw over;
  }
}

function holdsHalf(value: Value): boolean {
  if (typeof value === "string") return HALF.test(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, each]) => HALF.test(key) || holdsHalf(each));
}
