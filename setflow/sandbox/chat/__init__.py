"""What the stand-in for a Mattermost server is made of.

records       what there is, and how the API says it
state         all that the server knows, and how anything in it is found
posts         posts and what is done with them
files         files, sent first and then named by a post
places        people, teams and channels
integrations  what it sends out: buttons, slash commands, dialogs
faults        a server on a bad day
call          what an operation gets to know of a request
accounts, groups, talk  the operations of API v4
api           the way from a request to its operation
"""
