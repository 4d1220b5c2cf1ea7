"""The platform's entities, as classes. What each record holds is in `guest_sdk.records`."""

from __future__ import annotations

from guest_sdk import records
from guest_sdk.entity import EntityClass

__all__ = [
    "Account",
    "BankTransfer",
    "BillPayment",
    "CreditMemo",
    "Customer",
    "Deposit",
    "Expense",
    "Invoice",
    "Item",
    "JournalEntry",
    "Payment",
    "PurchaseOrder",
    "Quote",
    "RefundReceipt",
    "SalesOrder",
    "SalesReceipt",
    "Vendor",
    "VendorBill",
    "VendorCredit",
]

Invoice: EntityClass[records.InvoiceRecord, records.InvoiceFields] = EntityClass("Invoice")
Customer: EntityClass[records.CustomerRecord, records.CustomerFields] = EntityClass("Customer")
Payment: EntityClass[records.PaymentRecord, records.PaymentFields] = EntityClass("Payment")
Expense: EntityClass[records.ExpenseRecord, records.ExpenseFields] = EntityClass("Expense")
SalesReceipt: EntityClass[records.SalesReceiptRecord, records.SalesReceiptFields] = EntityClass(
    "SalesReceipt"
)
Item: EntityClass[records.ItemRecord, records.ItemFields] = EntityClass("Item")
VendorBill: EntityClass[records.VendorBillRecord, records.VendorBillFields] = EntityClass("VendorBill")
BillPayment: EntityClass[records.BillPaymentRecord, records.BillPaymentFields] = EntityClass("BillPayment")
PurchaseOrder: EntityClass[records.PurchaseOrderRecord, records.PurchaseOrderFields] = EntityClass(
    "PurchaseOrder"
)
CreditMemo: EntityClass[records.CreditMemoRecord, records.CreditMemoFields] = EntityClass("CreditMemo")
Quote: EntityClass[records.QuoteRecord, records.QuoteFields] = EntityClass("Quote")
SalesOrder: EntityClass[records.SalesOrderRecord, records.SalesOrderFields] = EntityClass("SalesOrder")
RefundReceipt: EntityClass[records.RefundReceiptRecord, records.RefundReceiptFields] = EntityClass(
    "RefundReceipt"
)
VendorCredit: EntityClass[records.VendorCreditRecord, records.VendorCreditFields] = EntityClass(
    "VendorCredit"
)
Account: EntityClass[records.AccountRecord, records.AccountFields] = EntityClass("Account")
Vendor: EntityClass[records.VendorRecord, records.VendorFields] = EntityClass("Vendor")
JournalEntry: EntityClass[records.JournalEntryRecord, records.JournalEntryFields] = EntityClass(
    "JournalEntry"
)
Deposit: EntityClass[records.DepositRecord, records.DepositFields] = EntityClass("Deposit")
BankTransfer: EntityClass[records.BankTransferRecord, records.BankTransferFields] = EntityClass(
    "BankTransfer"
)
