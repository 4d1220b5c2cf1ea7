/**
 * The fields of the platform's entities, as the host's contracts have them. Written by
 * `python -m sandbox_host.records.typescript`; change the contracts, not this file.
 *
 * Every field may be left out, the required ones too where a record is updated; `null` and `undefined` mean absent. A
 * document's lines are `line_items`, each with a stable `line_key`. Fields that an extension declares sit beside the
 * native ones, under their own keys.
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

/** An account of the ledger. Look one up by its id; `code` is for people. Required: `name`, `type`. */
export interface AccountFields {
  source_id?: Id | null;
  name?: string | null;
  code?: string | null;
  type?: "asset" | "liability" | "equity" | "revenue" | "expense" | null;
  sub_type?: string | null;
  slot?: string | null;
  subsidiary_id?: Id | null;
  normal_balance?: "debit" | "credit" | null;
  parent_account_id?: Id | null;
  description?: string | null;
  active?: boolean | null;
  currency?: CurrencyCode | null;
  metadata?: Record<string, any> | null;
  account_id?: Id | null;
  balance?: DecimalString | null;
  bank_name?: string | null;
  bank_account_last4?: string | null;
  tax_code?: string | null;
  opened_on?: DateString | null;
  dimensions?: Record<string, any> | null;
}

/** What `include` brings along. */
export interface AccountIncludes {
  parent_account?: StoredRecord<AccountFields> | null;
}

/** Money moved between two accounts of the books. Required: `amount`, `currency`, `transfer_date`, `from_account_id`, `to_account_id`, `status`. */
export interface BankTransferFields {
  source_id?: Id | null;
  transfer_number?: string | null;
  amount?: DecimalString | null;
  currency?: CurrencyCode | null;
  transfer_date?: DateString | null;
  memo?: string | null;
  from_account_id?: Id | null;
  from_account_code?: string | null;
  to_account_id?: Id | null;
  to_account_code?: string | null;
  status?: "draft" | "approved" | "void" | null;
  approved_at?: DateTimeString | null;
  approved_by?: string | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  subsidiary_id?: Id | null;
  bank_transfer_id?: Id | null;
  exchange_rate?: DecimalString | null;
  fee_amount?: DecimalString | null;
  reference_number?: string | null;
  description?: string | null;
  voided_at?: DateTimeString | null;
  posting_status?: "unposted" | "posted" | null;
  posted_at?: DateTimeString | null;
}

/** What `include` brings along. */
export interface BankTransferIncludes {
  from_account?: StoredRecord<AccountFields> | null;
  to_account?: StoredRecord<AccountFields> | null;
}

/** Money paid to a vendor, and the bills that it pays. Required: `vendor_id`, `amount`, `currency`, `status`. */
export interface BillPaymentFields {
  source_id?: Id | null;
  vendor_id?: Id | null;
  bill_id?: Id | null;
  payment_number?: string | null;
  amount?: DecimalString | null;
  currency?: CurrencyCode | null;
  payment_date?: DateString | null;
  payment_method?: string | null;
  payment_method_type?: "check" | "credit_card" | "ach" | "cash" | "wire" | "other" | null;
  payment_method_details?: Record<string, any> | null;
  memo?: string | null;
  is_1099_eligible?: boolean | null;
  form_1099_type?: string | null;
  approval_status?: "draft" | "pending_approval" | "approved" | "rejected" | "void" | null;
  status?: "pending" | "completed" | "void" | null;
  allocations?: { bill_id: Id; amount: DecimalString; allocated_on?: DateString | null }[] | null;
  metadata?: Record<string, any> | null;
  subsidiary_id?: Id | null;
  bill_payment_id?: Id | null;
  payment_account_id?: Id | null;
  payment_account_code?: string | null;
  accounts_payable_account_id?: Id | null;
  check_number?: string | null;
  reference_number?: string | null;
  exchange_rate?: DecimalString | null;
  completed_at?: DateTimeString | null;
  voided_at?: DateTimeString | null;
  posting_status?: "unposted" | "posted" | null;
  posted_at?: DateTimeString | null;
  description?: string | null;
  dimensions?: Record<string, any> | null;
}

