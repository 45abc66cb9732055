"""What is deployed, as data: `python -m stack.template` writes `.chalice/` from it."""
