"""The fields of the platform's entities, as the host's contracts have them. Written by
`python -m sandbox_host.records.python`; change the contracts, not this file.

Records are plain dicts; these types are for editors. Every field may be left out, the required ones too where a
record is updated; None means absent. A document's lines are `line_items`, each with a stable `line_key`. Fields that
an extension declares sit beside the native ones, under their own keys.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

Id: TypeAlias = str
"""A record's identifier. Provider identifiers that are numbers become decimal text."""
DecimalString: TypeAlias = str
"""An exact decimal as text, `"12.30"`. Never a float; a `Decimal` may be written."""
DateString: TypeAlias = str
"""`YYYY-MM-DD`; a `date` may be written."""
DateTimeString: TypeAlias = str
"""RFC 3339, `2026-11-21T09:30:00Z`; an aware `datetime` may be written."""
CurrencyCode: TypeAlias = str
"""ISO 4217, three letters, `USD`."""


class SystemFields(TypedDict):
    """What the host adds to every record; usable in `where` and `order_by`.

    source_system: the connector's `provider`, or how the record came to be.
    """

    id: Id
    _created_at: DateTimeString
    _updated_at: DateTimeString
    _version: int
    source_system: NotRequired[str | None]
    source_id: NotRequired[Id | None]
    connection_id: NotRequired[Id | None]


class AccountFields(TypedDict, total=False):
    """An account of the ledger. Look one up by its id; `code` is for people. Required: `name`, `type`."""

    source_id: Id | None
    name: str | None
    code: str | None
    type: Literal["asset", "liability", "equity", "revenue", "expense"] | None
    sub_type: str | None
    slot: str | None
    subsidiary_id: Id | None
    normal_balance: Literal["debit", "credit"] | None
    parent_account_id: Id | None
    description: str | None
    active: bool | None
    currency: CurrencyCode | None
    metadata: dict[str, Any] | None
    account_id: Id | None
    balance: DecimalString | None
    bank_name: str | None
    bank_account_last4: str | None
    tax_code: str | None
    opened_on: DateString | None
    dimensions: dict[str, Any] | None


class AccountRecord(SystemFields, AccountFields, total=False):
    """Account, as it is read. `parent_account`: what `include` brings along."""

    parent_account: AccountRecord | None


class BankTransferFields(TypedDict, total=False):
    """Money moved between two accounts of the books. Required: `amount`, `currency`, `transfer_date`,
    `from_account_id`, `to_account_id`, `status`."""

    source_id: Id | None
    transfer_number: str | None
    amount: DecimalString | None
    currency: CurrencyCode | None
    transfer_date: DateString | None
    memo: str | None
    from_account_id: Id | None
    from_account_code: str | None
    to_account_id: Id | None
    to_account_code: str | None
    status: Literal["draft", "approved", "void"] | None
    approved_at: DateTimeString | None
    approved_by: str | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None
    subsidiary_id: Id | None
    bank_transfer_id: Id | None
    exchange_rate: DecimalString | None
    fee_amount: DecimalString | None
    reference_number: str | None
    description: str | None
    voided_at: DateTimeString | None
    posting_status: Literal["unposted", "posted"] | None
    posted_at: DateTimeString | None


class BankTransferRecord(SystemFields, BankTransferFields, total=False):
    """BankTransfer, as it is read. `from_account`, `to_account`: what `include` brings along."""

    from_account: AccountRecord | None
    to_account: AccountRecord | None


class BillPaymentAllocations(TypedDict):
    """One of the `allocations`."""

    bill_id: Id
    amount: DecimalString
    allocated_on: NotRequired[DateString | None]


class BillPaymentFields(TypedDict, total=False):
    """Money paid to a vendor, and the bills that it pays. Required: `vendor_id`, `amount`, `currency`,
    `status`."""

    source_id: Id | None
    vendor_id: Id | None
    bill_id: Id | None
    payment_number: str | None
    amount: DecimalString | None
    currency: CurrencyCode | None
    payment_date: DateString | None
    payment_method: str | None
    payment_method_type: Literal["check", "credit_card", "ach", "cash", "wire", "other"] | None
    payment_method_details: dict[str, Any] | None
    memo: str | None
    is_1099_eligible: bool | None
    form_1099_type: str | None
    approval_status: Literal["draft", "pending_approval", "approved", "rejected", "void"] | None
    status: Literal["pending", "completed", "void"] | None
    allocations: list[BillPaymentAllocations] | None
    metadata: dict[str, Any] | None
    subsidiary_id: Id | None
    bill_payment_id: Id | None
    payment_account_id: Id | None
    payment_account_code: str | None
    accounts_payable_account_id: Id | None
    check_number: str | None
    reference_number: str | None
    exchange_rate: DecimalString | None
    completed_at: DateTimeString | None
    voided_at: DateTimeString | None
    posting_status: Literal["unposted", "posted"] | None
    posted_at: DateTimeString | None
    description: str | None
    dimensions: dict[str, Any] | None


