"""The same player in one HTML file that opens from disk, without network and without a server."""

import html
from typing import Any

from jitai.player.assets import script, style
from jitai.player.contract import as_json

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{page_style}</style>
</head>
<body>
{fragment}
</body>
</html>
"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_PAGE_STYLE = """
html { color-scheme:light dark; background:#f7f7f5; } body { margin:0; padding:16px clamp(16px, 2vw, 40px); }
@media (prefers-color-scheme:dark) { html { background:#0f1215; } }
@media print { html { background:#fff; } body { padding:0; } }
"""


def standalone_html(payload: dict[str, Any], title: str) -> str:
    """A page with nothing but the player.

    Args:
        payload: from ``as_payload``; its run cannot be forked here, since nobody would answer.
        title: of the page, untrusted.
    """
    return _PAGE.format(
        policy=_POLICY, title=html.escape(title), page_style=_PAGE_STYLE, fragment=player_fragment(payload)
    )


def player_fragment(payload: dict[str, Any]) -> str:
    """The player for a page of one's own, such as a report: its data, style and script in one piece of HTML.

    The player draws itself in a shadow root where the fragment stands, so neither's style touches the other.
    """
    offline = {**payload, "options": {**payload.get("options", {}), "can_fork": False}}
    data = as_json(offline).replace("<", "\\u003c")
    return (
        '<div class="jitai-player-block"><div class="jitai-player"></div>\n'
        f'<script type="application/json" class="jitai-player-data">{data}</script>\n'
        f'<template class="jitai-player-style"><style>{_inside_element(style(), "style")}</style></template></div>\n'
        f'<script type="module">{_inside_element(script(), "script")}\nmountStandalone(document);\n</script>'
    )


def _inside_element(text: str, element: str) -> str:
    """Text that may stand in a script or style element; the two would end at their own end tag, wherever it stands."""
    if f"</{element}" in text.lower() or "<!--" in text:
        raise ValueError(f"The player's own text contains an end of <{element}>.")
    return text
