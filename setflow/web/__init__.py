"""Door one: what is pushed in. Hooks are stored and answered; commands act in the request."""
