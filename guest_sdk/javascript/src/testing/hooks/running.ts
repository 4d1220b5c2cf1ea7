/**
 * Runs a hook while the guest that writes waits.
 *
 * Host calls are synchronous and hooks are not, so a hook runs in a thread of its own. This thread waits for it, and
 * answers its host calls meanwhile. A thread serves one hook at a time and is kept for the next.
 */

import { MessageChannel, Worker, receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import type { Message, Result } from "../guest";
import type { Fields } from "../records/values";

/** What a hook threw. */
export class Thrown extends Error {
  override readonly name: string;

  constructor(readonly thrown: { readonly name: string; readonly message: string; readonly stack: string }) {
    super(thrown.message);
    this.name = thrown.name || "Error";
  }
}

/** What the thread says: a host call of its hook, how the hook ended, or why it cannot be run. */
export type Said =
  | { readonly call: Message }
  | { readonly result: Result }
  | { readonly failed: string };

/** What the thread is told: which hook to run, or what a host call is answered. */
export type Told = { readonly file: string; readonly input: Fields } | { readonly answer: string };

/** What a thread begins with. `heard` counts the messages to this side and to the thread. */
export interface Line {
  readonly port: MessagePort;
  readonly heard: Int32Array;
}

const LONGEST_MS = 30_000;
const idle: HookThread[] = [];

/** Run the default export of a hook's file. `answer` answers its host calls; what it throws ends the hook. */
export function runHook(file: string, input: Fields, answer: (message: Message) => string): Result {
  const thread = idle.pop() ?? new HookThread();
  let result: Result;
  try {
    result = thread.run(file, input, answer);
  } catch (error) {
    thread.end();
    throw error;
  }
  idle.push(thread);
  return result;
}

class HookThread {
  private readonly heard = new Int32Array(new SharedArrayBuffer(8));
  private readonly port: MessagePort;
  private readonly worker: Worker;
  private seen = 0;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    const line: Line = { port: port2, heard: this.heard };
    const entry = new URL("./hook_thread.js", import.meta.url);
    // No flags of the test's process: its loaders may need this thread, which waits.
    this.worker = new Worker(entry, { workerData: line, transferList: [port2], execArgv: [] });
    this.worker.unref();
    this.port = port1;
    this.port.unref();
  }

  run(file: string, input: Fields, answer: (message: Message) => string): Result {
    const until = Date.now() + LONGEST_MS;
    this.tell({ file, input });
    for (;;) {
      const said = this.listen(file, until);
      if ("result" in said) return said.result;
      if ("failed" in said) throw new Error(`${file}: ${said.failed}`);
      this.tell({ answer: answer(said.call) });
    }
  }

  end(): void {
    void this.worker.terminate();
  }

  private tell(told: Told): void {
    this.port.postMessage(told);
    Atomics.add(this.heard, 1, 1);
    Atomics.notify(this.heard, 1);
  }

  private listen(file: string, until: number): Said {
    for (;;) {
      const received = receiveMessageOnPort(this.port);
      if (received !== undefined) return received.message as Said;
      const waited = Atomics.wait(this.heard, 0, this.seen, Math.max(0, until - Date.now()));
      if (waited === "timed-out") throw new Error(`${file} did not end within ${LONGEST_MS} ms`);
      this.seen = Atomics.load(this.heard, 0);
    }
  }
}
