/** The SDK's names as globals: what the runtime defines. `import "@backfill-io/sdk"` anywhere brings them in. */

export {};

declare global {
  const Entity: typeof import("./index").Entity;
  const Log: typeof import("./index").Log;
  const Http: typeof import("./index").Http;
  const Settings: typeof import("./index").Settings;
  const Secrets: typeof import("./index").Secrets;
  const OAuth: typeof import("./index").OAuth;
  const ingest: typeof import("./index").ingest;
  const sync: typeof import("./index").sync;
  const verify: typeof import("./index").verify;
  const Crypto: typeof import("./index").Crypto;
  const api: typeof import("./index").api;
  const defineExtension: typeof import("./index").defineExtension;
  const defineConnector: typeof import("./index").defineConnector;
  const defineEntity: typeof import("./index").defineEntity;
  const defineEntityField: typeof import("./index").defineEntityField;
  const defineLineField: typeof import("./index").defineLineField;
  const Invoice: typeof import("./index").Invoice;
  const Customer: typeof import("./index").Customer;
  const Payment: typeof import("./index").Payment;
  const Expense: typeof import("./index").Expense;
  const SalesReceipt: typeof import("./index").SalesReceipt;
  const Item: typeof import("./index").Item;
  const VendorBill: typeof import("./index").VendorBill;
  const BillPayment: typeof import("./index").BillPayment;
  const PurchaseOrder: typeof import("./index").PurchaseOrder;
  const CreditMemo: typeof import("./index").CreditMemo;
  const Quote: typeof import("./index").Quote;
  const SalesOrder: typeof import("./index").SalesOrder;
  const RefundReceipt: typeof import("./index").RefundReceipt;
  const VendorCredit: typeof import("./index").VendorCredit;
  const Account: typeof import("./index").Account;
  const Vendor: typeof import("./index").Vendor;
  const JournalEntry: typeof import("./index").JournalEntry;
  const Deposit: typeof import("./index").Deposit;
  const BankTransfer: typeof import("./index").BankTransfer;

  /** Runs, and is not recorded: `Log` is. */
  const console: Record<"debug" | "error" | "info" | "log" | "trace" | "warn", (...data: unknown[]) => void>;
}
