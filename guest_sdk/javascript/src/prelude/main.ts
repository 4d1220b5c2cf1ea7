/** What the host calls: load and describe the modules, or run one handler. */

import { okText, responseText } from "./api";
import { invalidArgument, thrownText } from "./errors";
import { begin, end } from "./host";
import { describe, findExport, leftPending, load, nextFile } from "./modules";
import { define, isObject, parse } from "./primordials";
import { seed } from "./random";

interface Invocation {
  readonly op: "invoke";
  readonly kind: "route" | "job" | "hook";
  readonly file: string;
  readonly export: string;
  readonly input: unknown;
  readonly seed: readonly [number, number, number, number];
}

type Preparing =
  | { readonly op: "next" }
  | { readonly op: "load" }
  | { readonly op: "describe" }
  | { readonly op: "pending"; readonly file: string };

/**
 * The host's entry. While a version is prepared: `{"op":"next"}` answers the next module's file, `""` after the last,
 * and `{"op":"load"}` loads it, so that the host knows which one never ends; `{"op":"pending","file"}` notes what the
 * host saw of it; `{"op":"describe"}` answers with what the modules are. For a run, `{"op":"invoke",…}` reports
 * through the door.
 */
export function main(text: string): string | undefined {
  const message = parse(text) as Invocation | Preparing;
  if (message.op === "next") return nextFile();
  if (message.op === "load") return void load();
  if (message.op === "describe") return describe();
  if (message.op === "pending") return void leftPending(message.file);
  void invoke(message);
  return undefined;
}

async function invoke(message: Invocation): Promise<void> {
  seed(message.seed[0], message.seed[1], message.seed[2], message.seed[3]);
  begin();
  let result: string;
  try {
    const handler = findExport(message.file, message.export);
    if (typeof handler !== "function") throw invalidArgument(message.file + " exports no function " + message.export);
    const returned: unknown = await handler(inputOf(message));
    result = '{"ok":true,"value":' + (message.kind === "route" ? responseText(returned) : okText(returned)) + "}";
  } catch (thrown) {
    result = '{"ok":false,"error":' + thrownText(thrown) + "}";
  }
  end(result);
}

function inputOf(message: Invocation): unknown {
  if (message.kind === "job") return undefined;
  const { input } = message;
  if (message.kind === "route" && isObject(input)) define(input, "json", () => parseBody(input), true);
  return input;
}

/** `request.json()`: the raw body, parsed when it is asked for. */
function parseBody(request: Record<string, unknown>): unknown {
  const { rawBody } = request;
  if (typeof rawBody !== "string") return request["body"];
  try {
    return parse(rawBody);
  } catch {
    throw invalidArgument("request.json(): the body is not JSON");
  }
}