/** What `include` brings along. */
export interface BillPaymentIncludes {
  vendor?: StoredRecord<VendorFields> | null;
  bill?: StoredRecord<VendorBillFields> | null;
  payment_account?: StoredRecord<AccountFields> | null;
  accounts_payable_account?: StoredRecord<AccountFields> | null;
}

/** Credit given to a customer. `document_date` falls back to the day of `issued_at`. Required: `status`, `currency`, `total_amount`. */
export interface CreditMemoFields {
  source_id?: Id | null;
  document_number?: string | null;
  status?: "open" | "partially_applied" | "applied" | "void" | null;
  approval_status?: "draft" | "pending_approval" | "approved" | "rejected" | "void" | null;
  reason_code?: string | null;
  memo?: string | null;
  currency?: CurrencyCode | null;
  total_amount?: DecimalString | null;
  document_date?: DateString | null;
  effective_date?: DateString | null;
  issued_at?: DateTimeString | null;
  applied_at?: DateTimeString | null;
  refunded_at?: DateTimeString | null;
  customer_id?: Id | null;
  subsidiary_id?: Id | null;
  credit_memo_id?: Id | null;
  invoice_id?: Id | null;
  subtotal?: DecimalString | null;
  discount_amount?: DecimalString | null;
  tax_amount?: DecimalString | null;
  amount_applied?: DecimalString | null;
  amount_refunded?: DecimalString | null;
  balance?: DecimalString | null;
  exchange_rate?: DecimalString | null;
  reference_number?: string | null;
  description?: string | null;
  billing_address?: any;
  accounts_receivable_account_id?: Id | null;
  revenue_account_id?: Id | null;
  voided_at?: DateTimeString | null;
  posting_status?: "unposted" | "posted" | null;
  posted_at?: DateTimeString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: CreditMemoLine[] | null;
}

/** A line, with the line fields that extensions declared on it. */
export interface CreditMemoLine {
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
  service_date?: DateString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  [extensionField: string]: any;
}

/** What `include` brings along. */
export interface CreditMemoIncludes {
  customer?: StoredRecord<CustomerFields> | null;
  invoice?: StoredRecord<InvoiceFields> | null;
  accounts_receivable_account?: StoredRecord<AccountFields> | null;
  revenue_account?: StoredRecord<AccountFields> | null;
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

/** Money that reached a bank account. Required: `status`, `currency`, `total_amount`. */
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
  posting_status?: "unposted" | "posted" | null;
  posted_at?: DateTimeString | null;
  deposited_at?: DateTimeString | null;
  voided_at?: DateTimeString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: DepositLine[] | null;
}

/** A line, with the line fields that extensions declared on it. */
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

/** What `include` brings along. */
export interface DepositIncludes {
  deposit_to_account?: StoredRecord<AccountFields> | null;
  cashback_account?: StoredRecord<AccountFields> | null;
}

/** Money spent. `document_date` falls back to `expense_date`. Required: `amount`, `currency`, `status`. */
export interface ExpenseFields {
  source_id?: Id | null;
  amount?: DecimalString | null;
  currency?: CurrencyCode | null;
  tax_amount?: DecimalString | null;
  approval_status?: "draft" | "pending_approval" | "approved" | "rejected" | "void" | null;
  document_date?: DateString | null;
  effective_date?: DateString | null;
  expense_date?: DateString | null;
  status?: string | null;
  category?: string | null;
  description?: string | null;
  memo?: string | null;
  expense_account_id?: Id | null;
  expense_account_code?: string | null;
  vendor_id?: Id | null;
  subsidiary_id?: Id | null;
  expense_id?: Id | null;
  document_number?: string | null;
  expense_number?: string | null;
  merchant_name?: string | null;
  employee_id?: Id | null;
  payment_account_id?: Id | null;
  payment_account_code?: string | null;
  payment_method?: string | null;
  payment_method_type?: "check" | "credit_card" | "ach" | "cash" | "wire" | "other" | null;
  card_last4?: string | null;
  customer_id?: Id | null;
  billable?: boolean | null;
  reimbursable?: boolean | null;
  subtotal?: DecimalString | null;
  exchange_rate?: DecimalString | null;
  receipt_url?: string | null;
  reference_number?: string | null;
  paid_at?: DateTimeString | null;
  voided_at?: DateTimeString | null;
  posting_status?: "unposted" | "posted" | null;
  posted_at?: DateTimeString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: ExpenseLine[] | null;
}

