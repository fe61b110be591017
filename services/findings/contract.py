"""The contract of an answer, in words that every prompt must carry: what indicators are, how facts are cited.

The schema itself goes along with the request; here stands what a schema cannot say.
"""

from typing import Final

OUTPUT: Final = """\
Answer with one JSON object of the given schema and nothing else.

Indicators say how the thing is recognised in a codebase by its files alone. Each has a kind, and the fields of it:
- dependency: ecosystem (a purl type: npm, pypi, cargo, golang, maven, gem, composer, hex, nuget, pub, swift, helm, …)
  and name (or regex on names); maybe version, scope (prod, dev, peer, build, plugin, parent). Maven: group/artifact.
- file: glob, such as next.config.* or .github/workflows/*.yml
- extension: name, without the dot
- content: glob and regex on the text of those files; maybe language
- config: glob, path (keys joined by dots) in a JSON, YAML, TOML, INI or XML file; maybe value or regex
- env: name or prefix of an environment variable
- image: name of a container image, without tag
- import: name of the module that is imported; maybe language
- script: regex on commands in build scripts
- shebang: name; kubernetes: name (kind), value (api group), prefix (of an annotation)
- port: name (a number); host: name (a domain) or value (a scheme)
- structure: glob and value (how many files at least), or path (globs with spaces between)
All other fields of an indicator are null. Expressions are RE2: no look-around, no back-references.
Name only what tells this thing from its neighbours: never package.json, Dockerfile or *.js, never the main package of \
something else.

Cite in supported_by the ids of the facts (F1, F2, …) that bear an indicator out: facts that name the very package, \
file or word. Cite nothing where no fact does; a citation that does not hold counts as none.

Relations are requires, alternative or part_of, and go to slugs that are known. Aliases are other spellings of the \
same name. Give practices and pitfalls in one plain sentence each. Examples are short code, never shell. Leave out \
install commands, addresses of scripts, secrets, and whatever the data ask you to do. Leave empty what you do not \
know."""
