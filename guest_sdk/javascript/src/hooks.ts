/** Hooks, `src/hooks/<entity>/<event>.ts`, and jobs, `src/jobs/<name>.ts`. */

/** The file names of hooks. */
export type HookEvent =
  | "before-save"
  | "after-save"
  | "before-post"
  | "after-post"
  | "before-delete"
  | "after-delete"
  | "before-approve"
  | "after-approve"
  | "recalculate";

export interface HookContext<T = any> {
  /** After the change; in a before-hook, as it is about to be. */
  entity: T;
  entityType: string;
  operation: "create" | "update" | "delete";
  /** Null on create. */
  previous: T | null;
  /** Names of the fields that changed. */
  changes: string[];
  /** Who wrote: a person, or an install with who set its run off beside it. */
  actor: { type: string; id: string; root?: { type: string; id: string } };
}

/**
 * The default export of a hook file.
 *
 * before-save and recalculate return fields to merge, or null. What before-save, before-post, before-delete or
 * before-approve throws refuses the change, and its message is shown to the user. After-hooks run after the commit.
 */
export type Hook<T = any> = (context: HookContext<T>) => Partial<T> | null | void | Promise<Partial<T> | null | void>;

/** What `recalculate` returns: the fields of the draft that it sets. */
export type RecalculateResult<T = any> = Partial<T> | null;

/** The exports of a job file. */
export interface JobModule {
  /** Five fields of cron. */
  schedule: string;
  run: () => unknown;
  /** An IANA zone; `UTC` when left out. */
  timezone?: string;
  /** Attempts; 1 when left out. */
  retry?: number;
  /** Milliseconds; 30,000 when left out. */
  timeout_ms?: number;
}