/** A line, with the line fields that extensions declared on it. */
export interface ExpenseLine {
  /** Stable across syncs: what tells this line from its neighbours. Required. */
  line_key: Id;
  line_number?: number | null;
  line_ref?: Id | null;
  line_type?: string | null;
  description?: string | null;
  item_id?: Id | null;
  item_code?: string | null;
  category?: string | null;
  quantity?: DecimalString | null;
  unit_price?: DecimalString | null;
  amount?: DecimalString | null;
  tax_amount?: DecimalString | null;
  tax_code?: string | null;
  tax_rate?: DecimalString | null;
  currency?: CurrencyCode | null;
  account_id?: Id | null;
  account_code?: string | null;
  customer_id?: Id | null;
  billable?: boolean | null;
  service_date?: DateString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  [extensionField: string]: any;
}

/** What `include` brings along. */
export interface ExpenseIncludes {
  expense_account?: StoredRecord<AccountFields> | null;
  vendor?: StoredRecord<VendorFields> | null;
  payment_account?: StoredRecord<AccountFields> | null;
  customer?: StoredRecord<CustomerFields> | null;
}

/** An invoice. `document_date` falls back to the day of `issued_at`. */
export interface InvoiceFields {
  source_id?: Id | null;
  invoice_id?: Id | null;
  document_number?: string | null;
  invoice_number?: string | null;
  customer_id?: Id | null;
  customer_name?: string | null;
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
  posting_status?: "unposted" | "posted" | null;
  posted_at?: DateTimeString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: InvoiceLine[] | null;
}

/** A line, with the line fields that extensions declared on it. */
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

/** What `include` brings along. */
export interface InvoiceIncludes {
  customer?: StoredRecord<CustomerFields> | null;
  accounts_receivable_account?: StoredRecord<AccountFields> | null;
  revenue_account?: StoredRecord<AccountFields> | null;
}

/** A product or service that is sold or bought. Required: `name`. */
export interface ItemFields {
  source_id?: Id | null;
  item_id?: Id | null;
  name?: string | null;
  code?: string | null;
  sku?: string | null;
  item_type?: "inventory" | "non_inventory" | "service" | "bundle" | "discount" | "charge" | null;
  description?: string | null;
  purchase_description?: string | null;
  unit_price?: DecimalString | null;
  purchase_cost?: DecimalString | null;
  currency?: CurrencyCode | null;
  unit_of_measure?: string | null;
  taxable?: boolean | null;
  tax_code?: string | null;
  category?: string | null;
  category_ids?: any[] | null;
  parent_item_id?: Id | null;
  income_account_id?: Id | null;
  income_account_code?: string | null;
  expense_account_id?: Id | null;
  expense_account_code?: string | null;
  asset_account_id?: Id | null;
  asset_account_code?: string | null;
  preferred_vendor_id?: Id | null;
  quantity_on_hand?: DecimalString | null;
  reorder_point?: DecimalString | null;
  barcode?: string | null;
  active?: boolean | null;
  subsidiary_id?: Id | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
}

/** What `include` brings along. */
export interface ItemIncludes {
  parent_item?: StoredRecord<ItemFields> | null;
  income_account?: StoredRecord<AccountFields> | null;
  expense_account?: StoredRecord<AccountFields> | null;
  asset_account?: StoredRecord<AccountFields> | null;
  preferred_vendor?: StoredRecord<VendorFields> | null;
}

