/** One run: what its handler, and the hooks that its writes set off, have in common. */

import type { World } from "./capabilities";
import { Door, type CallRecord } from "./door";
import { LimitReached, Refused } from "./errors";
import { AfterHooks } from "./hooks/after";
import type { Chain } from "./hooks/chain";
import { contextOf, labelOf, rejects, type Change, type Hook } from "./hooks/hook";
import { Thrown, runHook } from "./hooks/running";
import { HookedWrites } from "./hooks/writes";
import { Logs } from "./logs";
import type { Fields, Value } from "./records/values";
import type { Write } from "./records/table";

const HOST_CALLS = 1000;
const HTTP_REQUESTS = 50;

/** `atomic`: every write, or none. `immediate`: each is committed at its call. */
export type Ends = "atomic" | "immediate";
export type Limit = "CallLimit" | "SubrequestLimit";

/** `before`: the failed attempt of a job that this one goes on after; one report tells of both. */
export class Run {
  readonly calls: CallRecord[];
  /** The effects of the run, in the order of the calls. */
  readonly writes: Write[];
  readonly logs: Logs;
  readonly after = new AfterHooks(this);
  /** The limit that the run hit. */
  limit: LimitReached | undefined;
  private readonly base: number;
  private readonly collected: Write[] = [];
  private readonly spent: Record<Limit, number> = { CallLimit: 0, SubrequestLimit: 0 };
  private grouped = false;

  constructor(
    readonly world: World,
    private readonly ends: Ends,
    before?: Run,
  ) {
    this.calls = before?.calls ?? [];
    this.writes = before?.writes ?? [];
    this.base = world.records.writes.length;
    this.logs = new Logs(world);
  }

  /** The door of the guest that the run begins with. `actor`: who hooks are told that wrote. */
  door(chain: Chain, actor: Fields, credentials = this.world.connected): Door {
    return new Door(this, new HookedWrites(this, chain, actor), credentials);
  }

  /** Run a hook on a change; answers what it returned. Throws HookRejected where one before a write threw, Thrown where
   * another did, LimitReached. */
  fire(hook: Hook, change: Change, chain: Chain, actor: Fields): Value {
    const { extension, unconnected, redactor } = this.world;
    const door = this.door(chain, scriptActor(extension), unconnected);
    const result = runHook(hook.file, contextOf(hook, change, actor), (message) => door.answer(message));
    if (result.ok) return result.value.body;
    if (!rejects(hook)) throw new Thrown(result.error);
    const why = redactor.text(result.error.message);
    throw new Refused("HookRejected", `${labelOf(hook)} rejected the write: ${why}`);
  }

  /** Make a write and what its hooks write, or none of it. Where writes commit at their call, this one does, and the
   * hooks after it run. */
  whole<T>(write: () => T): T {
    const answer = this.together(write);
    if (this.ends === "immediate" && !this.grouped) this.after.runAll();
    return answer;
  }

  /** A block of writes that stays whole or is taken back whole: the records, the list of them, and the hooks that wait
   * for them. */
  together<T>(block: () => T): T {
    const { records } = this.world;
    const [takeBack, forget, written] = [records.savepoint(), this.after.savepoint(), records.writes.length];
    const outer = this.grouped;
    this.grouped = true;
    try {
      const answer = block();
      this.collectWrites();
      return answer;
    } catch (error) {
      takeBack();
      forget();
      records.writes.length = written;
      const gone = new Set(this.collected.splice(written - this.base));
      this.writes.splice(0, this.writes.length, ...this.writes.filter((write) => !gone.has(write)));
      throw error;
    } finally {
      this.grouped = outer;
    }
  }

  /** Add what the records have listed since the last time. */
  collectWrites(): void {
    const fresh = this.world.records.writes.slice(this.base + this.collected.length);
    this.writes.push(...fresh);
    this.collected.push(...fresh);
  }

  /** Count one more against the run's budget; answers the limit that is over. */
  spend(limit: Limit): LimitReached | undefined {
    this.spent[limit] += 1;
    const [most, what] = limit === "CallLimit" ? [HOST_CALLS, "host calls"] : [HTTP_REQUESTS, "HTTP requests"];
    if (this.spent[limit] <= most) return undefined;
    this.limit = new LimitReached(limit, `more than ${most} ${what} in one run`);
    return this.limit;
  }

}

/** A script as hooks are told of it: its install, with who set off the run beside it. */
export function scriptActor(extension: string): Fields {
  return { type: "install", id: extension, root: PERSON };
}

/** Who makes a test's calls. */
export const PERSON: Fields = { type: "user", id: "test" };
