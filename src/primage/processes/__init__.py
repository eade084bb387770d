"""Worker processes, and the typed jobs that servers give them."""
