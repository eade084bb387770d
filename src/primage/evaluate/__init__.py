"""Evaluation: metrics, the paper's protocol and analyses, and their reports.

Sub-packages, in order; a module imports only from its own sub-package and those before it:

- `metrics`: LPIPS, SIFID and pixel metrics, with the pretrained networks used for evaluation only.
- `protocol`: clips, data sets, baselines and the video protocol (paper, §4.2), which yields scores.
- `analyses`: coverage and edit risk (§5), gap filling (fig. 8), primitives (fig. 2), ablation of the augmentation.
- `reports`: tables, charts, heat maps and pages made from scores and analyses.
- `commands`: what each verb of the command line runs: analysis, then report.
"""
