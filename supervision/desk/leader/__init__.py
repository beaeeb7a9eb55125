"""The leader's page: what is red, what turned, what waits for a signature; and the same queries on a wall.

Every number is a list's: `watching` counts by the very filter of the ledger's own list that the number opens to,
`turning` compares the kept figures of targets, and facts of one week or month with those of the one before.
"""
