"""Photos shrunk to half the size and enlarged again: PSNR and LPIPS to the truth, against bicubic interpolation.

Run ``python benchmarks/super_resolution.py``; writes ``benchmarks/results/super_resolution.json``. The photos come with
scikit-image. Nothing was tuned on the held-out half.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from machine import machine
from skimage import data
from torch.nn import functional as F

from primage.evaluate.metrics.lpips import lpips_metric
from primage.render.super_resolution import SCALES, STEPS, _tensor, enlarged, learning, shrunk
from primage.synthesis.steps import finished

DEVELOPMENT = ("coffee", "chelsea")
HELD_OUT = ("astronaut", "rocket", "camera")
