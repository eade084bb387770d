"""What the studio answers when a file is opened as a drawing, or as a part of one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from primage.studio.schemas import FileId, Label, Layer, LayerName, Schema, Size

#: What a file is to be read as: "drawing" is all layers in one picture, "auto" is whatever it holds.
Part = Literal["auto", "drawing", "segments", "edges", "colours"]
#: Name of a file as its owner knows it.
FileName = Annotated[str, Field(min_length=1, max_length=200)]
#: Values of the last plane of an `OpenedFile`: pixels that do not have exactly the colour of their label.
NEAREST, DOUBTFUL, SLIGHT = 1, 2, 3


class OpenedFile(Schema):
    """A file as it was read; nothing is applied yet. The pixels of the layers follow in order, then one byte per pixel.

    That last plane is 0 where a pixel has exactly its label, 1 where it was given the nearest one, 2 where that is in
    doubt, 3 where its colour is only a few levels off, as compression with loss makes it.
    """

    type: Literal["opened"] = "opened"
    id: FileId = Field(description="to apply it with")
    name: str
    size: Size = Field(description="of the drawing, to which the file was resized")
    layers: tuple[Layer, ...] = Field(description="the drawing as it would be: also the layers that stay as they are")
    labels: tuple[Label, ...] = Field(description="of the file, if it becomes the training drawing; else none")
    replaced: tuple[LayerName, ...] = Field(description="the layers that the file holds")
    said: tuple[str, ...] = Field(description="what the reader noted, a sentence each")
    nearest: int = Field(description="pixels of the file that were given the nearest label")
    doubtful: int = Field(description="those of them that are in doubt; 0 unless `snap` was requested")
    changed: int = Field(description="pixels that differ from the current drawing; 0 if there is none to compare with")
    unsure: bool = Field(description="whether it may as well be a photo, which is likelier: ask")
