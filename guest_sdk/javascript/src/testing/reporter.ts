/** What Node's test runner says, one JSON line per test that ended. */

interface Event {
  readonly type: string;
  readonly data: {
    readonly name: string;
    readonly nesting: number;
    readonly file?: string;
    readonly line?: number;
    readonly skip?: string | boolean;
    readonly todo?: string | boolean;
    readonly details: {
      readonly type?: string;
      readonly duration_ms: number;
      readonly error?: { readonly message: string; readonly cause?: unknown };
    };
  };
}

export default async function* report(events: AsyncIterable<Event>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if ((type !== "test:pass" && type !== "test:fail") || data.details.type === "suite") continue;
    const { name, file = "", line = 0, details } = data;
    const cause = details.error?.cause ?? details.error;
    const { message, stack } = (typeof cause === "object" && cause !== null ? cause : {}) as Partial<Error>;
    const error = details.error && { message: message ?? String(cause), stack: stack ?? "" };
    const outcome = data.skip ? "skipped" : type === "test:pass" || data.todo ? "passed" : "failed";
    yield `${JSON.stringify({ name, file, line, outcome, duration_ms: details.duration_ms, error: error ?? null })}\n`;
  }
}
