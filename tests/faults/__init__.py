"""Deliveries against hostile partners, on an atomic emulator, the platform killed meanwhile."""
