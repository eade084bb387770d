"""Builds the studio's editor while a wheel is built, and puts it in beside the server.

Without npm the wheel is built all the same, and says what it lacks; the studio then shows a page that tells how to
build it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class EditorHook(BuildHookInterface):
    """Called by hatchling."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build ``editor/dist`` unless it is there, and have it packed as ``primage/studio/static``.

        Args:
            version: "editable" for a checkout, which serves ``editor/dist`` itself.
            build_data: what hatchling packs.
        """
        editor = Path(self.root) / "editor"
        built = editor / "dist"
        if version == "editable" or os.environ.get("PRIMAGE_EDITOR") == "skip" or not editor.is_dir():
            return
        if not (built / "index.html").is_file():
            self._build(editor)
        if (built / "index.html").is_file():
            build_data["force_include"][str(built)] = "primage/studio/static"

    def _build(self, editor: Path) -> None:
        npm = shutil.which("npm")
        if npm is None:
            self.app.display_warning(
                "primage: npm is not installed, so the studio's editor is not part of this wheel. "
                "Install Node.js 20 or later and build again; everything but `primage studio` works without."
            )
            return
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            done = subprocess.run([npm, *command], cwd=editor, capture_output=True, text=True, check=False)
            if done.returncode:
                last = (done.stderr or done.stdout).strip().splitlines()[-3:]
                self.app.display_warning(
                    f"primage: `npm {' '.join(command)}` failed, so the studio's editor is not part of this wheel: "
                    + " / ".join(last)
                )
                return
