"""Door five: mail, pushed in by SMTP: `listener` speaks it, `desk` says what becomes of a mail."""
