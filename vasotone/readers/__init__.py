"""Readers: each turns one way of writing a patient down into a `Table`."""
