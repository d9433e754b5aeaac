"""What every feature of the application stands on."""
