/**
 * The door of a test: every host call of the prelude is answered here, in the sandbox's order.
 *
 * Count it against the run's budget, understand its arguments, decide on it, list it, perform it.
 */

import { Capabilities, type Ask, type World } from "./capabilities";
import { LimitReached, Refused, invalid, snakeCase } from "./errors";
import { HALF, type Fields, type Value } from "./records/values";
import type { Write } from "./records/records";

/** One host call, as the sandbox's report lists it. */
export interface CallRecord {
  readonly capability: string;
  readonly action: string;
  readonly resource: string;
  readonly decision: "allow" | "deny" | "limit";
  readonly rule: string;
  readonly reason: string;
  outcome: "ok" | "error";
}

const HOST_CALLS = 1000;
const HTTP_REQUESTS = 50;

/** The door of one run: one call of a handler, or what a test asks for outside of one. */
export class Door {
  readonly calls: CallRecord[] = [];
  /** The effects of the run, in the order of the calls. */
  readonly writes: Write[] = [];
  /** Streams whose page the run committed itself. */
  readonly committed = new Set<string>();
  /** The limit that the run hit. */
  limit: LimitReached | undefined;
  private hostCalls = 0;
  private requests = 0;
  private seen: number;

  private readonly capabilities: Capabilities;

  constructor(private readonly world: World) {
    this.seen = world.records.writes.length;
    this.capabilities = new Capabilities(world, this.committed, (method, resource, decision) => {
      this.spend("http", method, "SubrequestLimit");
      const { allowed, rule, reason } = decision;
      const record = this.list("http", method, resource, allowed ? "allow" : "deny", rule, reason);
      if (!allowed) throw new Refused("PermissionDenied", reason);
      record.outcome = "ok";
    });
  }

  /** Answer one host call, given as the prelude sends it. Throws LimitReached where it ends the run. */
  answer(message: { capability: string; action: string; args: Fields }): string {
    if (this.limit !== undefined) throw this.limit;
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
    const gate = this.world.policy.capability(capability);
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
      if (ask.write) this.writes.push(ask.write);
      this.collectWrites();
      record.outcome = "ok";
      return JSON.stringify({ ok: answer });
    } catch (error) {
      return this.refuse(record, error);
    }
  }

  /** Add what the records have listed since the last time. */
  collectWrites(): void {
    const { writes } = this.world.records;
    this.writes.push(...writes.slice(this.seen));
    this.seen = writes.length;
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
    const { redactor } = this.world;
    const shown = { resource: redactor.text(resource), reason: redactor.text(reason) };
    const record: CallRecord = { capability, action, ...shown, decision, rule, outcome: "error" };
    this.calls.push(record);
    return record;
  }

  private spend(capability: string, action: string, limit: "CallLimit" | "SubrequestLimit"): void {
    const [used, most, what] =
      limit === "CallLimit"
        ? ([(this.hostCalls += 1), HOST_CALLS, "host calls"] as const)
        : ([(this.requests += 1), HTTP_REQUESTS, "HTTP requests"] as const);
    if (used <= most) return;
    this.limit = new LimitReached(limit, `more than ${most} ${what} in one run`);
    this.list(capability, action, "", "limit", snakeCase(limit), this.limit.message);
    throw this.limit;
  }
}

function holdsHalf(value: Value): boolean {
  if (typeof value === "string") return HALF.test(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, each]) => HALF.test(key) || holdsHalf(each));
}
