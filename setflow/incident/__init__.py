"""Incidents: something customers feel, and the updates that are owed for it."""
