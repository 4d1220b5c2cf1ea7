/// <reference path="./globals.d.ts" />
/**
 * `@backfill-io/sdk`: what connector and extension code imports.
 *
 * Every name here is also a global of the runtime; importing it and using the global are the same. The bundler
 * resolves this module to those globals.
 */

import type {
  CryptoApi,
  EntityApi,
  EntityClass,
  HttpApi,
  LogApi,
  OAuthApi,
  SecretsApi,
  SettingsApi,
  VerifyApi,
} from "./capabilities";
import type { IngestApi, SyncApi } from "./connectors";
import type { EntityDeclaration, FieldDeclaration, LineFieldDeclaration } from "./declarations";
import type { ConnectorManifest, ExtensionManifest } from "./manifest";
import type * as Records from "./records";
import type { Api } from "./routes";

export type * from "./capabilities";
export type * from "./connectors";
export type * from "./custom_entities";
export type * from "./declarations";
export type * from "./hooks";
export type * from "./manifest";
export type * from "./records";
export type * from "./routes";

/** Any entity, named by a string. */
export declare const Entity: EntityApi;
/** The run's log. */
export declare const Log: LogApi;
/** Requests to the hosts that the manifest names. */
export declare const Http: HttpApi;
/** Settings: the manifest's `config`, overlaid with what the admin entered. */
export declare const Settings: SettingsApi;
/** The secrets that the manifest names. */
export declare const Secrets: SecretsApi;
/** Tokens of an OAuth connection; connectors only. */
export declare const OAuth: OAuthApi;
/** Records from the provider; connectors only. */
export declare const ingest: IngestApi;
/** Checkpoints and pages; connectors only. */
export declare const sync: SyncApi;
/** Signatures of deliveries to a public route. */
export declare const verify: VerifyApi;
/** Digests and comparisons. */
export declare const Crypto: CryptoApi;

/** Wraps a route handler, and makes responses. */
export declare const api: Api;

/** The manifest of an extension: the default export of `backfill.config.ts`. */
export declare function defineExtension<const Manifest extends ExtensionManifest>(manifest: Manifest): Manifest;
/** The manifest of a connector: the default export of `backfill.config.ts`. */
export declare function defineConnector<const Manifest extends ConnectorManifest>(manifest: Manifest): Manifest;
/** A custom entity: the default export of `src/entities/<Name>.ts`. */
export declare function defineEntity<const Declaration extends EntityDeclaration>(declaration: Declaration): Declaration;
/** A field on the records of an entity: a named export of `src/fields/<Entity>.ts`. */
export declare function defineEntityField<const Field extends FieldDeclaration>(field: Field): Field;
/** A field on the lines of a document: a named export of `src/fields/<Entity>.ts`. */
export declare function defineLineField(lineCollection: "line_items", field: FieldDeclaration): LineFieldDeclaration;

export type InvoiceRecord = Records.StoredRecord<Records.InvoiceFields> & Records.InvoiceIncludes;
export declare const Invoice: EntityClass<InvoiceRecord, Records.InvoiceFields>;
export type CustomerRecord = Records.StoredRecord<Records.CustomerFields>;
export declare const Customer: EntityClass<CustomerRecord, Records.CustomerFields>;
export type PaymentRecord = Records.StoredRecord<Records.PaymentFields> & Records.PaymentIncludes;
export declare const Payment: EntityClass<PaymentRecord, Records.PaymentFields>;
export type ExpenseRecord = Records.StoredRecord<Records.ExpenseFields> & Records.ExpenseIncludes;
export declare const Expense: EntityClass<ExpenseRecord, Records.ExpenseFields>;
export type SalesReceiptRecord = Records.StoredRecord<Records.SalesReceiptFields> & Records.SalesReceiptIncludes;
export declare const SalesReceipt: EntityClass<SalesReceiptRecord, Records.SalesReceiptFields>;
export type ItemRecord = Records.StoredRecord<Records.ItemFields> & Records.ItemIncludes;
export declare const Item: EntityClass<ItemRecord, Records.ItemFields>;
export type VendorBillRecord = Records.StoredRecord<Records.VendorBillFields> & Records.VendorBillIncludes;
export declare const VendorBill: EntityClass<VendorBillRecord, Records.VendorBillFields>;
export type BillPaymentRecord = Records.StoredRecord<Records.BillPaymentFields> & Records.BillPaymentIncludes;
export declare const BillPayment: EntityClass<BillPaymentRecord, Records.BillPaymentFields>;
export type PurchaseOrderRecord = Records.StoredRecord<Records.PurchaseOrderFields> & Records.PurchaseOrderIncludes;
export declare const PurchaseOrder: EntityClass<PurchaseOrderRecord, Records.PurchaseOrderFields>;
export type CreditMemoRecord = Records.StoredRecord<Records.CreditMemoFields> & Records.CreditMemoIncludes;
export declare const CreditMemo: EntityClass<CreditMemoRecord, Records.CreditMemoFields>;
export type QuoteRecord = Records.StoredRecord<Records.QuoteFields> & Records.QuoteIncludes;
export declare const Quote: EntityClass<QuoteRecord, Records.QuoteFields>;
export type SalesOrderRecord = Records.StoredRecord<Records.SalesOrderFields> & Records.SalesOrderIncludes;
export declare const SalesOrder: EntityClass<SalesOrderRecord, Records.SalesOrderFields>;
export type RefundReceiptRecord = Records.StoredRecord<Records.RefundReceiptFields> & Records.RefundReceiptIncludes;
export declare const RefundReceipt: EntityClass<RefundReceiptRecord, Records.RefundReceiptFields>;
export type VendorCreditRecord = Records.StoredRecord<Records.VendorCreditFields> & Records.VendorCreditIncludes;
export declare const VendorCredit: EntityClass<VendorCreditRecord, Records.VendorCreditFields>;
export type AccountRecord = Records.StoredRecord<Records.AccountFields> & Records.AccountIncludes;
export declare const Account: EntityClass<AccountRecord, Records.AccountFields>;
export type VendorRecord = Records.StoredRecord<Records.VendorFields> & Records.VendorIncludes;
export declare const Vendor: EntityClass<VendorRecord, Records.VendorFields>;
export type JournalEntryRecord = Records.StoredRecord<Records.JournalEntryFields> & Records.JournalEntryIncludes;
export declare const JournalEntry: EntityClass<JournalEntryRecord, Records.JournalEntryFields>;
export type DepositRecord = Records.StoredRecord<Records.DepositFields> & Records.DepositIncludes;
export declare const Deposit: EntityClass<DepositRecord, Records.DepositFields>;
export type BankTransferRecord = Records.StoredRecord<Records.BankTransferFields> & Records.BankTransferIncludes;
export declare const BankTransfer: EntityClass<BankTransferRecord, Records.BankTransferFields>;
