"""Technical service bodies: their yearly score, and the rules about them."""
