"""Whom an alert is told to, step by step, until somebody has it."""
