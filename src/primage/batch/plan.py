"""What a batch does: one job for each photo, checked before any work."""

from __future__ import annotations

import contextlib
import hashlib
import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

from primage.api import configure
from primage.batch.locations import absolute, check_protocol, child, is_pattern, is_url, matching, name_of, parent
from primage.batch.manifest import Row, is_manifest, read_manifest
from primage.config import Config
from primage.errors import ConfigError, UserError
from primage.primitive.read import LayerFiles

#: What file systems and object stores refuse in names, or give a meaning to.
_UNSAFE = frozenset('/\\:*?"<>|#%')
_LONGEST_NAME = 120
#: Which Windows keeps for devices, with any ending.
_DEVICES = frozenset(("con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10))))


@dataclass(frozen=True)
class Options:
    """What holds for all photos of a batch.

    Attributes:
        out: folder of the results, a path or a URL.
        defaults: what is not said about a photo otherwise; its own photo does not count.
        device: torch device to compute on.
        threads: number of threads of each photo's task, whatever machine it runs on.
        memory_gb: memory that each task may take; None for no limit.
        retries: how often a photo is tried again after a failure of a machine or of the network.
        overwrite: whether ``out`` may hold other files, and renders may replace them.
    """

    out: str
    defaults: Row
    device: str = "cpu"
    threads: int = 1
    memory_gb: float | None = None
    retries: int = 2
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ConfigError: one is out of range.
        """
        if self.threads < 1:
            raise ConfigError(f"a task needs at least one thread, not {self.threads}")
        if self.memory_gb is not None and self.memory_gb <= 0:
            raise ConfigError(f"a task needs more than {self.memory_gb:g} GB of memory")
        if self.retries < 0:
            raise ConfigError(f"the number of retries is 0 or more, not {self.retries}")

    def location(self, name: str) -> str:
        """The location of a file in the folder of results."""
        return child(self.out, name)


@dataclass(frozen=True)
class Job:
    """One photo: all that its task needs to know, on whatever machine it runs.

    Attributes:
        number: of the photo in the batch, from 0.
        name: of its results.
        photo: its location, absolute as all others.
        files: the given files of layers, by their field in the manifest: a list for each.
        line_colour: the colour of the lines in a file.
        edits: the file of edits to render, if any.
        full_size: whether the render has the photo's own size.
        config: the settings of the training.
        shrink_only: do not enlarge a photo that is smaller than the working size.
        options: what holds for all photos.
    """

    number: int
    name: str
    photo: str
    config: Config
    options: Options
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    line_colour: str | None = None
    edits: str | None = None
    full_size: bool = False
    shrink_only: bool = True

    @cached_property
    def request(self) -> str:
        """Hash of everything that was asked for; the content of files is compared separately."""
        asked = {
            "photo": self.photo,
            "files": self.files,
            "line_colour": self.line_colour,
            "edits": self.edits,
            "full_size": self.full_size,
            "config": self.config.model_dump(mode="json"),
            "shrink_only": self.shrink_only,
        }
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    @property
    def inputs(self) -> dict[str, str]:
        """The locations of all files that are read, by what they are."""
        found = {"photo": self.photo}
        for role, locations in self.files.items():
            found |= {f"{role} {i}" if i else role: location for i, location in enumerate(locations)}
        return found | ({} if self.edits is None else {"edits": self.edits})

    @property
    def run(self) -> str:
        """The run folder, in the folder of results."""
        return f"runs/{self.name}"

    @property
    def render(self) -> str | None:
        """The rendered picture, in the folder of results; None if no edits are to be rendered."""
        return None if self.edits is None else f"renders/{self.name}.png"

    @property
    def record(self) -> str:
        """The record of the finished photo, in the folder of results."""
        return f"records/{self.name}.json"


def planned(sources: Sequence[str], options: Options) -> list[Job]:
    """Read what a batch consists of, and check what can be checked without opening a photo.

    Args:
        sources: one manifest; or photos and patterns such as ``photos/*.jpg``, as paths or URLs.
        options: what holds for all photos.

    Returns:
        The jobs, in order.

    Raises:
        ConfigError: nothing was given, nothing matches, a row is wrong, or two photos would have one name.
        UserError: files and settings of a row do not fit each other.
    """
    manifests = [source for source in sources if is_manifest(source)]
    if manifests and len(sources) > 1:
        raise ConfigError(f"{manifests[0]}: a manifest lists all photos of a batch; give it alone")
    check_protocol(options.out)
    out = absolute(options.out, ".")
    options = replace(options, out=out)
    if manifests:
        rows, base = read_manifest(manifests[0]), parent(manifests[0])
    else:
        rows, base = [(photo, Row(photo=photo)) for photo in _photos(sources)], "."
    defaults = options.defaults
    jobs = [_job(number, row, base, place, defaults, options) for number, (place, row) in enumerate(rows)]
    _check_names(jobs, [place for place, _ in rows], bool(manifests))
    return jobs


def _photos(sources: Sequence[str]) -> list[str]:
    found: list[str] = []
    for source in sources:
        check_protocol(source)
        photos = matching(source) if is_pattern(source) and not Path(source).is_file() else [source]
        if not photos:
            raise ConfigError(f"{source}: no file matches; check the pattern, and quote it")
        if not is_url(source) and Path(source).is_dir():
            raise ConfigError(f"{source}: is a folder; name its photos, for example '{source.rstrip('/')}/*.jpg'")
        found += photos
    if not found:
        raise ConfigError("no photos given; name a manifest, photos or a pattern")
    return list(dict.fromkeys(found))


def _job(number: int, row: Row, base: str, place: str, defaults: Row, options: Options) -> Job:
    def located(location: str | None, base: str) -> str | None:
        return None if location is None else absolute(location, base)

    with _at(place):
        edits = located(row.edits, base) if row.edits is not None else located(defaults.edits, ".")
        files = {
            "primitive_file": () if row.primitive_file is None else (absolute(row.primitive_file, base),),
            "segments": tuple(absolute(location, base) for location in row.segments),
            "edges": () if row.edges is None else (absolute(row.edges, base),),
        }
        files = {role: locations for role, locations in files.items() if locations}
        colour = row.line_colour if row.line_colour is not None else defaults.line_colour
        timed = row.minutes is not None or row.steps is not None
        size = row.size if row.size is not None else defaults.size
        settings = (*defaults.settings, *row.settings)
        config = _config(
            row.preset or defaults.preset or "standard",
            row.primitive or defaults.primitive or "super",
            size,
            row.minutes if timed else defaults.minutes,
            row.steps if timed else defaults.steps,
            settings,
            row.matcher or defaults.matcher,
        )
        seed = row.seed if row.seed is not None else defaults.seed
        if seed is not None:
            config = _with_seed(config, seed, settings)
        full_size = row.full_size if row.full_size is not None else bool(defaults.full_size)
        job = Job(
            number,
            _name(row),
            absolute(row.photo, base),
            config,
            options,
            files,
            colour,
            edits,
            full_size and edits is not None,
            size is None,
        )
        for location in job.inputs.values():
            check_protocol(location)
        layer_files({role: [Path(name) for name in names] for role, names in files.items()}, colour).check(
            config.primitive.kind
        )
    return job


def layer_files(files: dict[str, list[Path]], line_colour: str | None) -> LayerFiles:
    """The files of a primitive, as `primage.api.prepare` takes them.

    Args:
        files: by field of the manifest.
        line_colour: the colour of the lines in a file.

    Raises:
        PrimitiveError: there is no such colour.
    """
    whole, edges = files.get("primitive_file"), files.get("edges")
    return LayerFiles(
        whole[0] if whole else None,
        line_colour=line_colour,
        segments=files.get("segments"),
        edges=edges[0] if edges else None,
    )


@lru_cache(maxsize=1024)
def _config(
    preset: str,
    kind: str,
    size: int | None,
    minutes: float | None,
    steps: int | None,
    settings: tuple[str, ...],
    matcher: str | None,
) -> Config:
    """As `configure`, once for all photos that share their settings."""
    return configure(preset, kind, size, minutes, steps, 0, settings, matcher)


def _with_seed(config: Config, seed: int, settings: Sequence[str]) -> Config:
    """Settings take precedence, as in `configure`."""
    if not 0 <= seed < 2**63:
        raise ConfigError(f"a seed is 0 or more, and less than 2^63, not {seed}")
    is_set = any(setting.partition("=")[0].strip() == "seed" for setting in settings)
    return config if is_set else config.model_copy(update={"seed": seed})


def _name(row: Row) -> str:
    name = row.name if row.name is not None else PurePosixPath(name_of(row.photo)).stem
    bad = sorted(_UNSAFE & set(name)) or [c for c in name if not c.isprintable()]
    if bad:
        raise ConfigError(f"the name '{name}' has the character {bad[0]!r}; give another in the column 'name'")
    if not name.strip() or name.startswith(".") or name.endswith((".", " ")) or len(name.encode()) > _LONGEST_NAME:
        raise ConfigError(
            f"the name '{name}' is empty, starts or ends with a dot, or is longer than {_LONGEST_NAME} bytes; give "
            "another in the column 'name'"
        )
    if name.partition(".")[0].rstrip().casefold() in _DEVICES:
        raise ConfigError(f"the name '{name}' is that of a device on Windows; give another in the column 'name'")
    return name


def _check_names(jobs: Sequence[Job], places: Sequence[str], manifest: bool) -> None:
    """Names that differ in their case alone are one name on many file systems."""
    seen: dict[str, int] = {}
    for job in jobs:
        key = unicodedata.normalize("NFC", job.name).casefold()
        if (first := seen.setdefault(key, job.number)) != job.number:
            way = "another in the column 'name'" if manifest else "the photos names in a manifest"
            raise ConfigError(
                f"two photos would have the name '{job.name}': {places[first]} and {places[job.number]}; give {way}"
            )


@contextlib.contextmanager
def _at(place: str) -> Iterator[None]:
    """Say where in the manifest a mistake is."""
    try:
        yield
    except UserError as error:
        raise ConfigError(f"{place}: {error}") from error
