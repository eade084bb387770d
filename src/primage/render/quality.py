"""How good pictures that lose something are. Loads no other module, for the command line and the studio's server."""

from __future__ import annotations

#: Quality of JPEG and WebP files, 1 to 100, unless another one is asked for.
DEFAULT_QUALITY = 95
