"""Faces of an advice: text for a terminal, a page for a browser or paper, pictures of trends."""
