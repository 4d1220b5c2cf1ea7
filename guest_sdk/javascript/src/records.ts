/**
 * The fields of the four contracted entities, as the host's contracts have them.
 *
 * Every field may be left out; `null` and `undefined` mean absent. A document's lines are `line_items`, each with a
 * stable `line_key`. Line fields that an extension declares sit beside the native ones, under their own keys.
 */

/** A record's identifier. Provider identifiers that are numbers become decimal strings. */
export type Id = string;
/** An exact decimal as text, `"12.30"`. Never a float. */
export type DecimalString = string;
/** `YYYY-MM-DD`. */
export type DateString = string;
/** RFC 3339, `2026-11-21T09:30:00Z`. */
export type DateTimeString = string;
/** ISO 4217, three letters, `USD`. */
export type CurrencyCode = string;

/** What the host adds to every record; usable in `where` and `orderBy`. */
export interface SystemFields {
  id: Id;
  _created_at: DateTimeString;
  _updated_at: DateTimeString;
  _version: number;
  /** The connector's `provider`, or how the record came to be. */
  source_system?: string | null;
  source_id?: string | null;
  connection_id?: string | null;
}

/** Any entity without a contract of its own here, custom entities included. */
export interface GenericFields {
  [field: string]: any;
}

/** A customer. */
export interface CustomerFields {
  source_id?: Id | null;
  customer_id?: Id | null;
  name?: string | null;
  company_name?: string | null;
  email?: string | null;
  phone?: string | null;
  description?: string | null;
  currency?: CurrencyCode | null;
  balance?: DecimalString | null;
  credit_limit?: DecimalString | null;
  address?: any;
  billing_address?: any;
  shipping_address?: any;
  category_ids?: any[] | null;
  tax_ids?: any[] | null;
  tax_exempt?: boolean | null;
  price_level_id?: Id | null;
  sales_rep_id?: Id | null;
  metadata?: Record<string, any> | null;
  created_at?: DateTimeString | null;
  updated_at?: DateTimeString | null;
  subsidiary_id?: Id | null;
  status?: string | null;
  active?: boolean | null;
  website?: string | null;
  payment_terms?: string | null;
  language?: string | null;
  notes?: string | null;
}

/** An invoice. `document_date` falls back to the date of `issued_at`. */
export interface InvoiceFields {
  source_id?: Id | null;
  invoice_id?: Id | null;
  document_number?: string | null;
  invoice_number?: string | null;
  customer_id?: Id | null;
  status?: string | null;
  approval_status?: "draft" | "pending_approval" | "approved" | "rejected" | "void" | null;
  currency?: CurrencyCode | null;
  exchange_rate?: DecimalString | null;
  subtotal?: DecimalString | null;
  discount_amount?: DecimalString | null;
  tax_amount?: DecimalString | null;
  shipping_amount?: DecimalString | null;
  total_amount?: DecimalString | null;
  amount_due?: DecimalString | null;
  amount_paid?: DecimalString | null;
  balance?: DecimalString | null;
  issued_at?: DateTimeString | null;
  due_date?: DateString | null;
  due_at?: DateTimeString | null;
  paid_at?: DateTimeString | null;
  voided_at?: DateTimeString | null;
  document_date?: DateString | null;
  effective_date?: DateString | null;
  period_start?: DateTimeString | null;
  period_end?: DateTimeString | null;
  payment_terms?: string | null;
  purchase_order_number?: string | null;
  reference_number?: string | null;
  memo?: string | null;
  description?: string | null;
  billing_address?: any;
  shipping_address?: any;
  sales_rep_id?: Id | null;
  accounts_receivable_account_id?: Id | null;
  revenue_account_id?: Id | null;
  subscription_id?: Id | null;
  url?: string | null;
  subsidiary_id?: Id | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: InvoiceLine[] | null;
}

/** A line of an invoice, with the line fields that extensions declared on it. */
export interface InvoiceLine {
  /** Stable across syncs: what tells this line from its neighbours. Required. */
  line_key: Id;
  line_number?: number | null;
  line_ref?: Id | null;
  line_type?: string | null;
  description?: string | null;
  item_id?: Id | null;
  item_code?: string | null;
  quantity?: DecimalString | null;
  unit_price?: DecimalString | null;
  amount?: DecimalString | null;
  discount_amount?: DecimalString | null;
  tax_amount?: DecimalString | null;
  tax_code?: string | null;
  tax_rate?: DecimalString | null;
  currency?: CurrencyCode | null;
  account_id?: Id | null;
  account_code?: string | null;
  period_start?: DateTimeString | null;
  period_end?: DateTimeString | null;
  service_date?: DateString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  [extensionField: string]: any;
}

/** Money received. `amount`, `currency` and `status` are required by the contract. */
export interface PaymentFields {
  source_id?: Id | null;
  payment_id?: Id | null;
  amount?: DecimalString | null;
  currency?: CurrencyCode | null;
  status?: string | null;
  customer_id?: Id | null;
  invoice_id?: Id | null;
  payment_method?: string | null;
  payment_method_type?: "check" | "credit_card" | "ach" | "cash" | "wire" | "other" | null;
  payment_method_details?: Record<string, any> | null;
  reference_number?: string | null;
  memo?: string | null;
  deposit_to_account_id?: Id | null;
  deposit_to_account_code?: string | null;
  fees?: any;
  balance_transaction_id?: Id | null;
  fee_amount?: DecimalString | null;
  net_amount?: DecimalString | null;
  tax_amount?: DecimalString | null;
  fee_details?: any[] | null;
  settlement_payout_id?: Id | null;
  subsidiary_id?: Id | null;
  payment_number?: string | null;
  charge_id?: Id | null;
  description?: string | null;
  exchange_rate?: DecimalString | null;
  refunded_amount?: DecimalString | null;
  payment_date?: DateString | null;
  paid_at?: DateTimeString | null;
  failure_reason?: string | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
}

/** Money that reached a bank account. `status`, `currency` and `total_amount` are required by the contract. */
export interface DepositFields {
  source_id?: Id | null;
  deposit_id?: Id | null;
  document_number?: string | null;
  status?: "pending" | "deposited" | "void" | null;
  currency?: CurrencyCode | null;
  total_amount?: DecimalString | null;
  deposit_date?: DateString | null;
  memo?: string | null;
  deposit_to_account_id?: Id | null;
  deposit_to_account_code?: string | null;
  cashback_amount?: DecimalString | null;
  cashback_account_id?: Id | null;
  cashback_memo?: string | null;
  subsidiary_id?: Id | null;
  fee_amount?: DecimalString | null;
  net_amount?: DecimalString | null;
  exchange_rate?: DecimalString | null;
  expected_at?: DateTimeString | null;
  reference_number?: string | null;
  description?: string | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: DepositLine[] | null;
}

/** A line of a deposit, with the line fields that extensions declared on it. */
export interface DepositLine {
  /** Stable across syncs: what tells this line from its neighbours. Required. */
  line_key: Id;
  line_number?: number | null;
  line_ref?: Id | null;
  line_type?: string | null;
  description?: string | null;
  amount?: DecimalString | null;
  currency?: CurrencyCode | null;
  payment_id?: Id | null;
  customer_id?: Id | null;
  account_id?: Id | null;
  account_code?: string | null;
  payment_method?: string | null;
  reference_number?: string | null;
  fee_amount?: DecimalString | null;
  net_amount?: DecimalString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  [extensionField: string]: any;
}

/** A record as it is read: the host's fields and the entity's own. */
export type StoredRecord<Fields> = SystemFields & Fields;
