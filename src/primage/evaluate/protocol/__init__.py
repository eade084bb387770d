"""The paper's video protocol: clips, baselines, training, rendering, scoring."""
