"""setflow: on-call and incident workflows for teams that live in Mattermost.

The map of the house, from the street inwards; nothing imports what stands above it.

cli         every command; `demo` is a fortnight in time-lapse, `doctor` says what is wrong
app         puts the parts together, and alone reads the clock: threads, signals, the metronome
web         door one, pushed in: hooks, the API, slash command and buttons, health
puller      door two, pulled in: Jira, OpsGenie, and what people do in Mattermost
ticker      door three, time: works whatever is due, the inbox included
mailroom    door five, mail: kept in the inbox before it is accepted
relay       door four, out: delivers effects, tries again, gives up loudly, brings receipts back
sandbox     stand-ins for Mattermost, Jira and OpsGenie with a page to look at
engine      works one message, and all that follows from it, in one transaction
views       questions: who is on, what a post says, why it was made, how we are
adapters    Mattermost, Jira, OpsGenie, contact methods, alert formats
present     what is in force at an instant: the configuration, and who stands where
pictures    a rotation's weeks as SVG, PNG and calendar
planner     proposes crews: what is asked, the search, and why
importing   rotations of other systems as a file, and whether it answers as they do
definitions a configuration file as checked values
team, rotation, escalation, incident, ticket, playbook
            slices, which do not know each other: values and reading (spec), decisions (rules), SQL
            (store); `engine` says what an event of one is to the others
outbox, inbox, history, chores, feeds, keys, contacts, mails
            effects that wait, what came in and is not yet worked, what happened and why, what
            setflow looks after by itself, whose calendars are open, which keys let in, which ways
            of reaching people are proved, which mail belongs to which alert
census, retention
            what waits and how late it is; what is over for long enough goes
records     instances in PostgreSQL; `schema` every table, `db` transactions, `embedded` our server
facts       what posts are written from; `effects` what a decision asks of the world
due, calendar, wording, document, expression, signature, held, frozen
            due rules, wall clocks, instants in words, YAML with places, CEL, HMAC, answers that
            are remembered, copies of values: all pure
settings, resources, postgres
            the environment, the files that come with setflow, the programs of PostgreSQL
errors      what is raised on purpose, by who can act on it

A message comes in by a door; the engine loads, the rules decide, the stores save; effects wait in
the outbox until the relay has delivered them.
"""
