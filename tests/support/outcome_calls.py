"""Calls with outcomes: a table of dialogues about refunds, parcels and passwords, some of them longer than others."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

OUTCOMES = ("duration", "rating", "channel", "customer")
WISHES = {"refund": "money back payment return", "delivery": "parcel late courier", "password": "password locked login"}


def write_calls(path: Path, n: int = 90) -> None:
    """Write n calls, one a day in turn about each wish; those about refunds are long, by phone, and rated low."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["dialogue_id", "role", "text", "date", *OUTCOMES])
        for i in range(n):
            wish = list(WISHES)[i % 3]
            length, rating = (600, 2) if wish == "refund" else (180, 4)
            channel = "phone" if (wish == "refund") == (i % 12 < 9) else "chat"
            day = date(2024, 1, 1) + timedelta(days=i // 2)
            outcomes = [length + i % 7, rating + i // 3 % 2, channel, f"c{i % 9}"]
            for role, text in (("customer", f"{WISHES[wish]} {i}"), ("agent", "let me look that up")):
                writer.writerow([f"d{i}", role, text, day, *outcomes])
