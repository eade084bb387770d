"""The tables of docs/scaling.md: what a batch was measured to take, and what that makes of a million photos."""

from __future__ import annotations

from typing import Any

from tables import markdown, result

MILLION = 1_000_000
MEASURED = "batch"
#: The results that tell how many steps the minutes of a preset were, on one quiet thread at 256 px.
STEPS_OF = {
    "as many as draft in its minute at 256 px": "face_video_draft_1min",
    "as standard in its ten": "face_video_standard_10min",
}


def batch_tables() -> str:
    found = result(MEASURED)
    if found is None:
        return "Not measured."
    facts = found["machine"]
    quiet = max(found["load_average"]) <= 2 * facts["cores"]
    conditions = (
        f"{found['photos']} photos of {found['size_px']} px, {found['steps'][1]} steps of `draft` and two edits each, "
        f"one thread a photo; {facts['cpu']}, {facts['cores']} cores, load {found['load_average'][0]:g} before and "
        f"{found['load_average'][1]:g} after, commit {facts['commit']}"
        + ("." if quiet else "; **the machine was busy with other work**, so all times are too long.")
    )
    return f"{_ways(found)}\n\n{conditions}\n\n{_costs(found)}\n\n{_million(found)}"


def _ways(found: dict[str, Any]) -> str:
    return markdown(
        {
            "measured": lambda row: row[0],
            "photos per hour": lambda row: row[1]["photos_per_hour"],
            "processor time a photo": lambda row: f"{row[1]['cpu_sec_per_photo']:.1f} s",
            "peak memory of a task": lambda row: f"{row[1]['peak_memory_mb'] / 1000:.2f} GB",
            "everything done already": lambda row: f"{row[1]['seconds_when_all_is_done']:.0f} s",
            "results": lambda row: "equal, bit for bit" if found["equal_bit_for_bit"] else "**differ**",
        },
        found["ways"].items(),
    )


def _costs(found: dict[str, Any]) -> str:
    sizes = found["bytes"]
    rows = {
        "*F*: processor time of all but steps": f"{found['other_cpu_sec_per_photo']:.1f} s",
        f"*S*: processor time of a step at {found['size_px']} px": f"{found['step_cpu_sec']:.2f} s",
        "*B*: a run": f"{sizes['run'] / 1e6:.1f} MB",
        "of it the model": f"{sizes['model'] / 1e6:.1f} MB",
        "of it the checkpoint": f"{sizes['checkpoint'] / 1e6:.1f} MB",
        "of it previews and the rest": f"{(sizes['previews'] + sizes['rest']) / 1e6:.1f} MB",
        "a record and a render": f"{(found['record_bytes'] + found['render_bytes']) / 1e6:.2f} MB",
    }
    return markdown({"a photo takes": lambda row: row[0], "": lambda row: row[1]}, rows.items())


def _million(found: dict[str, Any]) -> str:
    sizes, other = found["bytes"], found["record_bytes"] + found["render_bytes"]

    def hours(steps: int) -> float:
        return MILLION * (found["other_cpu_sec_per_photo"] + steps * found["step_cpu_sec"]) / 3600

    rows = {"the shipped matcher as it is": 0}
    rows |= {preset: measured["steps"] for preset, name in STEPS_OF.items() if (measured := result(name))}
    return markdown(
        {
            f"a million photos at {found['size_px']} px": lambda row: row[0],
            "steps": lambda row: row[1],
            "CPU hours": lambda row: f"{hours(row[1]):,.0f}",
            "1,000 processors, days": lambda row: f"{hours(row[1]) / 1000 / 24:.1f}",
            "storage, runs with checkpoints": lambda _: f"{MILLION * (sizes['run'] + other) / 1e12:.1f} TB",
            "without": lambda _: f"{MILLION * (sizes['run'] - sizes['checkpoint'] + other) / 1e12:.1f} TB",
            "models and renders alone": lambda _: f"{MILLION * (sizes['model'] + other) / 1e12:.1f} TB",
        },
        rows.items(),
    )
