"""What every service shares: settings, logging, telemetry, health, terms, start and stop."""
