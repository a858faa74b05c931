"""Following things through footage: how the camera moves, which boxes of different frames show one thing, and between
which video frames it is on screen. Plain functions and values; nothing here knows a stage or a record of one."""
