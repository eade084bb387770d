"""The pages that are not the editor: what to say when there is none."""

from __future__ import annotations

from html import escape
from pathlib import Path

_IN_WHEEL = Path(__file__).parents[1] / "static"
#: Where `make editor` writes its output in a checkout; a wheel has a copy in `primage/studio/static`.
_IN_CHECKOUT = Path(__file__).parents[4] / "editor" / "dist"
STATIC = _IN_WHEEL if _IN_WHEEL.exists() else _IN_CHECKOUT


def page(title: str, text: str) -> str:
    """A page without scripts and styles, for what can be said in a sentence.

    Args:
        title: a few words.
        text: a sentence.

    Returns:
        HTML.
    """
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)} – Primage</title><h1>{escape(title)}</h1><p>{escape(text)}</p></html>"
    )


def forwarding(target: str) -> str:
    """A page that goes on to another.

    Args:
        target: an address of this server.

    Returns:
        HTML.
    """
    there = escape(target, quote=True)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={there}">'
        f'<title>Primage</title><p><a href="{there}">Open the studio</a></p></html>'
    )


def missing_editor() -> str:
    """The page that stands in for an editor that was not built."""
    return page(
        "The editor is not built",
        "Install Node.js 20 or later and run “make editor” in the checkout, then load this page again; if Primage was "
        "installed from a checkout, install it again. (The server itself works: everything below /api answers.)",
    )
