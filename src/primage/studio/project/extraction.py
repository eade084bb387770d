"""Extracting drawings from the photo of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from primage.config import MAX_SIZE_PX as PHOTO_SIZE_PX
from primage.config import Config
from primage.http.errors import RefusalError
from primage.primitive.kinds import KINDS
from primage.studio.drawing import Drawing
from primage.studio.layers import LAYER_NAMES, channels_of, drawing_layers
from primage.studio.messages import Extracted
from primage.studio.objects import joined
from primage.studio.opened import OpenedFile, Part
from primage.studio.project.latest_only import LatestOnly
from primage.studio.project.pictures import Pictures
from primage.studio.project.services import Services
from primage.studio.project.store import OWN_FOLDER, new_id, own_files
from primage.studio.schemas import MAX_SIZE_PX, MIN_SIZE_PX, ExtractSettings, KeptPicture, Label, Layer, Size
from primage.studio.wire import pack
from primage.studio.workers.reader import CreateRun, Extract, Extraction, InspectPhoto, Opened, ReadOwn, WriteOwn


def default_settings(config: Config) -> ExtractSettings:
    """Extraction settings of a new project.

    Args:
        config: training settings of the server, including those from the command line.

    Raises:
        RefusalError: the studio does not support one of the settings, such as a kind that cannot be extracted.
    """
    primitive = config.primitive
    try:
        return ExtractSettings.model_validate(
            {
                "kind": primitive.kind,
                # The photo's own size, in `paper`, is limited to what the editor can draw on.
                "size_px": MAX_SIZE_PX if config.size_px == PHOTO_SIZE_PX else config.size_px,
                "edge_sigma": primitive.edges.sigma,
                "edge_low": primitive.edges.low,
                "edge_high": primitive.edges.high,
                "edge_min_length_px": primitive.edges.min_length_px,
                "regions": primitive.segments.regions,
                "people": primitive.segments.semantic != "off",
                "paint_colours": primitive.paint.colours,
            }
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RefusalError(422, "invalid", f"--set: {first['loc'][0]}: {first['msg']}") from error


def run_config(config: Config, settings: ExtractSettings) -> Config:
    """Settings of a run.

    Args:
        config: training settings of the server.
        settings: extraction settings.

    Returns:
        ``config`` with the kind, size and extraction settings of ``settings``.
    """
    old = config.primitive
    edges = old.edges.model_copy(
        update={
            "sigma": settings.edge_sigma,
            "low": settings.edge_low,
            "high": settings.edge_high,
            "min_length_px": settings.edge_min_length_px,
        }
    )
    semantic = "off" if not settings.people else "auto" if old.segments.semantic == "off" else old.segments.semantic
    segments = old.segments.model_copy(update={"regions": settings.regions, "semantic": semantic})
    paint = old.paint.model_copy(update={"colours": settings.paint_colours})
    primitive = old.model_copy(update={"kind": settings.kind, "edges": edges, "segments": segments, "paint": paint})
    # Validated again, because copying does not validate.
    return Config.model_validate(
        config.model_dump() | {"size_px": settings.size_px, "primitive": primitive.model_dump()}
    )


class Extractor:
    """Extracts drawings from one photo.

    Args:
        services: services shared by all projects.
        photo: the photo's file.
    """

    def __init__(self, services: Services, photo: Path) -> None:
        self._services = services
        self._photo = photo
        self._previews = LatestOnly()

    async def preview(self, settings: ExtractSettings) -> Extraction:
        """Extract a drawing without saving it.

        Args:
            settings: extraction settings.

        Raises:
            SupersededError: other settings were requested before this extraction was started.
        """
        config = run_config(await self._services.training_config(), settings)
        job = Extract(self._photo, config, self._own(settings))
        return await self._previews.run(lambda: self._services.reader.run(job))

    async def preview_frame(self, settings: ExtractSettings) -> bytes:
        """The layers that settings extract, with a header that describes them; nothing is saved.

        Args:
            settings: extraction settings.

        Raises:
            SupersededError: other settings were requested meanwhile.
        """
        extraction = await self.preview(settings)
        return layers_frame(extraction.drawing, settings.kind, extraction.labels)

    async def draw(self, picture: Path, pictures: Pictures, settings: ExtractSettings, size: Size) -> bytes:
        """The drawing of another picture, to be pasted into this photo's. The picture is kept for its pixels.

        Args:
            picture: the file.
            pictures: those of the project.
            settings: that this photo's drawing was extracted with.
            size: of this photo's drawing. The other one is not larger, unless it would have too few pixels.

        Returns:
            A frame whose header is `Extracted`.

        Raises:
            RefusalError: it is not a picture, or too large.
        """
        whole = await self._services.reader.run(InspectPhoto(picture, self._services.options.photo_pixels))
        scale = min(1.0, size.width / whole.width, size.height / whole.height)
        short = max(MIN_SIZE_PX, round(scale * min(whole.width, whole.height)))
        own = {f"own_{name}": None for name in KINDS[settings.kind].names}
        fitting = settings.model_copy(update={"size_px": short, **own})
        config = run_config(await self._services.training_config(), fitting)
        extraction = await self._services.reader.run(Extract(picture, config))
        kept = KeptPicture(id=await pictures.keep(picture), size=whole)
        return layers_frame(extraction.drawing, settings.kind, extraction.labels, None, kept)

    async def create_run(self, run: Path, settings: ExtractSettings) -> Extraction:
        """Extract a drawing and create the run folder for it.

        Args:
            run: the folder, which does not exist yet.
            settings: extraction settings.
        """
        config = run_config(await self._services.training_config(), settings)
        return await self._services.reader.run(CreateRun(self._photo, run, config, self._own(settings)))

    def _own(self, settings: ExtractSettings) -> dict[str, Path]:
        """The files of layers that the user gave, which exist."""
        files = self._own_paths(settings)
        if not all(file.exists() for file in files.values()):
            raise RefusalError(404, "not_found", "the file that you gave is no longer there; choose it again")
        return files

    def _own_paths(self, settings: ExtractSettings) -> dict[str, Path]:
        """Where the layers that the user gave are kept, by layer."""
        return {name: self._photo.parent / OWN_FOLDER / file for name, file in own_files(settings).items()}

    async def keep_own(self, drawing: Drawing, labels: tuple[Label, ...], settings: ExtractSettings) -> ExtractSettings:
        """Keep the layers of a drawing, as if they had been given as files.

        Args:
            drawing: its layers; a copy that is not changed.
            labels: names and colours of the label layer's values.
            settings: that it was extracted with.

        Returns:
            The settings, with ``own_…`` for each layer.
        """
        given = settings.model_copy(update={f"own_{name}": new_id() for name in KINDS[settings.kind].names})
        await self._services.reader.run(WriteOwn(settings.kind, drawing, labels, self._own_paths(given)))
        return given

    async def read_own(self, files: tuple[Path, ...], settings: ExtractSettings, photo_name: str, part: Part) -> bytes:
        """Read layers of the user's own for a training drawing, and keep them for ``settings.own_…``.

        Args:
            files: one file, or several masks, in a folder of their own.
            settings: kind and size of the drawing.
            photo_name: the name by which the files may list the photo.
            part: what they are to be read as.

        Returns:
            A frame whose header is `OpenedFile`; it shows the layers that were read.

        Raises:
            RefusalError: they do not fit the photo, or cannot be read.
        """
        number = new_id()
        names = {"own_segments": number, "own_edges": number, "own_colours": number}
        paths = self._own_paths(settings.model_copy(update=names))
        config = run_config(await self._services.training_config(), settings)
        job = ReadOwn(files, self._photo, photo_name, config, part, paths)
        found = await self._services.reader.run(job)
        return opened_frame(number, files, found, found.layers)


def opened_frame(
    number: str, files: Sequence[Path], found: Opened, layers: Mapping[str, np.ndarray], changed: int = 0
) -> bytes:
    """What was read from files of the user as a binary message.

    Args:
        number: the id to apply it with.
        files: the files.
        found: what was read.
        layers: the drawing as it would be.
        changed: the number of pixels that it changes.
    """
    height, width = found.snapped.shape
    header = OpenedFile(
        id=number,
        name=files[0].name if len(files) == 1 else f"{len(files)} files",
        size=Size(width=width, height=height),
        layers=tuple(Layer.model_validate({"name": name, "channels": channels_of(name)}) for name in layers),
        labels=found.labels,
        replaced=tuple(name for name in LAYER_NAMES if name in found.layers),
        said=found.said,
        nearest=found.nearest,
        doubtful=found.doubtful,
        changed=changed,
        unsure=found.unsure,
    )
    return pack(header, [*layers.values(), found.snapped])


def layers_frame(
    drawing: Drawing,
    kind: str,
    labels: tuple[Label, ...],
    revision: int | None = None,
    picture: KeptPicture | None = None,
) -> bytes:
    """The layers of a drawing as a binary message.

    Args:
        drawing: its layers.
        kind: super, edges, segments, paint or landmarks.
        labels: names and colours.
        revision: revision of the edited drawing; None for other drawings.
        picture: the picture that was drawn, if it was not the project's photo.
    """
    layers = drawing_layers(kind)
    kept = tuple(drawing.stack.contents.values())
    header = Extracted(
        revision=revision,
        size=drawing.size,
        margins=drawing.margins,
        layers=layers,
        pieces=drawing.pieces,
        labels=labels,
        objects=drawing.stack.objects,
        contents=tuple(one.content for one in kept),
        picture=picture,
    )
    return pack(header, [*(drawing.layers[layer.name] for layer in layers), *joined(kept)])
