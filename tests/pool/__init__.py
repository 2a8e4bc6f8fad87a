"""The object pool, against a service that can be stopped, started again and made to misbehave."""
