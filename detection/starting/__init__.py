"""Starting an analysis from the pages."""
