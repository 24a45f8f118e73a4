"""Tickets: our copy of Jira issues, and what became of them since we last looked."""