class BillPaymentRecord(SystemFields, BillPaymentFields, total=False):
    """BillPayment, as it is read. `vendor`, `bill`, `payment_account`, `accounts_payable_account`: what
    `include` brings along."""

    vendor: VendorRecord | None
    bill: VendorBillRecord | None
    payment_account: AccountRecord | None
    accounts_payable_account: AccountRecord | None


class CreditMemoLine(TypedDict, total=False):
    """A line. Required: `line_key`."""

    line_key: Id | None
    line_number: int | None
    line_ref: Id | None
    line_type: str | None
    description: str | None
    item_id: Id | None
    item_code: str | None
    quantity: DecimalString | None
    unit_price: DecimalString | None
    amount: DecimalString | None
    discount_amount: DecimalString | None
    tax_amount: DecimalString | None
    tax_code: str | None
    tax_rate: DecimalString | None
    currency: CurrencyCode | None
    account_id: Id | None
    account_code: str | None
    service_date: DateString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class CreditMemoFields(TypedDict, total=False):
    """Credit given to a customer. `document_date` falls back to the day of `issued_at`. Required:
    `status`, `currency`, `total_amount`."""

    source_id: Id | None
    document_number: str | None
    status: Literal["open", "partially_applied", "applied", "void"] | None
    approval_status: Literal["draft", "pending_approval", "approved", "rejected", "void"] | None
    reason_code: str | None
    memo: str | None
    currency: CurrencyCode | None
    total_amount: DecimalString | None
    document_date: DateString | None
    effective_date: DateString | None
    issued_at: DateTimeString | None
    applied_at: DateTimeString | None
    refunded_at: DateTimeString | None
    customer_id: Id | None
    subsidiary_id: Id | None
    credit_memo_id: Id | None
    invoice_id: Id | None
    subtotal: DecimalString | None
    discount_amount: DecimalString | None
    tax_amount: DecimalString | None
    amount_applied: DecimalString | None
    amount_refunded: DecimalString | None
    balance: DecimalString | None
    exchange_rate: DecimalString | None
    reference_number: str | None
    description: str | None
    billing_address: Any
    accounts_receivable_account_id: Id | None
    revenue_account_id: Id | None
    voided_at: DateTimeString | None
    posting_status: Literal["unposted", "posted"] | None
    posted_at: DateTimeString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None
    line_items: list[CreditMemoLine] | None


class CreditMemoRecord(SystemFields, CreditMemoFields, total=False):
    """CreditMemo, as it is read. `customer`, `invoice`, `accounts_receivable_account`, `revenue_account`:
    what `include` brings along."""

    customer: CustomerRecord | None
    invoice: InvoiceRecord | None
    accounts_receivable_account: AccountRecord | None
    revenue_account: AccountRecord | None


class CustomerFields(TypedDict, total=False):
    """A customer."""

    source_id: Id | None
    customer_id: Id | None
    name: str | None
    company_name: str | None
    email: str | None
    phone: str | None
    description: str | None
    currency: CurrencyCode | None
    balance: DecimalString | None
    credit_limit: DecimalString | None
    address: Any
    billing_address: Any
    shipping_address: Any
    category_ids: list[Any] | None
    tax_ids: list[Any] | None
    tax_exempt: bool | None
    price_level_id: Id | None
    sales_rep_id: Id | None
    metadata: dict[str, Any] | None
    created_at: DateTimeString | None
    updated_at: DateTimeString | None
    subsidiary_id: Id | None
    status: str | None
    active: bool | None
    website: str | None
    payment_terms: str | None
    language: str | None
    notes: str | None


class CustomerRecord(SystemFields, CustomerFields, total=False):
    """Customer, as it is read."""


class DepositLine(TypedDict, total=False):
    """A line. Required: `line_key`."""

    line_key: Id | None
    line_number: int | None
    line_ref: Id | None
    line_type: str | None
    description: str | None
    amount: DecimalString | None
    currency: CurrencyCode | None
    payment_id: Id | None
    customer_id: Id | None
    account_id: Id | None
    account_code: str | None
    payment_method: str | None
    reference_number: str | None
    fee_amount: DecimalString | None
    net_amount: DecimalString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class DepositFields(TypedDict, total=False):
    """Money that reached a bank account. Required: `status`, `currency`, `total_amount`."""

    source_id: Id | None
    deposit_id: Id | None
    document_number: str | None
    status: Literal["pending", "deposited", "void"] | None
    currency: CurrencyCode | None
    total_amount: DecimalString | None
    deposit_date: DateString | None
    memo: str | None
    deposit_to_account_id: Id | None
    deposit_to_account_code: str | None
    cashback_amount: DecimalString | None
    cashback_account_id: Id | None
    cashback_memo: str | None
    subsidiary_id: Id | None
    fee_amount: DecimalString | None
    net_amount: DecimalString | None
    exchange_rate: DecimalString | None
    expected_at: DateTimeString | None
    reference_number: str | None
    description: str | None
    posting_status: Literal["unposted", "posted"] | None
    posted_at: DateTimeString | None
    deposited_at: DateTimeString | None
    voided_at: DateTimeString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None
    line_items: list[DepositLine] | None


