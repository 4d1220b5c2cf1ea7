from guest_sdk import define_extension

define_extension(
    key="{{name}}",
    name="{{title}}",
    version="0.1.0",
    purpose="Gives every invoice a due date.",
    # What is not listed here is refused.
    permissions={
        "entities": {"Invoice": ["read", "write"]},
    },
    # Defaults of the settings, which an admin may change: Settings.get("paymentTermsDays").
    config={"paymentTermsDays": 30},
)
