"""The official package and ours, side by side: the same programs, the same services, the same traces.

``scenarios/`` holds the programs, by family: CosyVoice (no prefix), realtime, Sambert, HTTP. ``families.py`` and
``services.py`` say which service each family speaks with, ``runner.py`` is the process they run in, ``trace.py``
what they write down, and ``comparison.py`` what of that must be the same. All that may differ is in ``differences/``.
"""
