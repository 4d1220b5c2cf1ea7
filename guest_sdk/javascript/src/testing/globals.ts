/** The SDK's names on `globalThis`, custom entities among them, as the sandbox has them. */

import { NAMES, sdk } from "./guest";
import { project } from "./project";

/** Put them there; the function that it returns puts back what was there before. */
export function putGlobals(): () => void {
  const names = [...NAMES, ...(project()?.entities ?? []).map(({ entity }) => entity)];
  const replaced = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  for (const name of names) {
    Object.defineProperty(globalThis, name, { value: sdk(name), configurable: true, writable: true });
  }
  return () => {
    for (const [name, before] of replaced) {
      if (before === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, before);
    }
  };
}
