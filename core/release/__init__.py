"""Releases: the recipe on the whole table, written, read back, verified, and certified.

`certificate.release` makes the bytes and the certificate (nothing touches the disk), `measured.measure_point` measures
the recipe's risks alone, `check.check_certificate` looks at a released file again, `command` is the command line.
"""
