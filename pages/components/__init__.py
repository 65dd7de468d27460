"""Widgets that several pages share. What lives in the browser has a folder of its own; what computes is in ``gandash``."""
