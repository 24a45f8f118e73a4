"""Mattermost: what we say there (render), how it gets there (outbound), what people did (inbound).

Facts about the server and its limits: Mattermost API v4 and what a real server did; the numbers
stand beside the code that needs them.
"""