/** An entry of the ledger. `document_date` falls back to `entry_date`. Required: `entry_date`, `status`, `line_items`. */
export interface JournalEntryFields {
  source_id?: Id | null;
  entry_number?: string | null;
  entry_date?: DateString | null;
  document_date?: DateString | null;
  effective_date?: DateString | null;
  posting_period?: string | null;
  status?: "draft" | "posted" | "pending_reversal" | "reversed" | "superseded" | null;
  approval_status?: "draft" | "pending_approval" | "approved" | "rejected" | "void" | null;
  memo?: string | null;
  reverses_entry_id?: Id | null;
  currency?: CurrencyCode | null;
  subsidiary_id?: Id | null;
  journal_entry_id?: Id | null;
  entry_type?: string | null;
  reference_number?: string | null;
  description?: string | null;
  exchange_rate?: DecimalString | null;
  total_debit?: DecimalString | null;
  total_credit?: DecimalString | null;
  posted_at?: DateTimeString | null;
  reversed_at?: DateTimeString | null;
  reversal_date?: DateString | null;
  source_document_type?: string | null;
  source_document_id?: Id | null;
  adjusting?: boolean | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: JournalEntryLine[] | null;
}

/** A line. Required: `account_id`. */
export interface JournalEntryLine {
  /** Stable across syncs: what tells this line from its neighbours. Required. */
  line_key: Id;
  line_number?: number | null;
  line_ref?: Id | null;
  account_id?: Id | null;
  account_code?: string | null;
  description?: string | null;
  debit?: DecimalString | null;
  credit?: DecimalString | null;
  amount?: DecimalString | null;
  side?: "debit" | "credit" | null;
  currency?: CurrencyCode | null;
  exchange_rate?: DecimalString | null;
  tax_code?: string | null;
  tax_amount?: DecimalString | null;
  customer_id?: Id | null;
  vendor_id?: Id | null;
  item_id?: Id | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
}

/** What `include` brings along. */
export interface JournalEntryIncludes {
  reverses_entry?: StoredRecord<JournalEntryFields> | null;
}

/** Money received. Required: `amount`, `currency`, `status`. */
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
  posting_status?: "unposted" | "posted" | null;
  posted_at?: DateTimeString | null;
  voided_at?: DateTimeString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
}

/** What `include` brings along. */
export interface PaymentIncludes {
  customer?: StoredRecord<CustomerFields> | null;
  invoice?: StoredRecord<InvoiceFields> | null;
  deposit_to_account?: StoredRecord<AccountFields> | null;
}

/** Goods or services ordered from a vendor. Not posted. `document_date` falls back to the day of `issued_at`. Required: `status`, `currency`, `total_amount`. */
export interface PurchaseOrderFields {
  source_id?: Id | null;
  subsidiary_id?: Id | null;
  purchase_order_id?: Id | null;
  document_number?: string | null;
  vendor_id?: Id | null;
  status?: "open" | "partially_received" | "received" | "closed" | "void" | null;
  approval_status?: "draft" | "pending_approval" | "approved" | "rejected" | "void" | null;
  currency?: CurrencyCode | null;
  exchange_rate?: DecimalString | null;
  subtotal?: DecimalString | null;
  discount_amount?: DecimalString | null;
  tax_amount?: DecimalString | null;
  shipping_amount?: DecimalString | null;
  total_amount?: DecimalString | null;
  issued_at?: DateTimeString | null;
  expected_date?: DateString | null;
  received_at?: DateTimeString | null;
  closed_at?: DateTimeString | null;
  voided_at?: DateTimeString | null;
  document_date?: DateString | null;
  effective_date?: DateString | null;
  payment_terms?: string | null;
  ship_method?: string | null;
  reference_number?: string | null;
  memo?: string | null;
  description?: string | null;
  billing_address?: any;
  shipping_address?: any;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: PurchaseOrderLine[] | null;
}

/** A line, with the line fields that extensions declared on it. */
export interface PurchaseOrderLine {
  /** Stable across syncs: what tells this line from its neighbours. Required. */
  line_key: Id;
  line_number?: number | null;
  line_ref?: Id | null;
  line_type?: string | null;
  description?: string | null;
  item_id?: Id | null;
  item_code?: string | null;
  category?: string | null;
  quantity?: DecimalString | null;
  unit_price?: DecimalString | null;
  quantity_received?: DecimalString | null;
  amount?: DecimalString | null;
  tax_amount?: DecimalString | null;
  tax_code?: string | null;
  tax_rate?: DecimalString | null;
  currency?: CurrencyCode | null;
  account_id?: Id | null;
  account_code?: string | null;
  customer_id?: Id | null;
  billable?: boolean | null;
  service_date?: DateString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  [extensionField: string]: any;
}

