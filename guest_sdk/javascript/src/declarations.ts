/** Custom entities, `src/entities/<Name>.ts`, and fields on the platform's own, `src/fields/<Entity>.ts`. */

import type { Json } from "./capabilities";

export type StandardEntity =
  | "Invoice"
  | "Customer"
  | "Payment"
  | "Expense"
  | "SalesReceipt"
  | "Item"
  | "VendorBill"
  | "BillPayment"
  | "PurchaseOrder"
  | "CreditMemo"
  | "Quote"
  | "SalesOrder"
  | "RefundReceipt"
  | "VendorCredit"
  | "Account"
  | "Vendor"
  | "JournalEntry"
  | "Deposit"
  | "BankTransfer";

/** The entities that have `line_items`. */
export type DocumentWithLines =
  | "Invoice"
  | "CreditMemo"
  | "SalesReceipt"
  | "RefundReceipt"
  | "VendorBill"
  | "Expense"
  | "PurchaseOrder"
  | "Quote"
  | "VendorCredit"
  | "SalesOrder"
  | "Deposit";

/** A field of a custom entity. Dates are `YYYY-MM-DD`; decimals are exact, and strings when they are read. */
export interface EntityFieldType {
  type: "string" | "number" | "boolean" | "json" | "date" | "datetime" | "enum" | "reference" | "decimal";
  required?: boolean;
  default?: Json;
  /** Lets `where` and `orderBy` use it. */
  index?: boolean;
  /** The allowed values, for `enum`. */
  values?: readonly string[];
  /** What it points to, for `reference`: an entity of the platform or of this extension. */
  entity?: string;
}

/** `name` is the file's name. */
export interface EntityDeclaration {
  name: string;
  fields: { [field: string]: EntityFieldType };
}

/** A field that this extension owns. `key` is lower snake case. */
export interface FieldDeclaration {
  key: string;
  label: string;
  type: "string" | "text" | "number" | "decimal" | "currency" | "boolean" | "date" | "datetime" | "select" | "json";
  /** The allowed values, for `select`. */
  options?: readonly string[];
  /** For `currency`: the field that holds the currency, on the line, else on the document. */
  currencyField?: string;
  /** Lets `where` and `orderBy` use it; on records only, not on lines. */
  index?: boolean;
}

export interface LineFieldDeclaration extends FieldDeclaration {
  lineCollection: "line_items";
}
