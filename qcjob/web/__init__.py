"""The HTTP door: `app.create_app` builds it, each other room is one subject of it."""
