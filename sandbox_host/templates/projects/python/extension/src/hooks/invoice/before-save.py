from guest_sdk import HookContext, InvoiceFields, InvoiceRecord, Log

from lib.due_date import due_date


def before_save(ctx: HookContext[InvoiceRecord]) -> InvoiceFields | None:
    """An invoice without a due date gets one. What is returned is merged into the invoice before it is stored."""
    issued = ctx.entity.get("document_date") or ctx.entity.get("issued_at")
    if ctx.entity.get("due_date") or not issued:
        return None
    due = due_date(issued)
    Log.info("due_date_set", {"due_date": due})
    return {"due_date": due}