/** What `include` brings along. */
export interface PurchaseOrderIncludes {
  vendor?: StoredRecord<VendorFields> | null;
}

/** An offer to a customer. Not posted. `document_date` falls back to the day of `issued_at`. Required: `status`, `currency`, `total_amount`. */
export interface QuoteFields {
  source_id?: Id | null;
  document_number?: string | null;
  customer_id?: Id | null;
  status?: string | null;
  approval_status?: "draft" | "pending_approval" | "approved" | "rejected" | "void" | null;
  memo?: string | null;
  currency?: CurrencyCode | null;
  total_amount?: DecimalString | null;
  issued_at?: DateTimeString | null;
  expires_at?: DateTimeString | null;
  accepted_at?: DateTimeString | null;
  subsidiary_id?: Id | null;
  quote_id?: Id | null;
  subtotal?: DecimalString | null;
  discount_amount?: DecimalString | null;
  tax_amount?: DecimalString | null;
  shipping_amount?: DecimalString | null;
  exchange_rate?: DecimalString | null;
  document_date?: DateString | null;
  effective_date?: DateString | null;
  sent_at?: DateTimeString | null;
  declined_at?: DateTimeString | null;
  decline_reason?: string | null;
  invoice_id?: Id | null;
  sales_order_id?: Id | null;
  payment_terms?: string | null;
  reference_number?: string | null;
  sales_rep_id?: Id | null;
  description?: string | null;
  billing_address?: any;
  shipping_address?: any;
  voided_at?: DateTimeString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: QuoteLine[] | null;
}

/** A line, with the line fields that extensions declared on it. */
export interface QuoteLine {
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
  service_date?: DateString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  [extensionField: string]: any;
}

/** What `include` brings along. */
export interface QuoteIncludes {
  customer?: StoredRecord<CustomerFields> | null;
  invoice?: StoredRecord<InvoiceFields> | null;
  sales_order?: StoredRecord<SalesOrderFields> | null;
}

/** Money given back to a customer. `document_date` falls back to the day of `refund_date`. Required: `status`, `currency`, `total_amount`. */
export interface RefundReceiptFields {
  source_id?: Id | null;
  document_number?: string | null;
  status?: string | null;
  reason?: string | null;
  memo?: string | null;
  refund_method?: string | null;
  currency?: CurrencyCode | null;
  total_amount?: DecimalString | null;
  document_date?: DateString | null;
  effective_date?: DateString | null;
  refund_date?: DateTimeString | null;
  customer_id?: Id | null;
  payment_id?: Id | null;
  charge_id?: Id | null;
  credit_memo_id?: Id | null;
  balance_transaction_id?: Id | null;
  subsidiary_id?: Id | null;
  refund_receipt_id?: Id | null;
  invoice_id?: Id | null;
  approval_status?: "draft" | "pending_approval" | "approved" | "rejected" | "void" | null;
  subtotal?: DecimalString | null;
  tax_amount?: DecimalString | null;
  fee_amount?: DecimalString | null;
  net_amount?: DecimalString | null;
  exchange_rate?: DecimalString | null;
  refund_method_type?: "check" | "credit_card" | "ach" | "cash" | "wire" | "other" | null;
  refund_from_account_id?: Id | null;
  refund_from_account_code?: string | null;
  settlement_payout_id?: Id | null;
  reference_number?: string | null;
  description?: string | null;
  failure_reason?: string | null;
  voided_at?: DateTimeString | null;
  posting_status?: "unposted" | "posted" | null;
  posted_at?: DateTimeString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: RefundReceiptLine[] | null;
}

/** A line, with the line fields that extensions declared on it. */
export interface RefundReceiptLine {
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
  service_date?: DateString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  [extensionField: string]: any;
}

