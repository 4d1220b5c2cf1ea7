from guest_sdk import Customer, HookContext, InvoiceFields, InvoiceRecord, Log


def before_save(ctx: HookContext[InvoiceRecord]) -> InvoiceFields | None:
    """An invoice that names a customer without being linked to one is linked before it is saved."""
    invoice = ctx.entity
    name = (invoice.get("customer_name") or "").strip()
    if invoice.get("customer_id") or not name:
        return None

    known = Customer.query(where={"name": name}, limit=1)
    if known:
        Log.info("customer_linked", {"customer": known[0]["id"]})
        return {"customer_id": known[0]["id"]}
    created = Customer.create({"name": name, "billing_address": invoice.get("billing_address")})
    Log.info("customer_created", {"customer": created["id"]})
    return {"customer_id": created["id"]}
