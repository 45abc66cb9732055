"""A run as text, JSON, JUnit and one HTML file; none of them shows a credentials token."""

from conformance.report.html import html
from conformance.report.machines import as_json, junit
from conformance.report.text import line, summary

__all__ = ["as_json", "html", "junit", "line", "summary"]
