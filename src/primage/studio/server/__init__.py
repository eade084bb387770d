"""Serving the studio: the application, access control, its address and its pages."""
