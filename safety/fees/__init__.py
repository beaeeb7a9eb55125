"""Safety-fee accounts (安全生产费用): arithmetic, posting, closing of months, checks, pages and official sheets."""
