"""setflow: on-call and incident workflows for teams that live in Mattermost."""
