"""People, teams and groups: who they are, and what each of them may do."""
