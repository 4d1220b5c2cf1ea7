from datetime import date, timedelta

from guest_sdk import Settings


def due_date(issued: str) -> str:
    """The day on which what was issued then, on a date or at a date and time, is due."""
    day = date.fromisoformat(issued[:10])
    return (day + timedelta(days=Settings.get("paymentTermsDays"))).isoformat()