class DepositRecord(SystemFields, DepositFields, total=False):
    """Deposit, as it is read. `deposit_to_account`, `cashback_account`: what `include` brings along."""

    deposit_to_account: AccountRecord | None
    cashback_account: AccountRecord | None


class ExpenseLine(TypedDict, total=False):
    """A line. Required: `line_key`."""

    line_key: Id | None
    line_number: int | None
    line_ref: Id | None
    line_type: str | None
    description: str | None
    item_id: Id | None
    item_code: str | None
    category: str | None
    quantity: DecimalString | None
    unit_price: DecimalString | None
    amount: DecimalString | None
    tax_amount: DecimalString | None
    tax_code: str | None
    tax_rate: DecimalString | None
    currency: CurrencyCode | None
    account_id: Id | None
    account_code: str | None
    customer_id: Id | None
    billable: bool | None
    service_date: DateString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class ExpenseFields(TypedDict, total=False):
    """Money spent. `document_date` falls back to `expense_date`. Required: `amount`, `currency`, `status`."""

    source_id: Id | None
    amount: DecimalString | None
    currency: CurrencyCode | None
    tax_amount: DecimalString | None
    approval_status: Literal["draft", "pending_approval", "approved", "rejected", "void"] | None
    document_date: DateString | None
    effective_date: DateString | None
    expense_date: DateString | None
    status: str | None
    category: str | None
    description: str | None
    memo: str | None
    expense_account_id: Id | None
    expense_account_code: str | None
    vendor_id: Id | None
    subsidiary_id: Id | None
    expense_id: Id | None
    document_number: str | None
    expense_number: str | None
    merchant_name: str | None
    employee_id: Id | None
    payment_account_id: Id | None
    payment_account_code: str | None
    payment_method: str | None
    payment_method_type: Literal["check", "credit_card", "ach", "cash", "wire", "other"] | None
    card_last4: str | None
    customer_id: Id | None
    billable: bool | None
    reimbursable: bool | None
    subtotal: DecimalString | None
    exchange_rate: DecimalString | None
    receipt_url: str | None
    reference_number: str | None
    paid_at: DateTimeString | None
    voided_at: DateTimeString | None
    posting_status: Literal["unposted", "posted"] | None
    posted_at: DateTimeString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None
    line_items: list[ExpenseLine] | None


class ExpenseRecord(SystemFields, ExpenseFields, total=False):
    """Expense, as it is read. `expense_account`, `vendor`, `payment_account`, `customer`: what `include`
    brings along."""

    expense_account: AccountRecord | None
    vendor: VendorRecord | None
    payment_account: AccountRecord | None
    customer: CustomerRecord | None


class InvoiceLine(TypedDict, total=False):
    """A line. Required: `line_key`."""

    line_key: Id | None
    line_number: int | None
    line_ref: Id | None
    line_type: str | None
    description: str | None
    item_id: Id | None
    item_code: str | None
    quantity: DecimalString | None
    unit_price: DecimalString | None
    amount: DecimalString | None
    discount_amount: DecimalString | None
    tax_amount: DecimalString | None
    tax_code: str | None
    tax_rate: DecimalString | None
    currency: CurrencyCode | None
    account_id: Id | None
    account_code: str | None
    period_start: DateTimeString | None
    period_end: DateTimeString | None
    service_date: DateString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class InvoiceFields(TypedDict, total=False):
    """An invoice. `document_date` falls back to the day of `issued_at`."""

    source_id: Id | None
    invoice_id: Id | None
    document_number: str | None
    invoice_number: str | None
    customer_id: Id | None
    customer_name: str | None
    status: str | None
    approval_status: Literal["draft", "pending_approval", "approved", "rejected", "void"] | None
    currency: CurrencyCode | None
    exchange_rate: DecimalString | None
    subtotal: DecimalString | None
    discount_amount: DecimalString | None
    tax_amount: DecimalString | None
    shipping_amount: DecimalString | None
    total_amount: DecimalString | None
    amount_due: DecimalString | None
    amount_paid: DecimalString | None
    balance: DecimalString | None
    issued_at: DateTimeString | None
    due_date: DateString | None
    due_at: DateTimeString | None
    paid_at: DateTimeString | None
    voided_at: DateTimeString | None
    document_date: DateString | None
    effective_date: DateString | None
    period_start: DateTimeString | None
    period_end: DateTimeString | None
    payment_terms: str | None
    purchase_order_number: str | None
    reference_number: str | None
    memo: str | None
    description: str | None
    billing_address: Any
    shipping_address: Any
    sales_rep_id: Id | None
    accounts_receivable_account_id: Id | None
    revenue_account_id: Id | None
    subscription_id: Id | None
    url: str | None
    subsidiary_id: Id | None
    posting_status: Literal["unposted", "posted"] | None
    posted_at: DateTimeString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None
    line_items: list[InvoiceLine] | None


