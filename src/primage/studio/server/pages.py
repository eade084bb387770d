"""Pages outside the editor: short messages, and instructions if the editor is not built."""

from __future__ import annotations

from html import escape
from pathlib import Path

_IN_WHEEL = Path(__file__).parents[1] / "static"
#: Where `make editor` writes its output in a checkout; a wheel has a copy in `primage/studio/static`.
_IN_CHECKOUT = Path(__file__).parents[4] / "editor" / "dist"
STATIC = _IN_WHEEL if _IN_WHEEL.exists() else _IN_CHECKOUT


def page(title: str, text: str) -> str:
    """A page with a short message, without scripts or styles.

    Args:
        title: title.
        text: one or two sentences.

    Returns:
        HTML.
    """
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)} – Primage</title><h1>{escape(title)}</h1><p>{escape(text)}</p></html>"
    )


def forwarding(target: str) -> str:
    """A page that redirects to another one.

    Args:
        target: address on this server.

    Returns:
        HTML.
    """
    address = escape(target, quote=True)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={address}">'
        f'<title>Primage</title><p><a href="{address}">Open the studio</a></p></html>'
    )


def missing_editor() -> str:
    """The page that is shown if the editor is not built."""
    return page(
        "The editor is not built",
        "Install Node.js 20 or later, run “make editor” in the checkout, and reload this page. If Primage was "
        "installed from a checkout, install it again. (The server itself works: everything under /api responds.)",
    )
