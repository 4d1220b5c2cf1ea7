from guest_sdk import define_extension

extension = define_extension(
    key="customer-autocreate",
    name="Customer autocreate",
    version="0.1.0",
    purpose="Links an invoice that names a customer to that customer, who is created where there is none.",
    permissions={
        "entities": {
            "Invoice": ["read", "write"],
            "Customer": ["read", "write"],
        },
    },
)
