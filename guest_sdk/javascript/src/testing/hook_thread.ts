/** The thread of a hook: loads the project as a test does, and runs one hook after the other. See hooks/running. */

import { receiveMessageOnPort, workerData } from "node:worker_threads";
import type { Line, Said, Told } from "./hooks/running";

const { port, heard } = workerData as Line;
let seen = 0;

function say(said: Said): void {
  port.postMessage(said);
  Atomics.add(heard, 0, 1);
  Atomics.notify(heard, 0);
}

function listen(): Told {
  for (;;) {
    const received = receiveMessageOnPort(port);
    if (received !== undefined) return received.message as Told;
    Atomics.wait(heard, 1, seen);
    seen = Atomics.load(heard, 1);
  }
}

try {
  await import("./setup");
  const { answerWith, invoke } = await import("./guest");
  const { putGlobals } = await import("./globals");
  const { project } = await import("./project");
  putGlobals();
  answerWith((call) => {
    say({ call });
    const told = listen();
    return "answer" in told ? told.answer : "";
  });
  for (;;) {
    const told = listen();
    if ("answer" in told) continue;
    const module = (await import(project()?.urlOf(told.file) ?? "")) as { default?: (input: unknown) => unknown };
    const handler = module.default;
    if (typeof handler !== "function") throw new Error("has no default export; write export default async (ctx) => {…}");
    say({ result: await invoke("hook", handler, told.input) });
  }
} catch (error) {
  say({ failed: (error as Error).message });
}