/** What `include` brings along. */
export interface RefundReceiptIncludes {
  customer?: StoredRecord<CustomerFields> | null;
  payment?: StoredRecord<PaymentFields> | null;
  credit_memo?: StoredRecord<CreditMemoFields> | null;
  invoice?: StoredRecord<InvoiceFields> | null;
  refund_from_account?: StoredRecord<AccountFields> | null;
}

/** Goods or services that a customer ordered. Not posted. `document_date` falls back to the day of `issued_at`. Required: `status`, `currency`, `total_amount`. */
export interface SalesOrderFields {
  source_id?: Id | null;
  subsidiary_id?: Id | null;
  sales_order_id?: Id | null;
  document_number?: string | null;
  customer_id?: Id | null;
  quote_id?: Id | null;
  status?: "open" | "partially_fulfilled" | "fulfilled" | "closed" | "void" | null;
  approval_status?: "draft" | "pending_approval" | "approved" | "rejected" | "void" | null;
  currency?: CurrencyCode | null;
  exchange_rate?: DecimalString | null;
  subtotal?: DecimalString | null;
  discount_amount?: DecimalString | null;
  tax_amount?: DecimalString | null;
  shipping_amount?: DecimalString | null;
  total_amount?: DecimalString | null;
  issued_at?: DateTimeString | null;
  expected_date?: DateString | null;
  fulfilled_at?: DateTimeString | null;
  closed_at?: DateTimeString | null;
  voided_at?: DateTimeString | null;
  document_date?: DateString | null;
  effective_date?: DateString | null;
  payment_terms?: string | null;
  purchase_order_number?: string | null;
  ship_method?: string | null;
  sales_rep_id?: Id | null;
  reference_number?: string | null;
  memo?: string | null;
  description?: string | null;
  billing_address?: any;
  shipping_address?: any;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: SalesOrderLine[] | null;
}

/** A line, with the line fields that extensions declared on it. */
export interface SalesOrderLine {
  /** Stable across syncs: what tells this line from its neighbours. Required. */
  line_key: Id;
  line_number?: number | null;
  line_ref?: Id | null;
  line_type?: string | null;
  description?: string | null;
  item_id?: Id | null;
  item_code?: string | null;
  quantity?: DecimalString | null;
  quantity_fulfilled?: DecimalString | null;
  unit_price?: DecimalString | null;
  amount?: DecimalString | null;
  discount_amount?: DecimalString | null;
  tax_amount?: DecimalString | null;
  tax_code?: string | null;
  tax_rate?: DecimalString | null;
  currency?: CurrencyCode | null;
  account_id?: Id | null;
  account_code?: string | null;
  service_date?: DateString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  [extensionField: string]: any;
}

/** What `include` brings along. */
export interface SalesOrderIncludes {
  customer?: StoredRecord<CustomerFields> | null;
  quote?: StoredRecord<QuoteFields> | null;
}

/** A sale that was paid at once. `document_date` falls back to `receipt_date`. Required: `status`, `currency`, `total_amount`. */
export interface SalesReceiptFields {
  source_id?: Id | null;
  document_number?: string | null;
  customer_id?: Id | null;
  status?: string | null;
  approval_status?: "draft" | "pending_approval" | "approved" | "rejected" | "void" | null;
  currency?: CurrencyCode | null;
  total_amount?: DecimalString | null;
  subtotal?: DecimalString | null;
  tax_amount?: DecimalString | null;
  discount_amount?: DecimalString | null;
  payment_method?: string | null;
  document_date?: DateString | null;
  effective_date?: DateString | null;
  receipt_date?: DateString | null;
  sales_rep_id?: Id | null;
  ship_method?: string | null;
  revenue_account_id?: Id | null;
  subsidiary_id?: Id | null;
  sales_receipt_id?: Id | null;
  revenue_account_code?: string | null;
  deposit_to_account_id?: Id | null;
  deposit_to_account_code?: string | null;
  payment_id?: Id | null;
  payment_method_type?: "check" | "credit_card" | "ach" | "cash" | "wire" | "other" | null;
  payment_method_details?: Record<string, any> | null;
  reference_number?: string | null;
  shipping_amount?: DecimalString | null;
  fee_amount?: DecimalString | null;
  net_amount?: DecimalString | null;
  exchange_rate?: DecimalString | null;
  billing_address?: any;
  shipping_address?: any;
  memo?: string | null;
  description?: string | null;
  voided_at?: DateTimeString | null;
  posting_status?: "unposted" | "posted" | null;
  posted_at?: DateTimeString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: SalesReceiptLine[] | null;
}

