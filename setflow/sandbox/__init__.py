"""Stand-ins for the far sides, with a page to look at; used by `setflow demo` and by the tests."""
