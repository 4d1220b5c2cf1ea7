/** The runs of a test's handlers: routes, hooks and jobs, each as the host runs it. */

import type { Credentials, World } from "./capabilities";
import type { Door } from "./door";
import { LimitReached, Refused } from "./errors";
import { answerWith, invoke, type Handler, type Kind } from "./guest";
import { Chain } from "./hooks/chain";
import { contextOf, keyOf, labelOf, merges, rejects, returnedFields, type Hook } from "./hooks/hook";
import { mergeable } from "./hooks/writes";
import type { HookGiven, HookOutcome, TestRequest, TestResponse } from "./index";
import { project, routeOf } from "./project";
import { pageCheckpoint } from "./records/checkpoints";
import { isFields, type Fields, type Value } from "./records/values";
import { placeOfCaller, type Recording, type Started } from "./recording";
import type { Redactor } from "./redaction";
import { inputOf, plainJson } from "./request";
import { PERSON, Run, scriptActor } from "./run";

const TENANT = "local";

type Response = TestResponse<Value>;

/** A handler to run. `settle`: what its end still has to go through, once it returned. */
interface Start {
  readonly kind: Kind;
  readonly handler: Handler;
  readonly input: Value;
  readonly chain: Chain;
  /** Default: those of the connection. */
  readonly credentials?: Credentials;
  readonly started: Started;
  readonly settle?: (response: Response, door: Door) => void;
}

/** Runs of one process come after one another: they share the SDK. */
let queue: Promise<unknown> = Promise.resolve();

/** The runs of one runtime. `lend` makes the SDK's globals be there, and answers how to end that. */
export class Runs {
  constructor(
    private readonly world: World,
    private readonly connection: string | null,
    private readonly recording: Recording | undefined,
    private readonly lend: () => () => void,
  ) {}

  route(handler: Handler, request: TestRequest): Promise<Response> {
    return this.next((place) => this.answer(handler, request, place));
  }

  async hook(entity: string, event: string, given: HookGiven<unknown>): Promise<HookOutcome<Fields>> {
    const key = `${entity}:${event.replaceAll("-", "_")}`;
    const hook = this.world.hooks.find((one) => keyOf(one) === key);
    if (hook === undefined) throw noSuch("hook", key, this.world.hooks.map(keyOf));
    return this.next((place) => this.alone(hook, given, place));
  }

  async job(name: string): Promise<Value> {
    const jobs = project()?.layout.jobs ?? {};
    const file = Object.hasOwn(jobs, name) ? jobs[name] : undefined;
    if (file === undefined) throw noSuch("job", name, Object.keys(jobs));
    return this.next((place) => this.attempts(name, file, place));
  }

  /** Run this when everything before it has ended. */
  private next<T>(run: (place: string) => Promise<T>): Promise<T> {
    const place = this.recording === undefined ? "" : placeOfCaller();
    const done = queue.then(() => run(place));
    queue = done.catch(() => undefined);
    return done;
  }

  private async answer(handler: Handler, request: TestRequest, place: string): Promise<Response> {
    const route = await routeOf(handler);
    const { world, connection } = this;
    const stream = route?.stream ?? null;
    const input = inputOf(request, {
      route,
      kept: stream === null ? null : world.records.checkpoints.get(stream, null),
      context: {
        tenant: { id: TENANT },
        extension: { key: world.extension },
        connection: connection === null ? null : { id: connection },
      },
    });
    const entry = route === undefined ? null : `${route.method} ${String(input["path"])}`;
    const settle = (response: Response, door: Door): void => {
      if (stream !== null && !door.committed.has(stream)) this.keepPage(stream, input["searchParams"] as Fields, response);
    };
    world.records.under(connection);
    const started = { place, entry, file: route?.file ?? null, connection, input };
    return this.run({ kind: "route", handler, input, chain: new Chain(), started, settle }, new Run(world, "atomic"));
  }

  /** A hook by itself: the record with what it returned in it. It has no connection. */
  private async alone(hook: Hook, given: HookGiven<unknown>, place: string): Promise<HookOutcome<Fields>> {
    const { records } = this.world;
    records.under(null);
    const isNew = (given.previous ?? null) === null;
    const previous = isNew ? null : records.drafted(hook.entity, plainJson(given.previous) as Fields, false);
    const record = records.drafted(hook.entity, plainJson(given.record) as Fields, isNew);
    const input = contextOf(hook, { record, previous }, PERSON);
    const about = typeof record["id"] === "string" ? record["id"] : null;
    const chain = new Chain(0, keyOf(hook), about);
    const credentials = { secrets: this.world.connected.secrets, token: undefined };
    const handler = await exportOf(hook.file, "default");
    const started = { place, entry: labelOf(hook), file: hook.file, connection: null, input };
    const takeBack = records.savepoint();
    try {
      const start: Start = { kind: "hook", handler, input, chain, credentials, started };
      const { body } = await this.run(start, new Run(this.world, "atomic"));
      const after = merges(hook) ? this.merged(hook, record, body, isNew) : record;
      return { record: after, returned: body, rejected: null };
    } catch (error) {
      takeBack();
      if (!rejects(hook) || error instanceof LimitReached) throw error;
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      return { record, returned: null, rejected: { name, message } };
    }
  }

