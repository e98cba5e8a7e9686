"""What the commands in models/train share."""
