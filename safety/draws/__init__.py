"""双随机: what a draw draws from, and what comes of it."""
