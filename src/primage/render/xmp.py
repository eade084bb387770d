"""XMP packets: texts in WebP, TIFF and Photoshop files.

Source:
    XMP Specification, Part 1 (ISO 16684-1:2019), and Part 3, Storage in Files.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from primage._version import __version__

_HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:p="urn:primage:">\n'
    f"<xmp:CreatorTool>Primage {__version__}</xmp:CreatorTool>\n"
)
_TAIL = '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="r"?>'


def xmp_packet(text: Mapping[str, str]) -> bytes:
    """A packet that names Primage as the program, and holds texts.

    Args:
        text: by key, which must be a name in XML.

    Example:
        >>> b"<p:primage>made of &lt;air&gt;</p:primage>" in xmp_packet({"primage": "made of <air>"})
        True
    """
    body = "".join(f"<p:{key}>{escape(value)}</p:{key}>\n" for key, value in text.items())
    return (_HEAD + body + _TAIL).encode()
