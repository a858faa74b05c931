"""Programs that make what ships beside the code; nothing here is needed to run MPR."""
