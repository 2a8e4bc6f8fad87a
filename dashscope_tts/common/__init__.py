"""What every room may use: errors, the logger, settings. Standard library only."""
