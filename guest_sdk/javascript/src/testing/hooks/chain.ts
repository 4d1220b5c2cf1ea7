/** Where in a chain of hooks a guest stands. Hooks write, and writes set off hooks: the chain ends here. */

import { Refused } from "../errors";

/** How many hooks may set one another off. It is counted from the root run, across commits. */
const MAX_DEPTH = 5;

/** `hook`, `record`: what this guest is, `Invoice:before_save`, and what it runs on; null for the root, and for a
 * record that does not exist yet. */
export class Chain {
  constructor(
    private readonly depth = 0,
    private readonly hook: string | null = null,
    private readonly record: string | null = null,
  ) {}

  /** May a guest that stands here write? Throws HookDepth. */
  check(): void {
    if (this.depth < MAX_DEPTH) return;
    throw new Refused(
      "HookDepth",
      `this hook is the ${MAX_DEPTH}th that set one another off; a hook this deep cannot write,` +
        " so write only where something changes",
    );
  }

  /** The place of a hook that a write made here sets off. */
  below(hook: string, record: string | null): Chain {
    return new Chain(this.depth + 1, hook, record);
  }

  /** Was the write made by this very hook, on the record that it runs on? Then it does not fire again. */
  isOwn(hook: string, record: string | null): boolean {
    return record !== null && hook === this.hook && record === this.record;
  }
}
