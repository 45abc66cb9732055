"""The operator's command line: every action of the platform as a command, for people and for scripts.

Commands are made from the JSON Schemas that `{"action": "help"}` answers, so an
action that nothing here has heard of is a command all the same; `rows` says
what is worth knowing beside the schema (columns, examples, how it is shown).
Never packaged for Lambda.

Contract: design section 5
"""
