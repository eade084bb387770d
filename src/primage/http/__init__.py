"""What every HTTP server of Primage needs: refusals, access control, its address, and received files."""
