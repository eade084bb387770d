"""Worker processes: jobs and results, the processes, and the work itself. Everything that needs PyTorch is here."""
