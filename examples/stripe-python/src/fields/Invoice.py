from guest_sdk import define_line_field

balance_transaction_id = define_line_field(
    "line_items", key="stripe_balance_transaction_id", label="Balance transaction", type="string"
)

tax_behavior = define_line_field(
    "line_items",
    key="stripe_tax_behavior",
    label="Stripe tax behavior",
    type="select",
    options=["inclusive", "exclusive", "unspecified"],
)

fee_amount = define_line_field(
    "line_items", key="stripe_fee_amount", label="Stripe fee", type="currency", currency_field="currency"
)
