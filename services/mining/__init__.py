"""Scheduled discovery: what all observations together show, found again each hour from what changed since.

`running` is the entrance; each job is a module. All numbers come from the index (`indexing`), which comes from
observations, and from verdicts: whoever takes an instance's out has taken it out of everything here with the next run.
"""
