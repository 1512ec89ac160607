"""Imports over REST: upload, report, rejected rows, apply."""