class InvoiceRecord(SystemFields, InvoiceFields, total=False):
    """Invoice, as it is read. `customer`, `accounts_receivable_account`, `revenue_account`: what `include`
    brings along."""

    customer: CustomerRecord | None
    accounts_receivable_account: AccountRecord | None
    revenue_account: AccountRecord | None


class ItemFields(TypedDict, total=False):
    """A product or service that is sold or bought. Required: `name`."""

    source_id: Id | None
    item_id: Id | None
    name: str | None
    code: str | None
    sku: str | None
    item_type: Literal["inventory", "non_inventory", "service", "bundle", "discount", "charge"] | None
    description: str | None
    purchase_description: str | None
    unit_price: DecimalString | None
    purchase_cost: DecimalString | None
    currency: CurrencyCode | None
    unit_of_measure: str | None
    taxable: bool | None
    tax_code: str | None
    category: str | None
    category_ids: list[Any] | None
    parent_item_id: Id | None
    income_account_id: Id | None
    income_account_code: str | None
    expense_account_id: Id | None
    expense_account_code: str | None
    asset_account_id: Id | None
    asset_account_code: str | None
    preferred_vendor_id: Id | None
    quantity_on_hand: DecimalString | None
    reorder_point: DecimalString | None
    barcode: str | None
    active: bool | None
    subsidiary_id: Id | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class ItemRecord(SystemFields, ItemFields, total=False):
    """Item, as it is read. `parent_item`, `income_account`, `expense_account`, `asset_account`,
    `preferred_vendor`: what `include` brings along."""

    parent_item: ItemRecord | None
    income_account: AccountRecord | None
    expense_account: AccountRecord | None
    asset_account: AccountRecord | None
    preferred_vendor: VendorRecord | None


class JournalEntryLine(TypedDict, total=False):
    """A line. Required: `line_key`, `account_id`."""

    line_key: Id | None
    line_number: int | None
    line_ref: Id | None
    account_id: Id | None
    account_code: str | None
    description: str | None
    debit: DecimalString | None
    credit: DecimalString | None
    amount: DecimalString | None
    side: Literal["debit", "credit"] | None
    currency: CurrencyCode | None
    exchange_rate: DecimalString | None
    tax_code: str | None
    tax_amount: DecimalString | None
    customer_id: Id | None
    vendor_id: Id | None
    item_id: Id | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class JournalEntryFields(TypedDict, total=False):
    """An entry of the ledger. `document_date` falls back to `entry_date`. Required: `entry_date`,
    `status`, `line_items`."""

    source_id: Id | None
    entry_number: str | None
    entry_date: DateString | None
    document_date: DateString | None
    effective_date: DateString | None
    posting_period: str | None
    status: Literal["draft", "posted", "pending_reversal", "reversed", "superseded"] | None
    approval_status: Literal["draft", "pending_approval", "approved", "rejected", "void"] | None
    memo: str | None
    reverses_entry_id: Id | None
    currency: CurrencyCode | None
    subsidiary_id: Id | None
    journal_entry_id: Id | None
    entry_type: str | None
    reference_number: str | None
    description: str | None
    exchange_rate: DecimalString | None
    total_debit: DecimalString | None
    total_credit: DecimalString | None
    posted_at: DateTimeString | None
    reversed_at: DateTimeString | None
    reversal_date: DateString | None
    source_document_type: str | None
    source_document_id: Id | None
    adjusting: bool | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None
    line_items: list[JournalEntryLine] | None


class JournalEntryRecord(SystemFields, JournalEntryFields, total=False):
    """JournalEntry, as it is read. `reverses_entry`: what `include` brings along."""

    reverses_entry: JournalEntryRecord | None