/** A line, with the line fields that extensions declared on it. */
export interface SalesReceiptLine {
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
  service_date?: DateString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  [extensionField: string]: any;
}

/** What `include` brings along. */
export interface SalesReceiptIncludes {
  customer?: StoredRecord<CustomerFields> | null;
  revenue_account?: StoredRecord<AccountFields> | null;
  deposit_to_account?: StoredRecord<AccountFields> | null;
  payment?: StoredRecord<PaymentFields> | null;
}

/** Somebody who is paid. Required: `name`. */
export interface VendorFields {
  source_id?: Id | null;
  name?: string | null;
  email?: string | null;
  phone?: string | null;
  currency?: CurrencyCode | null;
  company_name?: string | null;
  entity_type?: "individual" | "company" | null;
  parent_id?: Id | null;
  subsidiary_of_id?: Id | null;
  default_expense_account_id?: Id | null;
  accounts_payable_account_id?: Id | null;
  category_ids?: any[] | null;
  payment_terms?: string | null;
  payment_method?: string | null;
  vendor_id?: Id | null;
  payment_method_type?: "check" | "credit_card" | "ach" | "cash" | "wire" | "other" | null;
  description?: string | null;
  website?: string | null;
  address?: any;
  billing_address?: any;
  tax_id?: string | null;
  tax_ids?: any[] | null;
  is_1099_eligible?: boolean | null;
  form_1099_type?: string | null;
  account_number?: string | null;
  balance?: DecimalString | null;
  credit_limit?: DecimalString | null;
  status?: string | null;
  active?: boolean | null;
  notes?: string | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
}

/** What `include` brings along. */
export interface VendorIncludes {
  parent?: StoredRecord<VendorFields> | null;
  default_expense_account?: StoredRecord<AccountFields> | null;
  accounts_payable_account?: StoredRecord<AccountFields> | null;
}

/** A bill that a vendor sent. `document_date` falls back to the day of `issued_at`. Required: `status`, `currency`, `total_amount`. */
export interface VendorBillFields {
  source_id?: Id | null;
  subsidiary_id?: Id | null;
  vendor_bill_id?: Id | null;
  document_number?: string | null;
  bill_number?: string | null;
  vendor_id?: Id | null;
  purchase_order_id?: Id | null;
  status?: "open" | "partially_paid" | "paid" | "void" | null;
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
  received_at?: DateTimeString | null;
  due_date?: DateString | null;
  paid_at?: DateTimeString | null;
  voided_at?: DateTimeString | null;
  document_date?: DateString | null;
  effective_date?: DateString | null;
  payment_terms?: string | null;
  reference_number?: string | null;
  memo?: string | null;
  description?: string | null;
  billing_address?: any;
  accounts_payable_account_id?: Id | null;
  accounts_payable_account_code?: string | null;
  expense_account_id?: Id | null;
  expense_account_code?: string | null;
  is_1099_eligible?: boolean | null;
  form_1099_type?: string | null;
  url?: string | null;
  posting_status?: "unposted" | "posted" | null;
  posted_at?: DateTimeString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: VendorBillLine[] | null;
}

/** A line, with the line fields that extensions declared on it. */
export interface VendorBillLine {
  /** Stable across syncs: what tells this line from its neighbours. Required. */
  line_key: Id;
  line_number?: number | null;
  line_ref?: Id | null;
  line_type?: string | null;
  description?: string | null;
  item_id?: Id | null;
  item_code?: string | null;
  category?: string | null;
  quantity?: DecimalString | null;
  unit_price?: DecimalString | null;
  amount?: DecimalString | null;
  tax_amount?: DecimalString | null;
  tax_code?: string | null;
  tax_rate?: DecimalString | null;
  currency?: CurrencyCode | null;
  account_id?: Id | null;
  account_code?: string | null;
  customer_id?: Id | null;
  billable?: boolean | null;
  service_date?: DateString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  [extensionField: string]: any;
}

