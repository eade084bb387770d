"""The pages of figures are those that the results make."""

import subprocess
import sys
from pathlib import Path

REPORT = Path(__file__).parents[2] / "benchmarks" / "report.py"


def test_generated_pages_are_up_to_date():
    done = subprocess.run([sys.executable, str(REPORT), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run python benchmarks/report.py; {done.stdout}{done.stderr}"
