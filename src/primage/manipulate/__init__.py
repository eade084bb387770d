"""What classic methods did to pictures, done through the drawing (paper, §2)."""
