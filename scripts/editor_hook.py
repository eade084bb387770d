"""Build hook of hatchling: builds the studio's editor and the page that is exported, and packs them into the wheel.

Without npm the wheel is built without them, with a warning; the studio then shows a page that explains how to build
the editor, and `primage export --web` says so. It also packs the bill of materials.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class EditorHook(BuildHookInterface):
    """The hook that hatchling calls."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build ``editor/dist`` and ``editor/web/dist`` unless they exist, and pack them into ``primage``.

        Args:
            version: "editable" for a checkout, which serves ``editor/dist`` itself.
            build_data: what hatchling packs; changed in place.
        """
        editor = Path(self.root) / "editor"
        built = {editor / "dist": "primage/studio/static", editor / "web" / "dist": "primage/export/static"}
        if version == "editable" or os.environ.get("PRIMAGE_EDITOR") == "skip" or not editor.is_dir():
            return
        build_data["sbom_files"].append(self._bill_of_materials())
        if not all((folder / "index.html").is_file() for folder in built):
            self._build(editor)
        for folder, place in built.items():
            if (folder / "index.html").is_file():
                build_data["force_include"][str(folder)] = place

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what `initialize` wrote.

        Args:
            version: as above.
            build_data: as above.
            artifact_path: the wheel.
        """
        for path in build_data["sbom_files"]:
            shutil.rmtree(Path(path).parent, ignore_errors=True)

    def _bill_of_materials(self) -> str:
        sys.path.insert(0, str(Path(self.root) / "scripts"))
        try:
            from sbom import write
        finally:
            sys.path.pop(0)
        path = Path(tempfile.mkdtemp(prefix="primage-sbom-")) / "primage.cdx.json"
        write(path)
        return str(path)

    def _build(self, editor: Path) -> None:
        npm = shutil.which("npm")
        if npm is None:
            self.app.display_warning(
                "primage: npm is not installed, so the studio's editor is not part of this wheel. "
                "Install Node.js 20 or later and build again. Everything except `primage studio` works without it."
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
