"""The programs, written once against the name ``dashscope``; they are imported in the runner only."""
