/** `Log`: kept for the test, within the sandbox's budget of a run. */

import { bytesOf, textOf, type Ask, type World } from "./capabilities";
import type { TestLog } from "./index";
import type { Fields, Value } from "./records/values";

const LOG_LINES = 100;
const LOG_LINE_BYTES = 8 * 1024;
const LOG_BYTES = 200 * 1024;

/** The log of one run. What is over the budget is cut, and one line says so. */
export class Logs {
  private lines = 0;
  private bytes = 0;
  private isCut = false;

  constructor(private readonly world: World) {}

  ask(args: Fields): Ask {
    const level = args["level"] as TestLog["level"];
    const text = textOf(args, "message");
    return { resource: level, decisions: [], perform: () => this.note(level, text, args["data"] ?? null) };
  }

  /** Keep one line, within the budget. */
  note(level: TestLog["level"], text: string, given: Value): Value {
    const { logs, redactor } = this.world;
    let message = redactor.text(text);
    let data = redactor.value(given);
    let size = bytesOf(message);
    if (size > LOG_LINE_BYTES) {
      message = `${cut(message, LOG_LINE_BYTES)}… (cut)`;
      [size, data] = [LOG_LINE_BYTES, null];
    } else if (data !== null && size + bytesOf(JSON.stringify(data)) > LOG_LINE_BYTES) {
      data = `(cut: message and data are over ${LOG_LINE_BYTES} bytes)`;
    } else if (data !== null) size += bytesOf(JSON.stringify(data));
    if (this.isCut) return null;
    if (this.lines >= LOG_LINES || this.bytes + size > LOG_BYTES) {
      this.isCut = true;
      const why = "further log lines were dropped: the run is over its log budget";
      logs.push({ level: "warn", message: why, data: null });
      return null;
    }
    this.lines += 1;
    this.bytes += size;
    logs.push({ level, message, data });
    return null;
  }
}

function cut(text: string, bytes: number): string {
  return new TextDecoder("utf-8").decode(new TextEncoder().encode(text).slice(0, bytes)).replace(/\ufffd$/, "");
}