/** What `include` brings along. */
export interface VendorBillIncludes {
  vendor?: StoredRecord<VendorFields> | null;
  purchase_order?: StoredRecord<PurchaseOrderFields> | null;
  accounts_payable_account?: StoredRecord<AccountFields> | null;
  expense_account?: StoredRecord<AccountFields> | null;
}

/** Credit received from a vendor. `document_date` falls back to the day of `issued_at`. Required: `status`, `currency`, `total_amount`. */
export interface VendorCreditFields {
  source_id?: Id | null;
  subsidiary_id?: Id | null;
  vendor_credit_id?: Id | null;
  document_number?: string | null;
  vendor_id?: Id | null;
  bill_id?: Id | null;
  status?: "open" | "partially_applied" | "applied" | "void" | null;
  approval_status?: "draft" | "pending_approval" | "approved" | "rejected" | "void" | null;
  reason_code?: string | null;
  currency?: CurrencyCode | null;
  exchange_rate?: DecimalString | null;
  subtotal?: DecimalString | null;
  tax_amount?: DecimalString | null;
  total_amount?: DecimalString | null;
  amount_applied?: DecimalString | null;
  balance?: DecimalString | null;
  issued_at?: DateTimeString | null;
  applied_at?: DateTimeString | null;
  refunded_at?: DateTimeString | null;
  voided_at?: DateTimeString | null;
  document_date?: DateString | null;
  effective_date?: DateString | null;
  reference_number?: string | null;
  memo?: string | null;
  description?: string | null;
  accounts_payable_account_id?: Id | null;
  posting_status?: "unposted" | "posted" | null;
  posted_at?: DateTimeString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  line_items?: VendorCreditLine[] | null;
}

/** A line, with the line fields that extensions declared on it. */
export interface VendorCreditLine {
  /** Stable across syncs: what tells this line from its neighbours. Required. */
  line_key: Id;
  line_number?: number | null;
  line_ref?: Id | null;
  line_type?: string | null;
  description?: string | null;
  item_id?: Id | null;
  item_code?: string | null;
  category?: string | null;
  quantity?: DecimalString | null;
  unit_price?: DecimalString | null;
  amount?: DecimalString | null;
  tax_amount?: DecimalString | null;
  tax_code?: string | null;
  tax_rate?: DecimalString | null;
  currency?: CurrencyCode | null;
  account_id?: Id | null;
  account_code?: string | null;
  customer_id?: Id | null;
  billable?: boolean | null;
  service_date?: DateString | null;
  dimensions?: Record<string, any> | null;
  metadata?: Record<string, any> | null;
  [extensionField: string]: any;
}

/** What `include` brings along. */
export interface VendorCreditIncludes {
  vendor?: StoredRecord<VendorFields> | null;
  bill?: StoredRecord<VendorBillFields> | null;
  accounts_payable_account?: StoredRecord<AccountFields> | null;
}

/** Payloads by document type. `IngestApi.canonical` says how a payload's record is identified. */
export interface CanonicalPayloads {
  account: AccountFields;
  bank_transfer: BankTransferFields;
  bill_payment: BillPaymentFields;
  credit_memo: CreditMemoFields;
  customer: CustomerFields;
  deposit: DepositFields;
  expense: ExpenseFields;
  invoice: InvoiceFields;
  item: ItemFields;
  journal_entry: JournalEntryFields;
  payment: PaymentFields;
  purchase_order: PurchaseOrderFields;
  quote: QuoteFields;
  refund_receipt: RefundReceiptFields;
  sales_order: SalesOrderFields;
  sales_receipt: SalesReceiptFields;
  vendor: VendorFields;
  vendor_bill: VendorBillFields;
  vendor_credit: VendorCreditFields;
}

/** A record as it is read: the host's fields and the entity's own. */
export type StoredRecord<Fields> = SystemFields & Fields;
