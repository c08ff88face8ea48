"""The verdict and a small table for notebooks: no script, and colours that follow the page around it."""

from __future__ import annotations

from html import escape

from talweg.report import table
from talweg.summary import Summary
from talweg.text.format import sentence
from talweg.text.race import headline

SHOWN = ("rank", "method", "batch", "learning_rate", "length", "loss", "metric", "target", "training", "test")

STYLE = """<style>
.talweg table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.talweg th, .talweg td { padding: 4px 10px; text-align: left; vertical-align: top; border-bottom: 1px solid rgba(128, 136, 147, .3); }
.talweg tr.tied > * { background: rgba(40, 133, 235, .10); }
.talweg small { display: block; opacity: .7; font-weight: 400; }
.talweg .who { display: flex; gap: 8px; } .talweg .swatch { flex: none; margin-top: .35em; }
</style>"""


def html(summary: Summary) -> str:
    """The fragment; it may stand in any page."""
    verdict = summary["verdict"]
    lines = [*verdict["sentences"], *(f"⚠ {sentence(warning)}" for warning in verdict["warnings"])]
    text = "".join(f"<p>{escape(sentence(line))}</p>" for line in lines)
    head = f"<p><b>{escape(sentence(headline(summary)))}</b></p>"
    return f'<div class="talweg">{STYLE}{head}{text}<div style="overflow-x: auto">{table.html(summary, SHOWN)}</div></div>'
