/** The hooks after a write: they wait for its commit, and what they throw goes to the logs only. */

import { LimitReached, Refused } from "../errors";
import type { Fields } from "../records/values";
import type { Run } from "../run";
import type { Chain } from "./chain";
import { labelOf, type Change, type Hook } from "./hook";
import { Thrown } from "./running";

interface Waiting {
  readonly hook: Hook;
  readonly change: Change;
  readonly chain: Chain;
  readonly actor: Fields;
}

/** The queue of one run. What an after-hook's writes set off joins its end. */
export class AfterHooks {
  private waiting: Waiting[] = [];

  constructor(private readonly run: Run) {}

  later(hook: Hook, change: Change, chain: Chain, actor: Fields): void {
    this.waiting.push({ hook, change, chain, actor });
  }

  /** A function that takes back what joins from here on. */
  savepoint(): () => void {
    const copy = [...this.waiting];
    return () => {
      this.waiting = copy;
    };
  }

  /** Run what waits, and what comes of that, until nothing waits. Whatever happens is logged. */
  runAll(): void {
    for (let one = this.waiting.shift(); one !== undefined; one = this.waiting.shift()) {
      const { hook, change, chain, actor } = one;
      try {
        this.run.together(() => this.run.fire(hook, change, chain, actor));
      } catch (error) {
        if (!(error instanceof LimitReached || error instanceof Refused || error instanceof Thrown)) throw error;
        const data = { record: change.record["id"] ?? null, stack: error instanceof Thrown ? error.thrown.stack : null };
        this.run.logs.note("error", `${labelOf(hook)} failed: ${error.name}: ${error.message}`, data);
        if (error instanceof LimitReached) this.giveUp();
      }
    }
  }

  /** What the hooks of a run share is spent: no further one could do anything. */
  private giveUp(): void {
    const left = this.waiting.length;
    if (left > 0) this.run.logs.note("error", `${left} more after-hooks were not run`, null);
    this.waiting = [];
    this.run.limit = undefined;
  }
}
