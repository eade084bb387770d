"""The rows of the main benchmark table: claim, target, and how its number is read from the results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tables import markdown, result

ROOT = Path(__file__).resolve().parent.parent
_FACE_VIDEO = "python benchmarks/face_video.py FOLDER"
_TABLE_1 = "python benchmarks/table1.py CITYSCAPES"
_FULL_SIZE = "python benchmarks/full_size.py --scenes coins,leaves,cups"


@dataclass(frozen=True)
class Claim:
    """A row; ``measured`` gives None if the benchmark has not been run."""

    what: str
    target: str
    stretch: str
    measured: Callable[[], str | None]
    command: str
    in_readme: bool = False


def of(name: str, show: Callable[[dict[str, Any]], str]) -> Callable[[], str | None]:
    def read() -> str | None:
        found = result(name)
        return None if found is None else show(found)

    return read


def lpips(name: str, field: str = "lpips_alexnet_mean") -> Callable[[], str | None]:
    return of(name, lambda found: f"{found[field]:.3f}")


def no_tps() -> str | None:
    names = ("no_tps", "no_matcher", "")
    plain, strict, ours = (result("_".join(filter(None, ("face_video_standard_10min", name)))) for name in names)
    if plain is None or strict is None or ours is None:
        return None
    lower = [1 - r["lpips_alexnet_mean"] / plain["lpips_alexnet_mean"] for r in (ours, strict)]
    return (
        f"{plain['lpips_alexnet_mean']:.3f}; ours is {lower[0]:.0%} lower with the matcher, {lower[1]:.0%} without it"
    )


def larger() -> str | None:
    small, large = result("face_video_standard_10min"), result("face_video_standard_20min_480px")
    if small is None or large is None:
        return None
    ratio = large["lpips_alexnet_mean"] / small["lpips_alexnet_mean"]
    copy = large["copy_of_training_frame"]
    downscaled = f"; downscaled to 256²: {large['lpips_at_256']:.3f}" if "lpips_at_256" in large else ""
    return f"{ratio:.2f}× ({large['lpips_alexnet_mean']:.3f}{downscaled}; a copy at 480²: {copy:.3f})"


def oracle(found: dict[str, Any]) -> str:
    small, large = (found["sizes"][size] for size in ("256", "480"))
    a, b = small["lpips_moved_by_true_flow"], large["lpips_moved_by_true_flow"]
    return f"{a:.3f} / {b:.3f}, {b / a:.2f}× ({small['frames']} frames; a copy at 256²: {small['lpips_copy']:.3f})"


def less_time(found: dict[str, Any]) -> str:
    times = found["times_less_than_paper"]
    return f"standard {times['standard']:.0f}×, draft {times['draft']:.0f}×"


def matcher_size() -> str:
    size = (ROOT / "src/primage/nets/matcher.safetensors").stat().st_size
    return f"{size / 1e6:.1f} MB"


def latency(found: dict[str, Any]) -> str:
    idle, training = (found[f"pen_up_to_picture_{state}_ms"]["median"] for state in ("idle", "training"))
    return f"{idle:.0f} / {training:.0f} ms"


def full_size_latency(found: dict[str, Any]) -> str:
    measured = found["full_size_4000x3000"]
    after, whole = (measured[f"{start}_to_photo_pixels_ms"]["median"] / 1000 for start in ("picture", "edit"))
    return f"{after:.1f}; {whole:.1f} s"


def truth_with_origin(found: dict[str, Any]) -> str:
    columns = found["mean"]["held-out"]["all"]
    known, old = columns["origin, 0 s, drawn"][0], columns["old, 0 s, drawn"][0]
    return f"{known:.3f} ({old:.3f}), {1 - known / old:.0%} lower"


def truth(found: dict[str, Any]) -> str:
    figures = found["mean"]["held-out"]["all"]
    ours, old = ([figures[f"{name}, 0 s, {form}"][0] for form in ("extracted", "drawn")] for name in ("ours", "old"))
    lower = ", ".join(f"{1 - a / b:.0%}" for a, b in zip(ours, old, strict=True))
    forms = " / ".join(f"{value:.3f}" for value in ours), " / ".join(f"{value:.3f}" for value in old)
    return f"{forms[0]} ({forms[1]}) for drawings from the truth / made by hand: {lower} lower"


def synthesis_speed(work: str) -> Callable[[dict[str, Any]], str]:
    def show(found: dict[str, Any]) -> str:
        times = {size: entry["times"]["1 threads"][work] for size, entry in found["sizes"].items()}
        processor = " / ".join(f"{each['processor_least_ms']:.0f}" for each in times.values())
        return f"{processor} ms of processor time, one thread"

    return show


def inferred_origins(found: dict[str, Any]) -> str:
    means = found["mean"]["held-out"]
    objects, selections = means["moved_right_objects"], means["moved_right_selections"]
    wrong, removed = means["wrongly_in_a_piece_of_all_pixels"], means["removed_found"]
    return (
        f"{means['moved_right']:.1%} (objects {objects:.1%}, selections {selections:.1%}); {wrong:.2%}; {removed:.0%}"
    )


def object_selection(found: dict[str, Any]) -> str:
    half = found["held-out"]
    scores = " / ".join(f"{value:.2f}" for value in half["iou after clicks"])
    return f"{scores} ({half['objects']} objects)"


def canvas_extension(found: dict[str, Any]) -> str:
    held_out = found["lpips"]["held-out"]
    return " / ".join(f"{held_out[method]:.3f}" for method in ("ours, drawn", "ours", "mirrored"))


def selection_time(found: dict[str, Any]) -> str:
    times = found["time of a click at 1024 × 1024"]["processor milliseconds"]
    return f"{times['median']} ms; {times['95 %']} ms of processor time, one thread"


def table_1(found: dict[str, Any]) -> str:
    return f"{found['lpips_alexnet_mean']:.3f} ({found['copy_of_training_frame']:.3f})"


def resampled(found: dict[str, Any]) -> str:
    pieces = found["interior"]
    same = "identical" if pieces["shifted"]["identical"] else "not identical"
    kinds = ("enlarged", "turned", "warped")
    return f"{same}; {min(pieces[kind]['psnr_to_bicubic'] for kind in kinds):.0f} dB"


def sharpness(found: dict[str, Any]) -> str:
    pieces = found["interior"]
    fill = pieces["shifted"]["laplacian_of_fill_over_photo"]
    return f"{pieces['shifted']['laplacian_over_source']:.2f} (what fills its place: {fill:.2f})"


def outline_distance(found: dict[str, Any]) -> str:
    means = found["outline_distance_px"]["held-out"]
    return " / ".join(f"{means[f'{size} px']:.2f} ({means[f'{size} px, traced only']:.2f})" for size in (256, 512))


def export_time(found: dict[str, Any]) -> str:
    large, huge = (found["exports"][size] for size in ("4000×3000", "8660×5774"))
    return (
        f"{large['first_window_processor_sec']:.1f} s; {large['export_jpg_processor_sec']:.1f} s, "
        f"{large['peak_rss_gb']:.1f} GB "
        f"(50 megapixels: {huge['export_jpg_processor_sec']:.1f} s, {huge['peak_rss_gb']:.1f} GB)"
    )


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "LPIPS on 20 later frames of a face, super, 256², **0 s** of training (shipped matcher)",
        "≤ 0.08",
        "≤ 0.065",
        lpips("face_video_standard_zero"),
        f"{_FACE_VIDEO} --minutes 0",
        in_readme=True,
    ),
    Claim(
        "the same after 1 minute, `draft`",
        "≤ 0.07",
        "≤ 0.06",
        lpips("face_video_draft_1min"),
        f"{_FACE_VIDEO} --preset draft --minutes 1",
        in_readme=True,
    ),
    Claim(
        "the same after 10 minutes, `standard`",
        "≤ 0.06",
        "≤ 0.045",
        lpips("face_video_standard_10min"),
        f"{_FACE_VIDEO} --minutes 10",
        in_readme=True,
    ),
    Claim(
        "the same after 10 minutes, `--matcher none`",
        "≤ 0.085",
        "≤ 0.065",
        lpips("face_video_standard_10min_no_matcher"),
        f"{_FACE_VIDEO} --minutes 10 --matcher none",
        in_readme=True,
    ),
    Claim(
        "a copy of the training frame",
        "",
        "",
        lpips("face_video_standard_zero", "copy_of_training_frame"),
        f"{_FACE_VIDEO} --minutes 0",
        in_readme=True,
    ),
    Claim(
        "frames in which 10 minutes of training beat the copy",
        "≥ 17 of 20",
        "19",
        of("face_video_standard_10min", lambda r: f"{r['frames_better_than_copy']} of {r['frames']}"),
        f"{_FACE_VIDEO} --minutes 10",
    ),
    Claim(
        "LPIPS of the unedited primitive's render to the photo, 0 s",
        "≤ 0.02",
        "≤ 0.005",
        lpips("face_video_standard_zero", "unedited_primitive"),
        f"{_FACE_VIDEO} --minutes 0",
        in_readme=True,
    ),
    Claim(
        "the same after 10 minutes",
        "≤ 0.02",
        "≤ 0.005",
        lpips("face_video_standard_10min", "unedited_primitive"),
        f"{_FACE_VIDEO} --minutes 10",
    ),
    Claim(
        "carphone, edges only, 10 minutes: LPIPS relative to the copy's",
        "≤ 0.75",
        "≤ 0.6",
        of("carphone_10min", lambda r: f"{r['relative_to_copy']:.2f} ({r['lpips_alexnet_mean']:.3f})"),
        "python benchmarks/carphone.py --minutes 10",
        in_readme=True,
    ),
    Claim(
        "Table 1's data, sequences 0000 and 0004, labels only, 256 × 512, 0 s: LPIPS (a copy of the training frame)",
        "≤ 0.30",
        "0.27",
        of("table1_zero_256px", table_1),
        f"{_TABLE_1} --sequences 0000,0004",
    ),
    Claim(
        "the same with the boundaries of the label map as lines (measured before synthesis)",
        "≤ 0.30",
        "0.27",
        of("table1_zero_256px_boundaries", table_1),
        f"{_TABLE_1} --sequences 0000,0004 --set primitive.encoding=boundaries",
    ),
    Claim(
        "the same after 10 minutes of `standard` (405 steps)",
        "≤ 0.27",
        "0.22",
        of("table1_10min_256px", table_1),
        f"{_TABLE_1} --sequences 0000,0004 --minutes 10 --steps 405",
    ),
    Claim(
        "the same, 0 s: frames better than the copy",
        "≥ 90 %",
        "all",
        of("table1_zero_256px", lambda r: f"{r['frames_better_than_copy']} of {r['frames']}"),
        f"{_TABLE_1} --sequences 0000,0004",
    ),
    Claim(
        "44 hard edits with a known truth, held-out scenes, 0 s: LPIPS in the changed boxes (before synthesis)",
        "35 % lower",
        "55 % lower",
        of("truth", truth),
        "python benchmarks/truth.py --against CHECKOUT",
        in_readme=True,
    ),
    Claim(
        "20 held-out drawings edited as in a paint program: moved pixels whose inferred origin is right within a "
        "pixel; pixels of the picture wrongly taken for moved; removed pixels found",
        "≥ 95 %",
        "",
        of("origin", inferred_origins),
        "python benchmarks/origin.py",
    ),
    Claim(
        "LPIPS of the same network without TPS (crop and flip, no matcher)",
        "ours ≥ 35 % lower",
        "",
        no_tps,
        f"{_FACE_VIDEO} --minutes 10 --no-tps",
    ),
    Claim(
        "480², 20 minutes: LPIPS relative to ours at 256²",
        "≤ 1.25×",
        "",
        larger,
        f"{_FACE_VIDEO} --minutes 20 --size 480",
    ),
    Claim(
        "LPIPS of the training frame warped by the **true** optical flow, 256² / 480²: a bound for copying",
        "",
        "",
        of("oracle", oracle),
        "python benchmarks/oracle.py FOLDER",
    ),
    Claim(
        "render time, file in, array out, 256²",
        "≤ 150 ms",
        "60",
        of("render_speed", lambda r: f"{r['sizes']['256']['median_ms']:.0f} ms"),
        "python benchmarks/render_speed.py",
        in_readme=True,
    ),
    Claim(
        "the same at 512²",
        "≤ 400 ms",
        "150",
        of("render_speed", lambda r: f"{r['sizes']['512']['median_ms']:.0f} ms"),
        "python benchmarks/render_speed.py",
        in_readme=True,
    ),
    Claim(
        "synthesis after the first picture, a quarter of the picture changed, 256² / 512²",
        "≤ 800 / 2500 ms",
        "400 / 1200",
        of("synthesis_speed", synthesis_speed("synthesis")),
        "python benchmarks/synthesis_speed.py",
        in_readme=True,
    ),
    Claim(
        "the same after a stroke, 256² / 512²",
        "≤ 300 ms at 512²",
        "150",
        of("synthesis_speed", synthesis_speed("stroke")),
        "python benchmarks/synthesis_speed.py",
        in_readme=True,
    ),
    Claim(
        "objects of the truth suite selected by clicks, held-out scenes: mean IoU after 1 / 2 / 3 clicks",
        "≥ 0.9 after 3",
        "",
        of("object_selection", object_selection),
        "python benchmarks/object_selection.py",
    ),
    Claim(
        "a fifth of a photo made again beyond its border, held-out photos, LPIPS: drawn / continued / mirrored",
        "below a mirror",
        "",
        of("extension", canvas_extension),
        "python benchmarks/extension.py --more PHOTO …",
    ),
    Claim(
        "time of such a click at 1024²: median; 95 % of the clicks",
        "≤ 300 ms",
        "",
        of("object_selection", selection_time),
        "python benchmarks/object_selection.py",
    ),
    Claim(
        "training memory, 256² / 512²",
        "≤ 1.5 / 3 GB",
        "",
        of("scaling", lambda r: f"{r['peak_rss_gb']['256']:.2f} / {r['peak_rss_gb']['512']:.2f} GB"),
        "python benchmarks/scaling.py",
    ),
    Claim(
        "growth of the time per step from 128² to 1024², relative to the number of pixels",
        "≤ 1.2×",
        "",
        of("scaling", lambda r: f"{r['growth_over_pixels_128_to_1024']:.2f}×"),
        "python benchmarks/scaling.py",
    ),
    Claim(
        "training time per photo compared with `paper`, same run",
        "≥ 200× less",
        "400×",
        of("scaling", less_time),
        "python benchmarks/scaling.py",
    ),
    Claim(
        "full size: inside of a moved piece against the photo's own pixels; scaled, turned, warped against bicubic",
        "identical; ≥ 45 dB",
        "",
        of("full_size", resampled),
        _FULL_SIZE,
    ),
    Claim(
        "its sharpness (variance of the Laplacian) over that of its source",
        "≥ 0.9",
        "",
        of("full_size", sharpness),
        _FULL_SIZE,
    ),
    Claim(
        "its outline, held-out scenes, 2048²: distance to the true one in px of the photo, drawings of 256 / 512 px "
        "(without the photo's edges)",
        "≤ 1.5",
        "",
        of("full_size", outline_distance),
        _FULL_SIZE,
    ),
    Claim(
        "4000×3000 px, 5 % edited, after the render at the working size, processor time of one thread: first view of "
        "1600×1000 px at 100 %; export as JPEG",
        "≤ 1 s; ≤ 10 s, ≤ 2 GB",
        "",
        of("full_size", export_time),
        _FULL_SIZE,
    ),
    Claim("size of the matcher file", "≤ 5 MB", "", matcher_size, "make matcher"),
    Claim(
        "studio, 256²: pen up to new picture, idle / while training (median)",
        "≤ 300 / 1000 ms",
        "",
        of("studio_latency", latency),
        "python benchmarks/studio_latency.py",
        in_readme=True,
    ),
    Claim(
        "studio, 4000×3000 px: small picture to what is visible at 100 %; pen up to that (median)",
        "≤ 1 s",
        "",
        of("studio_full_size", full_size_latency),
        "python benchmarks/studio_latency.py --only full_size --name studio_full_size",
    ),
    Claim(
        "studio: drawing on 1024²",
        "60 frames/s",
        "",
        of("studio_latency", lambda r: f"{r['drawing_1024']['fps']:.0f} frames/s"),
        "python benchmarks/studio_latency.py",
    ),
    Claim(
        "studio: first picture of a saved project after the server starts",
        "≤ 3 s",
        "",
        of("studio_latency", lambda r: f"{r['first_picture_after_start_sec']:.1f} s"),
        "python benchmarks/studio_latency.py",
    ),
)


def measured(claim: Claim) -> str:
    return claim.measured() or "not measured"


def headline_table() -> str:
    """The full table, for the documentation."""
    return markdown(
        {
            "what": lambda claim: claim.what,
            "target": lambda claim: claim.target,
            "stretch": lambda claim: claim.stretch,
            "measured": lambda claim: f"**{measured(claim)}**",
            "command": lambda claim: f"`{claim.command}`",
        },
        CLAIMS,
    )


def readme_table() -> str:
    """The short table, for the README."""
    return markdown(
        {"what": lambda claim: claim.what, "measured": measured, "command": lambda claim: f"`{claim.command}`"},
        [claim for claim in CLAIMS if claim.in_readme],
    )
