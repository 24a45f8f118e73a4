"""Playbooks: checklists with phases, and their runs."""