class PaymentFields(TypedDict, total=False):
    """Money received. Required: `amount`, `currency`, `status`."""

    source_id: Id | None
    payment_id: Id | None
    amount: DecimalString | None
    currency: CurrencyCode | None
    status: str | None
    customer_id: Id | None
    invoice_id: Id | None
    payment_method: str | None
    payment_method_type: Literal["check", "credit_card", "ach", "cash", "wire", "other"] | None
    payment_method_details: dict[str, Any] | None
    reference_number: str | None
    memo: str | None
    deposit_to_account_id: Id | None
    deposit_to_account_code: str | None
    fees: Any
    balance_transaction_id: Id | None
    fee_amount: DecimalString | None
    net_amount: DecimalString | None
    tax_amount: DecimalString | None
    fee_details: list[Any] | None
    settlement_payout_id: Id | None
    subsidiary_id: Id | None
    payment_number: str | None
    charge_id: Id | None
    description: str | None
    exchange_rate: DecimalString | None
    refunded_amount: DecimalString | None
    payment_date: DateString | None
    paid_at: DateTimeString | None
    failure_reason: str | None
    posting_status: Literal["unposted", "posted"] | None
    posted_at: DateTimeString | None
    voided_at: DateTimeString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class PaymentRecord(SystemFields, PaymentFields, total=False):
    """Payment, as it is read. `customer`, `invoice`, `deposit_to_account`: what `include` brings along."""

    customer: CustomerRecord | None
    invoice: InvoiceRecord | None
    deposit_to_account: AccountRecord | None


class PurchaseOrderLine(TypedDict, total=False):
    """A line. Required: `line_key`."""

    line_key: Id | None
    line_number: int | None
    line_ref: Id | None
    line_type: str | None
    description: str | None
    item_id: Id | None
    item_code: str | None
    category: str | None
    quantity: DecimalString | None
    unit_price: DecimalString | None
    quantity_received: DecimalString | None
    amount: DecimalString | None
    tax_amount: DecimalString | None
    tax_code: str | None
    tax_rate: DecimalString | None
    currency: CurrencyCode | None
    account_id: Id | None
    account_code: str | None
    customer_id: Id | None
    billable: bool | None
    service_date: DateString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class PurchaseOrderFields(TypedDict, total=False):
    """Goods or services ordered from a vendor. Not posted. `document_date` falls back to the day of
    `issued_at`. Required: `status`, `currency`, `total_amount`."""

    source_id: Id | None
    subsidiary_id: Id | None
    purchase_order_id: Id | None
    document_number: str | None
    vendor_id: Id | None
    status: Literal["open", "partially_received", "received", "closed", "void"] | None
    approval_status: Literal["draft", "pending_approval", "approved", "rejected", "void"] | None
    currency: CurrencyCode | None
    exchange_rate: DecimalString | None
    subtotal: DecimalString | None
    discount_amount: DecimalString | None
    tax_amount: DecimalString | None
    shipping_amount: DecimalString | None
    total_amount: DecimalString | None
    issued_at: DateTimeString | None
    expected_date: DateString | None
    received_at: DateTimeString | None
    closed_at: DateTimeString | None
    voided_at: DateTimeString | None
    document_date: DateString | None
    effective_date: DateString | None
    payment_terms: str | None
    ship_method: str | None
    reference_number: str | None
    memo: str | None
    description: str | None
    billing_address: Any
    shipping_address: Any
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None
    line_items: list[PurchaseOrderLine] | None


class PurchaseOrderRecord(SystemFields, PurchaseOrderFields, total=False):
    """PurchaseOrder, as it is read. `vendor`: what `include` brings along."""

    vendor: VendorRecord | None


class QuoteLine(TypedDict, total=False):
    """A line. Required: `line_key`."""

    line_key: Id | None
    line_number: int | None
    line_ref: Id | None
    line_type: str | None
    description: str | None
    item_id: Id | None
    item_code: str | None
    quantity: DecimalString | None
    unit_price: DecimalString | None
    amount: DecimalString | None
    discount_amount: DecimalString | None
    tax_amount: DecimalString | None
    tax_code: str | None
    tax_rate: DecimalString | None
    currency: CurrencyCode | None
    account_id: Id | None
    account_code: str | None
    service_date: DateString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class QuoteFields(TypedDict, total=False):
    """An offer to a customer. Not posted. `document_date` falls back to the day of `issued_at`. Required:
    `status`, `currency`, `total_amount`."""

    source_id: Id | None
    document_number: str | None
    customer_id: Id | None
    status: str | None
    approval_status: Literal["draft", "pending_approval", "approved", "rejected", "void"] | None
    memo: str | None
    currency: CurrencyCode | None
    total_amount: DecimalString | None
    issued_at: DateTimeString | None
    expires_at: DateTimeString | None
    accepted_at: DateTimeString | None
    subsidiary_id: Id | None
    quote_id: Id | None
    subtotal: DecimalString | None
    discount_amount: DecimalString | None
    tax_amount: DecimalString | None
    shipping_amount: DecimalString | None
    exchange_rate: DecimalString | None
    document_date: DateString | None
    effective_date: DateString | None
    sent_at: DateTimeString | None
    declined_at: DateTimeString | None
    decline_reason: str | None
    invoice_id: Id | None
    sales_order_id: Id | None
    payment_terms: str | None
    reference_number: str | None
    sales_rep_id: Id | None
    description: str | None
    billing_address: Any
    shipping_address: Any
    voided_at: DateTimeString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None
    line_items: list[QuoteLine] | None


