"""The public API: dialects, authentication, read models, subscriptions."""
