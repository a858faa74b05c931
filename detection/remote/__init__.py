"""Stages that run on another machine: the worker's side (`stages`, `servers`) and the inference server's (`server`).

Both run the same `run` of the same stage on the same bytes, so that where it runs makes no difference to what it says.
"""
