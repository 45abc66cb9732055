"""How each rule is broken; `sandbox.breaks` has the table of all."""
