import assert from "node:assert/strict";
import test from "node:test";
import { money } from "../src/lib/money";

test("minor units become exact decimals of each currency", () => {
  assert.equal(money(1230, "usd"), "12.30");
  assert.equal(money(5, "EUR"), "0.05");
  assert.equal(money(-1, "usd"), "-0.01");
  assert.equal(money(1230, "jpy"), "1230");
  assert.equal(money(1230, "kwd"), "1.230");
});

test("what is not a whole number of minor units is refused", () => {
  assert.throws(() => money(12.3, "usd"), RangeError);
});
