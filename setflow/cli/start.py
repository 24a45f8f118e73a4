"""Commands for the first day: init mattermost, init config, doctor."""
