"""The owners' marks and the spot-checks of them."""
