"""The official package and ours, side by side: the same programs, the same server, the same traces."""
