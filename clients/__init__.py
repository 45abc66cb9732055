"""What a back end may copy: `ocpi_backend.py`, made by `python -m contract.generate`. Never packaged."""
