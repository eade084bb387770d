"""Worker processes: requests and results, the processes, and what they do. All that needs PyTorch is here."""
