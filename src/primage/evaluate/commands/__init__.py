"""One module per verb of the command line: runs an analysis and writes its report."""