class QuoteRecord(SystemFields, QuoteFields, total=False):
    """Quote, as it is read. `customer`, `invoice`, `sales_order`: what `include` brings along."""

    customer: CustomerRecord | None
    invoice: InvoiceRecord | None
    sales_order: SalesOrderRecord | None


class RefundReceiptLine(TypedDict, total=False):
    """A line. Required: `line_key`."""

    line_key: Id | None
    line_number: int | None
    line_ref: Id | None
    line_type: str | None
    description: str | None
    item_id: Id | None
    item_code: str | None
    quantity: DecimalString | None
    unit_price: DecimalString | None
    amount: DecimalString | None
    discount_amount: DecimalString | None
    tax_amount: DecimalString | None
    tax_code: str | None
    tax_rate: DecimalString | None
    currency: CurrencyCode | None
    account_id: Id | None
    account_code: str | None
    service_date: DateString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class RefundReceiptFields(TypedDict, total=False):
    """Money given back to a customer. `document_date` falls back to the day of `refund_date`. Required:
    `status`, `currency`, `total_amount`."""

    source_id: Id | None
    document_number: str | None
    status: str | None
    reason: str | None
    memo: str | None
    refund_method: str | None
    currency: CurrencyCode | None
    total_amount: DecimalString | None
    document_date: DateString | None
    effective_date: DateString | None
    refund_date: DateTimeString | None
    customer_id: Id | None
    payment_id: Id | None
    charge_id: Id | None
    credit_memo_id: Id | None
    balance_transaction_id: Id | None
    subsidiary_id: Id | None
    refund_receipt_id: Id | None
    invoice_id: Id | None
    approval_status: Literal["draft", "pending_approval", "approved", "rejected", "void"] | None
    subtotal: DecimalString | None
    tax_amount: DecimalString | None
    fee_amount: DecimalString | None
    net_amount: DecimalString | None
    exchange_rate: DecimalString | None
    refund_method_type: Literal["check", "credit_card", "ach", "cash", "wire", "other"] | None
    refund_from_account_id: Id | None
    refund_from_account_code: str | None
    settlement_payout_id: Id | None
    reference_number: str | None
    description: str | None
    failure_reason: str | None
    voided_at: DateTimeString | None
    posting_status: Literal["unposted", "posted"] | None
    posted_at: DateTimeString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None
    line_items: list[RefundReceiptLine] | None


class RefundReceiptRecord(SystemFields, RefundReceiptFields, total=False):
    """RefundReceipt, as it is read. `customer`, `payment`, `credit_memo`, `invoice`,
    `refund_from_account`: what `include` brings along."""

    customer: CustomerRecord | None
    payment: PaymentRecord | None
    credit_memo: CreditMemoRecord | None
    invoice: InvoiceRecord | None
    refund_from_account: AccountRecord | None


class SalesOrderLine(TypedDict, total=False):
    """A line. Required: `line_key`."""

    line_key: Id | None
    line_number: int | None
    line_ref: Id | None
    line_type: str | None
    description: str | None
    item_id: Id | None
    item_code: str | None
    quantity: DecimalString | None
    quantity_fulfilled: DecimalString | None
    unit_price: DecimalString | None
    amount: DecimalString | None
    discount_amount: DecimalString | None
    tax_amount: DecimalString | None
    tax_code: str | None
    tax_rate: DecimalString | None
    currency: CurrencyCode | None
    account_id: Id | None
    account_code: str | None
    service_date: DateString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class SalesOrderFields(TypedDict, total=False):
    """Goods or services that a customer ordered. Not posted. `document_date` falls back to the day of
    `issued_at`. Required: `status`, `currency`, `total_amount`."""

    source_id: Id | None
    subsidiary_id: Id | None
    sales_order_id: Id | None
    document_number: str | None
    customer_id: Id | None
    quote_id: Id | None
    status: Literal["open", "partially_fulfilled", "fulfilled", "closed", "void"] | None
    approval_status: Literal["draft", "pending_approval", "approved", "rejected", "void"] | None
    currency: CurrencyCode | None
    exchange_rate: DecimalString | None
    subtotal: DecimalString | None
    discount_amount: DecimalString | None
    tax_amount: DecimalString | None
    shipping_amount: DecimalString | None
    total_amount: DecimalString | None
    issued_at: DateTimeString | None
    expected_date: DateString | None
    fulfilled_at: DateTimeString | None
    closed_at: DateTimeString | None
    voided_at: DateTimeString | None
    document_date: DateString | None
    effective_date: DateString | None
    payment_terms: str | None
    purchase_order_number: str | None
    ship_method: str | None
    sales_rep_id: Id | None
    reference_number: str | None
    memo: str | None
    description: str | None
    billing_address: Any
    shipping_address: Any
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None
    line_items: list[SalesOrderLine] | None