  private merged(hook: Hook, record: Fields, returned: Value, isNew: boolean): Fields {
    const fields = returnedFields(hook, returned, record);
    if (typeof fields === "string") throw new Refused("HookRejected", fields);
    return mergeable(hook, () => this.world.records.drafted(hook.entity, { ...record, ...fields }, isNew));
  }

  /** A job, as often as it asks for; what an attempt wrote stays. */
  private async attempts(name: string, file: string, place: string): Promise<Value> {
    const handler = await exportOf(file, "run");
    const { retry = 1 } = (await import(project()?.urlOf(file) ?? "")) as { retry?: number };
    this.world.records.under(this.connection);
    const started = { place, entry: `job:${name}`, file, connection: this.connection, input: null };
    const entry = this.recording?.begin(started);
    let run = new Run(this.world, "immediate");
    for (let attempt = 1; ; attempt++) {
      try {
        const { body } = await this.invoke({ kind: "job", handler, input: null, chain: new Chain(), started }, run);
        entry?.end(run, { response: { status: 200, headers: {}, body } });
        return body;
      } catch (error) {
        if (attempt >= retry) {
          entry?.end(run, { error });
          throw error;
        }
        const { redactor } = this.world;
        const { name: kind, message, stack = "" } = error instanceof Error ? error : new Error(String(error));
        const why = redactor.text(`${kind}: ${message}`);
        run.logs.note("warn", `attempt ${attempt} of ${retry} failed: ${why}`, { stack });
        run = new Run(this.world, "immediate", run);
      }
    }
  }

  /** An atomic run: what it wrote stays only where it returned, and the hooks after its writes run then. */
  private async run(start: Start, run: Run): Promise<Response> {
    const takeBack = this.world.records.savepoint();
    const entry = this.recording?.begin(start.started);
    try {
      const response = await this.invoke(start, run);
      run.after.runAll();
      entry?.end(run, { response: response as unknown as Fields });
      return response;
    } catch (error) {
      takeBack();
      entry?.end(run, { error });
      throw error;
    }
  }

  /** Call the handler. Rejects with what it threw, or with the limit that it hit. */
  private async invoke({ kind, handler, input, chain, credentials, settle }: Start, run: Run): Promise<Response> {
    const { extension, redactor, connected } = this.world;
    const { token } = credentials ?? connected;
    if (token !== undefined) learnToken(redactor, token);
    const door = run.door(chain, scriptActor(extension), credentials);
    const giveBack = this.lend();
    const before = answerWith((message) => door.answer(message));
    let thrown: { readonly value: unknown } | undefined;
    const watched = async (given: unknown): Promise<unknown> => {
      try {
        return await handler(given);
      } catch (value) {
        thrown = { value };
        throw value;
      }
    };
    try {
      const result = await invoke(kind, watched, input);
      if (run.limit !== undefined) throw run.limit;
      if (!result.ok) throw thrown === undefined ? errorOf(result.error) : thrown.value;
      settle?.(result.value, door);
      run.collectWrites();
      return result.value;
    } finally {
      answerWith(before);
      giveBack();
    }
  }

  /** A sync route's answer may carry the checkpoint that its handler did not commit itself. */
  private keepPage(stream: string, window: Fields, { status, body }: Response): void {
    if (status < 200 || status > 299 || !isFields(body)) return;
    if ((body["cursor"] ?? null) === null && (body["checkpoint"] ?? null) === null) return;
    this.world.records.setCheckpoint(stream, pageCheckpoint(body, window), null);
  }
}

/** Hide the connection's access token, whether or not a handler asks for it. */
function learnToken(redactor: Redactor, token: () => string): void {
  try {
    redactor.learn("oauth_token", token());
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
  }
}

/** A function that a file of the project exports. */
async function exportOf(file: string, name: string): Promise<Handler> {
  const exports = (await import(project()?.urlOf(file) ?? "")) as Record<string, unknown>;
  const found = exports[name];
  if (typeof found === "function") return found as Handler;
  throw new TypeError(`${file} exports no function ${name}`);
}

function noSuch(what: string, name: string, known: readonly string[]): Error {
  const why = project() === undefined ? "; no backfill.config.ts is above the working directory" : "";
  return new TypeError(`no ${what} ${name}; there are: ${known.join(", ") || "none"}${why}`);
}

function errorOf(error: { name: string; code: string; message: string }): Error {
  return Object.assign(new Error(error.message), { name: error.name, code: error.code });
}
