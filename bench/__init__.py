"""Speed as ratios, taken side by side in one run on servers of their own; `python -m bench`."""
