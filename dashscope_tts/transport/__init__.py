"""The wire: WebSocket connections with their reader threads, and the tasks that run on them."""
