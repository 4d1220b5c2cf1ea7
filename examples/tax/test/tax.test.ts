import assert from "node:assert/strict";
import test from "node:test";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";
import type { TaxedDocument, TaxedFields } from "../src/lib/tax";

const AUSTIN = {
  nexusName: "Austin office",
  street: "600 Congress Ave",
  city: "Austin",
  state: "TX",
  postalCode: "78701",
  active: true,
  status: "active",
  rate: "6.25",
};

const settings = { taxRate: 8.25, taxLabel: "Sales tax", enableTaxOnInvoices: true, enableTaxOnSalesReceipts: true };

/** What the rule makes of a document, with these nexus addresses. */
async function taxed(document: TaxedDocument, addresses: object[] = []): Promise<TaxedFields | null> {
  const runtime = connectorTestRuntime({ settings, records: { NexusAddress: addresses } });
  try {
    runtime.install();
    const { withTax } = await import("../src/lib/tax");
    return (await runtime.call(() => withTax(document))).body;
  } finally {
    runtime.restore();
  }
}

const lines = [{ line_key: "1", amount: "120.00" }, { line_key: "2", amount: "10.00" }];

test("a sale at the counter is taxed at the standard rate", async () => {
  const document = await taxed({ line_items: lines });
  assert.equal(document?.subtotal, "130.00");
  assert.equal(document?.tax_amount, "10.73");
  assert.equal(document?.total_amount, "140.73");
  assert.deepEqual(document?.line_items?.[2], {
    line_key: "tax",
    line_type: "tax",
    description: "Sales tax",
    amount: "10.73",
    tax_rate: "8.25",
  });
});

test("a document that is taxed already stays as it is", async () => {
  const document = await taxed({ line_items: lines });
  assert.equal(await taxed(document!), null);
});

test("a line that changed is taxed again, and the tax never taxes itself", async () => {
  const document = await taxed({ line_items: lines });
  const [first, , tax] = document!.line_items!;
  const again = await taxed({ ...document, line_items: [first, tax] });
  assert.equal(again?.subtotal, "120.00");
  assert.equal(again?.tax_amount, "9.90");
});

test("a delivery is taxed where there is a nexus, at its rate, and nowhere else", async () => {
  const delivery = { line_items: lines, shipping_address: { state: "TX" } };
  assert.equal((await taxed(delivery, [AUSTIN]))?.tax_amount, "8.13");
  assert.equal((await taxed(delivery, [{ ...AUSTIN, rate: undefined }]))?.tax_amount, "10.73");
  assert.equal(await taxed(delivery), null);
  assert.equal(await taxed(delivery, [{ ...AUSTIN, status: "draft" }]), null);
  assert.equal(await taxed(delivery, [{ ...AUSTIN, active: false }]), null);
});

test("halves of a cent are rounded away from zero", async () => {
  const { percent, text, units } = await import("../src/lib/decimal");
  assert.equal(text(percent(units("0.10"), units("5"))), "0.01");
  assert.equal(text(percent(units("-0.10"), units("5"))), "-0.01");
  assert.equal(text(percent(units("0.09"), units("5"))), "0.00");
  assert.equal(text(units("12.345")), "12.345");
});