class SalesOrderRecord(SystemFields, SalesOrderFields, total=False):
    """SalesOrder, as it is read. `customer`, `quote`: what `include` brings along."""

    customer: CustomerRecord | None
    quote: QuoteRecord | None


class SalesReceiptLine(TypedDict, total=False):
    """A line. Required: `line_key`."""

    line_key: Id | None
    line_number: int | None
    line_ref: Id | None
    line_type: str | None
    description: str | None
    item_id: Id | None
    item_code: str | None
    quantity: DecimalString | None
    unit_price: DecimalString | None
    amount: DecimalString | None
    discount_amount: DecimalString | None
    tax_amount: DecimalString | None
    tax_code: str | None
    tax_rate: DecimalString | None
    currency: CurrencyCode | None
    account_id: Id | None
    account_code: str | None
    service_date: DateString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class SalesReceiptFields(TypedDict, total=False):
    """A sale that was paid at once. `document_date` falls back to `receipt_date`. Required: `status`,
    `currency`, `total_amount`."""

    source_id: Id | None
    document_number: str | None
    customer_id: Id | None
    status: str | None
    approval_status: Literal["draft", "pending_approval", "approved", "rejected", "void"] | None
    currency: CurrencyCode | None
    total_amount: DecimalString | None
    subtotal: DecimalString | None
    tax_amount: DecimalString | None
    discount_amount: DecimalString | None
    payment_method: str | None
    document_date: DateString | None
    effective_date: DateString | None
    receipt_date: DateString | None
    sales_rep_id: Id | None
    ship_method: str | None
    revenue_account_id: Id | None
    subsidiary_id: Id | None
    sales_receipt_id: Id | None
    revenue_account_code: str | None
    deposit_to_account_id: Id | None
    deposit_to_account_code: str | None
    payment_id: Id | None
    payment_method_type: Literal["check", "credit_card", "ach", "cash", "wire", "other"] | None
    payment_method_details: dict[str, Any] | None
    reference_number: str | None
    shipping_amount: DecimalString | None
    fee_amount: DecimalString | None
    net_amount: DecimalString | None
    exchange_rate: DecimalString | None
    billing_address: Any
    shipping_address: Any
    memo: str | None
    description: str | None
    voided_at: DateTimeString | None
    posting_status: Literal["unposted", "posted"] | None
    posted_at: DateTimeString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None
    line_items: list[SalesReceiptLine] | None


class SalesReceiptRecord(SystemFields, SalesReceiptFields, total=False):
    """SalesReceipt, as it is read. `customer`, `revenue_account`, `deposit_to_account`, `payment`: what
    `include` brings along."""

    customer: CustomerRecord | None
    revenue_account: AccountRecord | None
    deposit_to_account: AccountRecord | None
    payment: PaymentRecord | None


class VendorFields(TypedDict, total=False):
    """Somebody who is paid. Required: `name`."""

    source_id: Id | None
    name: str | None
    email: str | None
    phone: str | None
    currency: CurrencyCode | None
    company_name: str | None
    entity_type: Literal["individual", "company"] | None
    parent_id: Id | None
    subsidiary_of_id: Id | None
    default_expense_account_id: Id | None
    accounts_payable_account_id: Id | None
    category_ids: list[Any] | None
    payment_terms: str | None
    payment_method: str | None
    vendor_id: Id | None
    payment_method_type: Literal["check", "credit_card", "ach", "cash", "wire", "other"] | None
    description: str | None
    website: str | None
    address: Any
    billing_address: Any
    tax_id: str | None
    tax_ids: list[Any] | None
    is_1099_eligible: bool | None
    form_1099_type: str | None
    account_number: str | None
    balance: DecimalString | None
    credit_limit: DecimalString | None
    status: str | None
    active: bool | None
    notes: str | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class VendorRecord(SystemFields, VendorFields, total=False):
    """Vendor, as it is read. `parent`, `default_expense_account`, `accounts_payable_account`: what
    `include` brings along."""

    parent: VendorRecord | None
    default_expense_account: AccountRecord | None
    accounts_payable_account: AccountRecord | None


