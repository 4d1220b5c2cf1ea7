/** `Math.random` over a generator of ours: a restored snapshot would repeat the engine's own sequence. */

import { define } from "./primordials";

let a = 0x9e3779b9;
let b = 0x243f6a88;
let c = 0xb7e15162;
let d = 1;

/** sfc32, the 32-bit "small fast counting" generator of PractRand. */
function next(): number {
  const t = (((a + b) | 0) + d) | 0;
  d = (d + 1) | 0;
  a = b ^ (b >>> 9);
  b = (c + (c << 3)) | 0;
  c = (c << 21) | (c >>> 11);
  c = (c + t) | 0;
  return t >>> 0;
}

/** Start a sequence from four 32-bit numbers. */
export function seed(one: number, two: number, three: number, four: number): void {
  a = one | 0;
  b = two | 0;
  c = three | 0;
  d = four | 0;
  for (let i = 0; i < 12; i++) next();
}

define(Math, "random", () => ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992, true);
