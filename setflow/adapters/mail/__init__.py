"""Mail: what comes in read and proved, what goes out written and sent."""
