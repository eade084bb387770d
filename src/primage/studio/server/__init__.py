"""Serving the studio: the application, who may use it, its address and its pages."""