class VendorBillLine(TypedDict, total=False):
    """A line. Required: `line_key`."""

    line_key: Id | None
    line_number: int | None
    line_ref: Id | None
    line_type: str | None
    description: str | None
    item_id: Id | None
    item_code: str | None
    category: str | None
    quantity: DecimalString | None
    unit_price: DecimalString | None
    amount: DecimalString | None
    tax_amount: DecimalString | None
    tax_code: str | None
    tax_rate: DecimalString | None
    currency: CurrencyCode | None
    account_id: Id | None
    account_code: str | None
    customer_id: Id | None
    billable: bool | None
    service_date: DateString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class VendorBillFields(TypedDict, total=False):
    """A bill that a vendor sent. `document_date` falls back to the day of `issued_at`. Required: `status`,
    `currency`, `total_amount`."""

    source_id: Id | None
    subsidiary_id: Id | None
    vendor_bill_id: Id | None
    document_number: str | None
    bill_number: str | None
    vendor_id: Id | None
    purchase_order_id: Id | None
    status: Literal["open", "partially_paid", "paid", "void"] | None
    approval_status: Literal["draft", "pending_approval", "approved", "rejected", "void"] | None
    currency: CurrencyCode | None
    exchange_rate: DecimalString | None
    subtotal: DecimalString | None
    discount_amount: DecimalString | None
    tax_amount: DecimalString | None
    shipping_amount: DecimalString | None
    total_amount: DecimalString | None
    amount_due: DecimalString | None
    amount_paid: DecimalString | None
    balance: DecimalString | None
    issued_at: DateTimeString | None
    received_at: DateTimeString | None
    due_date: DateString | None
    paid_at: DateTimeString | None
    voided_at: DateTimeString | None
    document_date: DateString | None
    effective_date: DateString | None
    payment_terms: str | None
    reference_number: str | None
    memo: str | None
    description: str | None
    billing_address: Any
    accounts_payable_account_id: Id | None
    accounts_payable_account_code: str | None
    expense_account_id: Id | None
    expense_account_code: str | None
    is_1099_eligible: bool | None
    form_1099_type: str | None
    url: str | None
    posting_status: Literal["unposted", "posted"] | None
    posted_at: DateTimeString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None
    line_items: list[VendorBillLine] | None


class VendorBillRecord(SystemFields, VendorBillFields, total=False):
    """VendorBill, as it is read. `vendor`, `purchase_order`, `accounts_payable_account`,
    `expense_account`: what `include` brings along."""

    vendor: VendorRecord | None
    purchase_order: PurchaseOrderRecord | None
    accounts_payable_account: AccountRecord | None
    expense_account: AccountRecord | None


class VendorCreditLine(TypedDict, total=False):
    """A line. Required: `line_key`."""

    line_key: Id | None
    line_number: int | None
    line_ref: Id | None
    line_type: str | None
    description: str | None
    item_id: Id | None
    item_code: str | None
    category: str | None
    quantity: DecimalString | None
    unit_price: DecimalString | None
    amount: DecimalString | None
    tax_amount: DecimalString | None
    tax_code: str | None
    tax_rate: DecimalString | None
    currency: CurrencyCode | None
    account_id: Id | None
    account_code: str | None
    customer_id: Id | None
    billable: bool | None
    service_date: DateString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None


class VendorCreditFields(TypedDict, total=False):
    """Credit received from a vendor. `document_date` falls back to the day of `issued_at`. Required:
    `status`, `currency`, `total_amount`."""

    source_id: Id | None
    subsidiary_id: Id | None
    vendor_credit_id: Id | None
    document_number: str | None
    vendor_id: Id | None
    bill_id: Id | None
    status: Literal["open", "partially_applied", "applied", "void"] | None
    approval_status: Literal["draft", "pending_approval", "approved", "rejected", "void"] | None
    reason_code: str | None
    currency: CurrencyCode | None
    exchange_rate: DecimalString | None
    subtotal: DecimalString | None
    tax_amount: DecimalString | None
    total_amount: DecimalString | None
    amount_applied: DecimalString | None
    balance: DecimalString | None
    issued_at: DateTimeString | None
    applied_at: DateTimeString | None
    refunded_at: DateTimeString | None
    voided_at: DateTimeString | None
    document_date: DateString | None
    effective_date: DateString | None
    reference_number: str | None
    memo: str | None
    description: str | None
    accounts_payable_account_id: Id | None
    posting_status: Literal["unposted", "posted"] | None
    posted_at: DateTimeString | None
    dimensions: dict[str, Any] | None
    metadata: dict[str, Any] | None
    line_items: list[VendorCreditLine] | None


class VendorCreditRecord(SystemFields, VendorCreditFields, total=False):
    """VendorCredit, as it is read. `vendor`, `bill`, `accounts_payable_account`: what `include` brings
    along."""

    vendor: VendorRecord | None
    bill: VendorBillRecord | None
    accounts_payable_account: AccountRecord | None


DocumentType: TypeAlias = Literal[
    "account",
    "bank_transfer",
    "bill_payment",
    "credit_memo",
    "customer",
    "deposit",
    "expense",
    "invoice",
    "item",
    "journal_entry",
    "payment",
    "purchase_order",
    "quote",
    "refund_receipt",
    "sales_order",
    "sales_receipt",
    "vendor",
    "vendor_bill",
    "vendor_credit",
]
"""What `ingest` takes."""
