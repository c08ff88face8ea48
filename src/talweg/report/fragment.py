"""The verdict and a small table for notebooks: no script, and colours that follow the page around it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from talweg.report import parts, table
from talweg.text.format import sentence

HEADS = ("Rank", "Method", "Batch", "Learning rate", "Examples to target", "Speed-up", "Final validation loss")

STYLE = """<style>
.talweg table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.talweg th, .talweg td { padding: 4px 10px; text-align: left; vertical-align: top; border-bottom: 1px solid rgba(128, 136, 147, .3); }
.talweg tr.tied > * { background: rgba(40, 133, 235, .10); }
.talweg small { display: block; opacity: .7; font-weight: 400; }
.talweg .who { display: flex; gap: 8px; } .talweg .swatch { flex: none; margin-top: .35em; }
</style>"""


def html(summary: Mapping[str, Any]) -> str:
    """The fragment; it may stand in any page."""
    tested = [head for head, _, _ in table.columns(summary) if head.startswith("Test ")]
    words = "".join(f"<p>{escape(sentence(said))}</p>" for said in summary["verdict"].get("sentences") or [])
    warned = "".join(f"<p>⚠ {escape(sentence(said))}</p>" for said in summary["verdict"].get("warnings") or [])
    shown = table.html(summary, [*HEADS, *tested])
    head = f"<p><b>{escape(sentence(parts.headline(summary)))}</b></p>"
    return f'<div class="talweg">{STYLE}{head}{words}{warned}<div style="overflow-x: auto">{shown}</div></div>'
