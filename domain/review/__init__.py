"""What people's looks are worth, and what they say."""
