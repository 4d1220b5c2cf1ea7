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
import type { CustomerFields, DepositFields, GenericFields, InvoiceFields, PaymentFields, StoredRecord } from "./records";
import type { Api } from "./routes";

export type * from "./capabilities";
export type * from "./connectors";
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

export type InvoiceRecord = StoredRecord<InvoiceFields>;
export declare const Invoice: EntityClass<InvoiceRecord, InvoiceFields>;
export type CustomerRecord = StoredRecord<CustomerFields>;
export declare const Customer: EntityClass<CustomerRecord, CustomerFields>;
export type PaymentRecord = StoredRecord<PaymentFields>;
export declare const Payment: EntityClass<PaymentRecord, PaymentFields>;
export type DepositRecord = StoredRecord<DepositFields>;
export declare const Deposit: EntityClass<DepositRecord, DepositFields>;

/** A record whose contract is not spelled out here. */
export type GenericRecord = StoredRecord<GenericFields>;
export declare const Expense: EntityClass<GenericRecord, GenericFields>;
export declare const SalesReceipt: EntityClass<GenericRecord, GenericFields>;
export declare const Item: EntityClass<GenericRecord, GenericFields>;
export declare const VendorBill: EntityClass<GenericRecord, GenericFields>;
export declare const BillPayment: EntityClass<GenericRecord, GenericFields>;
export declare const PurchaseOrder: EntityClass<GenericRecord, GenericFields>;
export declare const CreditMemo: EntityClass<GenericRecord, GenericFields>;
export declare const Quote: EntityClass<GenericRecord, GenericFields>;
export declare const SalesOrder: EntityClass<GenericRecord, GenericFields>;
export declare const RefundReceipt: EntityClass<GenericRecord, GenericFields>;
export declare const VendorCredit: EntityClass<GenericRecord, GenericFields>;
export declare const Account: EntityClass<GenericRecord, GenericFields>;
export declare const Vendor: EntityClass<GenericRecord, GenericFields>;
export declare const JournalEntry: EntityClass<GenericRecord, GenericFields>;
export declare const BankTransfer: EntityClass<GenericRecord, GenericFields>;
