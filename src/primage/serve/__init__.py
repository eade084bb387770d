"""Rendering as a service: trained runs behind an HTTP API, without the editor."""
