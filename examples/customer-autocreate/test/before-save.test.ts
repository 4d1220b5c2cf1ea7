import assert from "node:assert/strict";
import test from "node:test";
import type { HookContext, InvoiceRecord } from "@backfill-io/sdk";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";

/** What the hook merges into a new invoice like this one. */
async function merged(invoice: Partial<InvoiceRecord>, records: Record<string, object[]> = {}) {
  const runtime = connectorTestRuntime({ records });
  try {
    runtime.install();
    const { default: beforeSave } = await import("../src/hooks/invoice/before-save");
    const context: HookContext<InvoiceRecord> = {
      entity: invoice as InvoiceRecord,
      entityType: "Invoice",
      operation: "create",
      previous: null,
      changes: Object.keys(invoice),
      actor: { type: "user", id: "test" },
    };
    const { body } = await runtime.call(() => beforeSave(context));
    return { body, customers: runtime.records.all("Customer") };
  } finally {
    runtime.restore();
  }
}

test("a customer who is known is linked", async () => {
  const known = { Customer: [{ id: "ada", name: "Ada Lovelace" }] };
  const { body, customers } = await merged({ customer_name: "Ada Lovelace" }, known);
  assert.deepEqual(body, { customer_id: "ada" });
  assert.equal(customers.length, 1);
});

test("a customer who is not known is created, with the invoice's address", async () => {
  const billing_address = { city: "London", country: "GB" };
  const { body, customers } = await merged({ customer_name: " Ada Lovelace ", billing_address });
  assert.equal(customers.length, 1);
  assert.equal(customers[0].name, "Ada Lovelace");
  assert.deepEqual(customers[0].billing_address, billing_address);
  assert.deepEqual(body, { customer_id: customers[0].id });
});

test("an invoice that has its customer, or names none, is left alone", async () => {
  for (const invoice of [{ customer_id: "ada", customer_name: "Ada Lovelace" }, { customer_name: "  " }, {}]) {
    const { body, customers } = await merged(invoice);
    assert.equal(body, null);
    assert.deepEqual(customers, []);
  }
});
