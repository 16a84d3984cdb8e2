"""The built-in environment: a packaged recording, and real sockets on loopback."""
