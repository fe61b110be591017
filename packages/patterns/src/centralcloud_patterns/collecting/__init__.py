"""Facts that are not dependencies: variables, images, commands, imports, interpreters.

One small module each; `collectors` says which file goes to which.
"""
