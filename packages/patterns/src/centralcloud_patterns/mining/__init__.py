"""What many codebases together show: stacks, indicators that nobody told, unknown packages that matter, trends.

Pure: works on sets of codebases by item. Which codebases there are, and where they are kept, is the rooms' above.
"""
